"""Answers without a language model: the sentences that answer, verbatim, each with its citation."""

from __future__ import annotations

from collections.abc import Sequence

from guideqa.answer.abstention import confidence, signs_of
from guideqa.answer.comparison import compare
from guideqa.answer.evidence import QuestionTerms
from guideqa.answer.expectation import Expectation
from guideqa.answer.refusal import refusal
from guideqa.answer.selection import select
from guideqa.answer.stating import stated, tabled
from guideqa.index.opened import OpenIndex
from guideqa.retrieval.form import AnswerForm
from guideqa.retrieval.query import Query
from guideqa.types import Answer, AnswerStatus, Hit, PageRef, RelatedPage, Statement, Table

RELATED_PAGES = 3


def compose(index: OpenIndex, query: Query, hits: Sequence[Hit], min_confidence: float) -> Answer:
    """An answer from the hits, or the refusal that they cannot give one.

    `min_confidence` (0..1): below it the question is not answered.
    """
    related = related_pages(hits)
    if not hits:
        return Answer(AnswerStatus.NOT_FOUND, (), 0.0, related, notice=refusal(index, query, related))
    terms, wanted = QuestionTerms.of(query, index.lexical), Expectation.of(query.text)
    sure = confidence(signs_of(index, query, terms, wanted, hits))
    if sure < min_confidence:
        return Answer(AnswerStatus.NOT_FOUND, (), sure, related, notice=refusal(index, query, related))
    table, statements = _composed(index, query, terms, wanted, hits)
    if not statements:
        return Answer(AnswerStatus.NOT_FOUND, (), sure, related, notice=refusal(index, query, related))
    return Answer(AnswerStatus.ANSWERED, statements, sure, related, table=table)


def _composed(
    index: OpenIndex, query: Query, terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]
) -> tuple[Table | None, tuple[Statement, ...]]:
    """A table where things are compared and one of them says something; sentences otherwise."""
    if query.form is AnswerForm.COMPARISON:
        table, statements = tabled(index, compare(query, terms, wanted, hits), hits)
        if statements:
            return table, statements
    return None, stated(index, select(query, terms, wanted, hits), hits)


def related_pages(hits: Sequence[Hit]) -> tuple[RelatedPage, ...]:
    """The pages of the best hits, each once."""
    pages: dict[PageRef, tuple[str, ...]] = {}
    for hit in hits:
        pages.setdefault(hit.passage.pages[0], hit.passage.headings)
    return tuple(RelatedPage(page, headings) for page, headings in list(pages.items())[:RELATED_PAGES])
