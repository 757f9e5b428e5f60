"""The real guidebook, where this machine has it: every page accounted for, every quotation on its page."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest
from conftest import REPOSITORY, pipeline_of

from guideqa.assistant import Assistant
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from guideqa.types import AnswerStatus, DocumentKind, Question
from guideqa.wiring import build_assistant
from ingest.pipeline import Request
from ingest.readers import read_document
from ingest.report import IngestReport
from ingest.source import SourcePage

# Quotations must be true whatever is retrieved, so that the quick encoder will do here.
ENCODER = BigramEncoder()
PAGES = 155
EVERY_NTH_QUESTION = 8


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("guidebook"))


@pytest.fixture(scope="module")
def report(settings: Settings, guidebook: Path) -> IngestReport:
    """The report of indexing the PDF."""
    return pipeline_of(settings, ENCODER).ingest(Request((guidebook / "guidebook.pdf",)))


@pytest.fixture(scope="module")
def assistant(settings: Settings, report: IngestReport) -> Assistant:
    return build_assistant(settings, ENCODER)


def test_every_page_is_indexed_empty_or_excluded(report: IngestReport) -> None:
    (book,) = report.record()["documents"]

    assert (book["id"], book["kind"]) == ("guidebook", DocumentKind.ORIGINAL)
    assert book["pages"] == PAGES == book["indexed"] + book["empty"] + book["excluded"]
    assert all(page["reason"] for page in book["details"] if page["status"] != "indexed")


def test_the_original_takes_the_place_of_its_digest(assistant: Assistant, report: IngestReport) -> None:
    assert report.replaced == ("家庭支援事業ガイドブック",)
    assert set(assistant.index.store.documents) == {"guidebook"}


def says_something(page: SourcePage) -> bool:
    return any(character.isalpha() for character in page.text)


def test_pdf_and_text_have_the_same_pages(guidebook: Path) -> None:
    pdf, text = (read_document(guidebook / name).pages for name in ("guidebook.pdf", "guidebook.txt"))
    labels = json.loads((guidebook / "pages.json").read_text(encoding="utf-8"))["labels"]

    assert [page.label for page in pdf] == [page.label for page in text] == labels
    assert list(map(says_something, pdf)) == list(map(says_something, text))


def letters(text: str) -> str:
    """Letters and digits by an own route: radicals by their names in Unicode's data, not by our table."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text.translate(radicals())))


@cache
def radicals() -> dict[int, str]:
    table = REPOSITORY / "src" / "guideqa" / "text" / "equivalent_unified_ideograph.tsv"
    rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    return {int(radical, 16): chr(int(ideograph, 16)) for radical, ideograph in rows}


def some_questions() -> list[tuple[str, bool]]:
    """Every n-th question, and whether the guidebook answers it."""
    files = sorted((REPOSITORY / "eval" / "questions").glob("*.jsonl"))
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines() if line]
    records = [json.loads(line) for line in lines[::EVERY_NTH_QUESTION]]
    return [(record["question"], record["answerable"]) for record in records]


def test_every_quote_stands_on_its_page_in_another_extraction(assistant: Assistant, guidebook: Path) -> None:
    from pypdf import PdfReader

    reader = PdfReader(guidebook / "guidebook.pdf")
    page_text = cache(lambda index: letters(reader.pages[index - 1].extract_text()))
    answers = [(assistant.ask(Question(text)).answer, is_there) for text, is_there in some_questions()]
    citations = [citation for answer, _ in answers for citation in answer.citations]

    astray = [c for c in citations if letters(c.quote) not in page_text(c.page.index)]
    assert astray == []
    answered = [answer.status is AnswerStatus.ANSWERED for answer, is_there in answers if is_there]
    assert sum(answered) > len(answered) / 2


@pytest.mark.parametrize(("one", "other"), [("市⺠の声", "市民の声"), ("⼦育てｻﾛﾝ", "子育てサロン")])
def test_two_spellings_have_the_same_hits(assistant: Assistant, one: str, other: str) -> None:
    assert assistant.search(Question(one), 20).hits == assistant.search(Question(other), 20).hits
