"""The only place where a citation is made: a quotation is looked up on its page before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from guideqa.errors import CitationError
from guideqa.text.normalization import comparable
from guideqa.types import CITATION_SEAL, Citation, Page, PageRef, Passage

# Shorter ones stand on almost any page, and prove nothing.
MIN_QUOTE_CHARS = 2

PageSource = Callable[[PageRef], Page]


def stands_on(page: Page, quote: str) -> bool:
    """Whether a quotation, after normalisation, stands on a page."""
    wanted = comparable(quote)
    return len(wanted) >= MIN_QUOTE_CHARS and wanted in comparable(page.text)


def verify(number: int, quote: str, page: Page, passage: Passage, retrieved: Collection[str]) -> Citation:
    """Make a citation of `quote` on `page`.

    Args:
        number: the citation's number in its answer, from 1.
        quote: the words that are quoted.
        page: the page that they are said to stand on, as extracted.
        passage: the passage that they were taken from.
        retrieved: ids of the passages that were retrieved for this question.

    Raises:
        CitationError: the passage was not retrieved or does not touch the page, or the quotation, after
            normalisation, does not stand on that very page.
    """
    if passage.id not in retrieved:
        raise CitationError(f"Passage {passage.id} was not retrieved for this question.")
    if page.ref not in passage.pages:
        raise CitationError(f"Passage {passage.id} does not touch {page.ref}.")
    if not stands_on(page, quote):
        raise CitationError(f"{quote!r} does not stand on {page.ref} of {page.ref.document_id}.")
    return Citation(number, page.ref, quote, passage.id, CITATION_SEAL)


def cite(
    first_number: int, sentence: str, passage: Passage, pages: PageSource, retrieved: Collection[str]
) -> tuple[Citation, ...]:
    """Citations of a sentence: one where it stands on one page, two where it runs over a page break.

    Raises:
        CitationError: it stands neither on one page of the passage nor across two.
    """
    for ref in passage.pages:
        try:
            return (verify(first_number, sentence, pages(ref), passage, retrieved),)
        except CitationError:
            continue
    for before, after in zip(passage.pages, passage.pages[1:], strict=False):
        for head, tail in _cuts(sentence):
            try:
                return (
                    verify(first_number, head, pages(before), passage, retrieved),
                    verify(first_number + 1, tail, pages(after), passage, retrieved),
                )
            except CitationError:
                continue
    raise CitationError(f"{sentence!r} does not stand on the pages of passage {passage.id}.")


def _cuts(sentence: str) -> Iterator[tuple[str, str]]:
    """Every way to cut a sentence in two that leaves both parts worth quoting."""
    for position in range(len(sentence) - MIN_QUOTE_CHARS, MIN_QUOTE_CHARS - 1, -1):
        yield sentence[:position], sentence[position:]
