"""Answers without a language model: the sentences that answer, verbatim, each with its citation."""

from __future__ import annotations

from collections.abc import Sequence

from guideqa.answer.abstention import confidence, signs_of
from guideqa.answer.evidence import Evidence, QuestionTerms
from guideqa.answer.expectation import Expectation
from guideqa.answer.refusal import refusal
from guideqa.answer.selection import body_of, select
from guideqa.citations import cite
from guideqa.errors import CitationError
from guideqa.index.opened import OpenIndex
from guideqa.retrieval.query import Query
from guideqa.types import Answer, AnswerStatus, Hit, PageRef, RelatedPage, Statement

RELATED_PAGES = 3


def compose(index: OpenIndex, query: Query, hits: Sequence[Hit], min_confidence: float) -> Answer:
    """An answer from the hits, or the refusal that they cannot give one.

    `min_confidence` (0..1): below it the question is not answered.
    """
    related = related_pages(hits)
    if not hits:
        return Answer(AnswerStatus.NOT_FOUND, (), 0.0, related, notice=refusal(index, query, related))
    terms, wanted = QuestionTerms.of(query, index.lexical), Expectation.of(query.text)
    sure = confidence(signs_of(query, terms, wanted, hits))
    statements: tuple[Statement, ...] = ()
    if sure >= min_confidence:
        statements = _statements(index, select(query, terms, wanted, hits), hits)
    if not statements:
        return Answer(AnswerStatus.NOT_FOUND, (), sure, related, notice=refusal(index, query, related))
    return Answer(AnswerStatus.ANSWERED, statements, sure, related)


def _statements(index: OpenIndex, chosen: Sequence[Evidence], hits: Sequence[Hit]) -> tuple[Statement, ...]:
    retrieved = {hit.passage.id for hit in hits}
    statements: list[Statement] = []
    number, said = 1, ("", "")
    for item in chosen:
        try:
            citations = cite(number, item.unit.quote, item.hit.passage, index.store.page_at, retrieved)
        except CitationError:
            continue  # a sentence that cannot be shown on its page is not shown
        about = (body_of(item.hit), item.unit.topic)
        statements.append(Statement(item.sentence, citations, _lead(about, said)))
        number, said = number + len(citations), about
    return tuple(statements)


def _lead(about: tuple[str, str], said: tuple[str, str]) -> str:
    """What stands before a quotation: the body, for a case says 「本町」, and the small heading above it.

    Each is said where it changes.
    """
    body, topic = about
    parts = [body if body != said[0] else "", topic if about != said else ""]
    return "・".join(part for part in parts if part) + "：" if any(parts) else ""


def related_pages(hits: Sequence[Hit]) -> tuple[RelatedPage, ...]:
    """The pages of the best hits, each once."""
    pages: dict[PageRef, tuple[str, ...]] = {}
    for hit in hits:
        pages.setdefault(hit.passage.pages[0], hit.passage.headings)
    return tuple(RelatedPage(page, headings) for page, headings in list(pages.items())[:RELATED_PAGES])
