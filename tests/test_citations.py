"""Only what stands on a page can be cited from it."""

from __future__ import annotations

import pytest

from guideqa.citations import cite, verify
from guideqa.errors import CitationError
from guideqa.types import Citation, Page, PageRef, Passage

THIRD = PageRef("harukaze", 5, "3")
FOURTH = PageRef("harukaze", 6, "4")
PAGES = {
    THIRD: Page(THIRD, "星見町\n• 利⽤料は１泊2,000円で、⽣活保護の世帯か\nらは受け取らない。年間の委"),
    FOURTH: Page(FOURTH, "託費は96万円である。\n• 寝具を10組そろえた。"),
}
PASSAGE = Passage("harukaze:3:1", (THIRD, FOURTH), (), "")
RETRIEVED = {PASSAGE.id}


@pytest.mark.parametrize(
    "quote",
    [
        "利用料は1泊2,000円",
        "生活保護の世帯からは受け取らない。",
        "利⽤料は１泊2,000円で、⽣活保護の世帯か\nら",
    ],
)
def test_a_quote_is_found_however_the_page_spells_and_wraps_it(quote: str) -> None:
    citation = verify(1, quote, PAGES[THIRD], PASSAGE, RETRIEVED)

    assert (citation.number, citation.page, citation.quote) == (1, THIRD, quote)


@pytest.mark.parametrize(
    "quote",
    [
        "利用料は1泊3,000円",
        "寝具を10組そろえた。",
        "利用料は無料",
        "",
        "。",
        "2,000円で、生活保護の世帯からも受け取る",
    ],
)
def test_a_quote_that_is_not_on_the_page_is_refused(quote: str) -> None:
    with pytest.raises(CitationError):
        verify(1, quote, PAGES[THIRD], PASSAGE, RETRIEVED)


def test_a_page_that_the_passage_does_not_touch_is_refused() -> None:
    elsewhere = Page(PageRef("harukaze", 8, "6"), "寝具を10組そろえた。")

    with pytest.raises(CitationError, match="does not touch"):
        verify(1, "寝具を10組そろえた。", elsewhere, PASSAGE, RETRIEVED)


def test_a_passage_that_was_not_retrieved_is_refused() -> None:
    with pytest.raises(CitationError, match="not retrieved"):
        verify(1, "寝具を10組そろえた。", PAGES[FOURTH], PASSAGE, {"harukaze:6:1"})


def test_nothing_else_can_make_a_citation() -> None:
    with pytest.raises(CitationError):
        Citation(1, THIRD, "利用料は1泊2,000円", PASSAGE.id)
    with pytest.raises(CitationError):
        Citation(1, THIRD, "利用料は1泊2,000円", PASSAGE.id, seal="verified, honestly")


def test_a_sentence_over_a_page_break_is_cited_with_both_pages() -> None:
    citations = cite(4, "年間の委託費は96万円である。", PASSAGE, PAGES.__getitem__, RETRIEVED)

    assert [(citation.number, citation.page) for citation in citations] == [(4, THIRD), (5, FOURTH)]
    assert "".join(citation.quote for citation in citations) == "年間の委託費は96万円である。"


def test_a_sentence_on_one_page_is_cited_once_with_the_page_that_has_it() -> None:
    (citation,) = cite(1, "寝具を10組そろえた。", PASSAGE, PAGES.__getitem__, RETRIEVED)

    assert citation.page == FOURTH


def test_a_sentence_that_stands_nowhere_is_refused() -> None:
    with pytest.raises(CitationError):
        cite(1, "年間の委託費は960万円である。", PASSAGE, PAGES.__getitem__, RETRIEVED)
