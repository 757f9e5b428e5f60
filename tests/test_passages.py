"""What a question is answered from reads well: of the digest and, where this machine has it, of the original."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

import pytest
from conftest import GUIDEBOOK, REPOSITORY
from test_structure import CASES, PREFECTURES

from guideqa.index.store import StoredDocument
from guideqa.text.lines import continues
from guideqa.text.matching import locate
from guideqa.text.normalization import comparable
from guideqa.text.tables import CELL_SEPARATOR
from guideqa.types import Document, DocumentKind, Passage
from ingest import passage_sheet
from ingest.expansion import documents_of
from ingest.manifest import Manifest
from ingest.readers import read_document
from ingest.understanding import understand

BOOKS = ("digest", "guidebook.pdf", "guidebook.txt")
SENTENCE_ENDS = "。．！？!?」）)】』"
# So much of a passage tells where it stands, also where its first words stand on the page twice.
TELLING_CHARS = 40


@cache
def book(name: str) -> StoredDocument:
    if name == "digest":
        (digest,) = documents_of(Manifest.read(REPOSITORY / "corpus"), ()).digests
        return digest
    if not GUIDEBOOK.is_dir():
        pytest.skip("the guidebook is not on this machine: ../shared/guidebook")
    source = read_document(GUIDEBOOK / name)
    return understand(Document("guidebook", source.title, DocumentKind.ORIGINAL, "guidebook"), source)


def body(passage: Passage) -> str:
    """The text without the names of columns that a table's rows repeat."""
    lines = passage.text.split("\n")
    return "\n".join(lines[1:] if CELL_SEPARATOR in lines[0] and len(lines) > 1 else lines)


def line_before(text: str, begin: int) -> str:
    """What stands on the same line of the page before a place; marks and numbers of bullets are nothing."""
    before = text[text.rfind("\n", 0, begin) + 1 : begin].strip()
    return before if len(re.findall(r"[^\W\d_]", before)) > 1 else ""


def line_after(text: str, end: int) -> str:
    """What stands on the same line behind a place."""
    after = text[end:].split("\n")[0].strip(" |。")
    return after if re.search(r"\w", after) else ""


@pytest.mark.parametrize("name", BOOKS)
def test_no_passage_begins_or_ends_inside_a_sentence_of_its_page(name: str) -> None:
    stored = book(name)
    texts = {page.page.ref: page.page.text for page in stored.pages}
    inside, located = [], 0
    for passage in stored.passages:
        first, last = texts[passage.pages[0]], texts[passage.pages[-1]]
        begin = locate(body(passage)[:TELLING_CHARS], first)
        if begin:
            before = line_before(first, begin[0])
            inside += [passage.id] if before and before[-1] not in SENTENCE_ENDS else []
        end = locate(passage.text[-TELLING_CHARS:], last)
        if end:
            after = line_after(last, end[1])
            inside += [passage.id] if after and passage.text[-1] not in SENTENCE_ENDS else []
        located += (begin is not None) + (end is not None)

    assert inside == []
    # Where marks stand between lines, or two pages meet, a passage is not found as it is.
    assert located >= 0.8 * 2 * len(stored.passages)


@pytest.mark.parametrize("name", BOOKS)
def test_no_passage_breaks_off_in_a_sentence_that_the_next_one_goes_on_with(name: str) -> None:
    broken = [
        before.id
        for before, after in pairwise(book(name).passages)
        if before.headings == after.headings
        and before.text[-1] not in "。！？」）】"
        and (before.text[-1] == "、" or continues(before.text.split("\n")[-1], after.text.split("\n")[0]))
    ]

    assert broken == []


@pytest.mark.parametrize("name", BOOKS)
def test_no_passage_mixes_two_cases(name: str) -> None:
    for passage in book(name).passages:
        bodies = {body_of(page.label) for page in passage.pages}
        assert bodies == {passage.facets.body if bodies != {""} else ""}, passage.id


def body_of(label: str) -> str:
    """Whose case a printed page belongs to; "" for the guide."""
    number = int(label) if label.isdecimal() else 0
    cases = {**CASES, **PREFECTURES}
    return next((name for name, (first, last) in cases.items() if first <= number <= last), "")


@pytest.mark.parametrize("name", BOOKS)
def test_every_passage_has_its_heading_path_and_no_heading_twice_in_a_row(name: str) -> None:
    stored = book(name)
    for passage in stored.passages:
        assert passage.headings, passage.id
        assert all(above != below for above, below in pairwise(passage.headings)), passage.id
        assert passage.headings != (stored.document.title,), passage.id


@pytest.mark.parametrize("name", BOOKS)
def test_every_passage_stands_on_its_pages(name: str) -> None:
    stored = book(name)
    texts = {page.page.ref: comparable(page.page.text) for page in stored.pages}
    astray = [
        passage.id
        for passage in stored.passages
        if len(passage.pages) == 1
        for line in passage.text.split("\n")
        if comparable(line) not in texts[passage.pages[0]]
    ]

    assert astray == []


def test_the_sheet_of_passages_is_of_the_digest_as_it_stands() -> None:
    written = (REPOSITORY / "docs" / "passages.md").read_text(encoding="utf-8")
    remedy = "python -m ingest.passage_sheet > docs/passages.md, and look at it"

    assert written == passage_sheet.sheet(Manifest.read(REPOSITORY / "corpus")), remedy
    assert written.count("\n## ") == passage_sheet.COUNT == 40
