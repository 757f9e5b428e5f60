"""Text whose page marks are lost gets its pages back as far as it tells them, and never a wrong number."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from urllib.parse import quote

import pytest
from made_books import made_book, without_page_marks

from guideqa.index.store import StoredDocument
from guideqa.text.normalization import comparable
from guideqa.types import Document, DocumentKind
from ingest.readers import read_document
from ingest.readers.page_recovery import page_labels, recover_pages
from ingest.source import Source, SourceFormat, SourcePage
from ingest.understanding import understand

GUIDEBOOK = Path(__file__).parents[2] / "shared" / "guidebook"


def understood(pages: Sequence[SourcePage]) -> StoredDocument:
    source = Source("読本", tuple(pages), SourceFormat.EXTRACTED)
    return understand(Document("own", "読本", DocumentKind.ORIGINAL, "own"), source)


def passage_labels(
    pages: Sequence[SourcePage], true_texts: Sequence[str], true_labels: Sequence[str]
) -> list[tuple[str, str]]:
    """For each passage the label that it was given and that of the page where its text begins."""
    stored = understood(pages)
    true_starts = [0, *accumulate(len(comparable(text)) for text in true_texts)][:-1]
    starts = [0, *accumulate(len(comparable(page.text)) for page in pages)]
    found: list[tuple[str, str]] = []
    for passage in stored.passages:
        index = passage.pages[0].index - 1
        first_line = comparable(passage.text.split("\n")[0])[:30]
        place = comparable(pages[index].text).find(first_line)
        assert place >= 0, passage.id
        true_page = bisect_right(true_starts, starts[index] + place) - 1
        found.append((passage.pages[0].label, true_labels[true_page]))
    return found


def is_known(label: str) -> bool:
    return "不明" not in label


def test_the_pages_of_made_books_come_back_although_their_breaks_only_left_traces() -> None:
    found: list[tuple[str, str]] = []
    for seed in range(100, 108):
        book = made_book(seed)
        pages = recover_pages(without_page_marks(book, seed))
        texts = ["\n".join(page.lines) for page in book]
        found += passage_labels(pages, texts, [page.label or "?" for page in book])
    numbered = [(given, true) for given, true in found if true != "?"]
    known = [(given, true) for given, true in found if is_known(given)]

    assert len(numbered) > 300
    assert sum(given == true for given, true in numbered) >= 0.97 * len(numbered)
    assert sum(given == true for given, true in known) >= 0.995 * len(known)


def test_no_line_of_the_text_is_lost() -> None:
    text = without_page_marks(made_book(5), 5)

    assert comparable("".join(page.text for page in recover_pages(text))) == comparable(text)


def test_labels_differ_from_each_other_and_numbers_rise() -> None:
    pages = recover_pages(without_page_marks(made_book(7), 7))
    labels = [page.label for page in pages]
    numbers = [int(page.label) for page in pages if page.label_known]

    assert len(set(labels)) == len(labels)
    assert numbers == sorted(numbers)


def test_a_text_that_says_nothing_of_numbers_gets_none_and_is_cited_by_heading() -> None:
    body = "会員は毎週集まって畑の様子を確かめ、足りないものを書きとめることにしている。\n" * 40
    text = f"第１章 集まりの始め方\n\n{body}\n\n\n\n第２章 会費の集め方\n\n{body}"

    stored = understood(recover_pages(text))

    assert all("ページ番号不明" in str(page.page.ref) for page in stored.pages)
    assert "集まりの始め方" in str(stored.passages[0].pages[0])
    assert not any(str(page.page.ref).startswith("p.") for page in stored.pages)
    assert all("見出しで示します" in page.reason for page in stored.pages)


def test_an_unknown_pages_label_is_one_part_of_an_address() -> None:
    body = "会員は毎週集まって畑の様子を確かめ、足りないものを書きとめることにしている。\n" * 60
    stored = understood(recover_pages(f"第１章 会員/会費\n\n{body}"))

    assert all("/" not in quote(page.page.ref.label) for page in stored.pages)


def test_a_page_of_unknown_number_does_not_inherit_a_place_that_may_have_ended_before_it() -> None:
    contents = "目次\n\n市区町村\n01 青葉町 3ページ\n02 若草市 5ページ\n03 山川村 7ページ\n04 北里町 9ページ\n05 南原市 11ページ\n"
    pages = [
        SourcePage("i", contents),
        SourcePage("3", "青葉町 福祉課\n\n町では会員が十二人いて、毎週集まっている。"),
        SourcePage(
            "不明1", "市では会費を集めず、広場の使用料だけを会員が持ち寄っている。", label_known=False
        ),
        SourcePage("7", "山川村 総務課\n\n村では毎朝、広場に集まることになっている。"),
    ]

    places = [passage.facets.municipality for passage in understood(pages).passages]

    assert places == ["青葉町", "", "山川村"]


def test_pages_without_labels_take_the_numbers_that_they_print() -> None:
    texts = ["表紙\n\n北の町の読本", "目次のない前書きとして、この本のなりたちを述べる。"]
    texts += [f"会員の話を{number}つ目として書きとめておく。\n\n- {number} -" for number in range(1, 9)]

    assert page_labels(texts)[2:] == [str(number) for number in range(1, 9)]


def test_pages_that_print_no_number_are_counted() -> None:
    assert page_labels(["会員の話である。", "会費の話である。"]) == ["1", "2"]


def test_a_short_text_is_one_page() -> None:
    assert [page.label for page in recover_pages("会員の集まりは毎週の木曜日に開く。")] == ["1"]


@pytest.mark.skipif(not GUIDEBOOK.is_dir(), reason="the guidebook is not part of the project")
def test_the_guidebooks_extracted_text_gets_the_labels_of_its_text_with_page_marks() -> None:
    with_marks = read_document(GUIDEBOOK / "guidebook.txt").pages
    pages = read_document(GUIDEBOOK / "extracted.txt").pages

    found = passage_labels(
        pages,
        [page.text for page in with_marks if page.text],
        [page.label for page in with_marks if page.text],
    )
    known = [(given, true) for given, true in found if is_known(given)]

    assert sum(given == true for given, true in found) >= 0.97 * len(found)
    assert sum(given == true for given, true in known) >= 0.995 * len(known)
