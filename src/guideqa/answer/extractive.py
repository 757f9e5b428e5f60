"""Answers without a language model: the sentences that answer, verbatim, each with its citation."""

from __future__ import annotations

from collections.abc import Sequence

from guideqa.answer.abstention import confidence
from guideqa.answer.evidence import Evidence, QuestionTerms, rank_evidence
from guideqa.citations import cite
from guideqa.errors import CitationError
from guideqa.index.opened import OpenIndex
from guideqa.text.normalization import comparable
from guideqa.types import Answer, AnswerStatus, Citation, Hit, Page, PageRef, RelatedPage, Statement

MAX_STATEMENTS = 3
MAX_CHARS = 400
# A further sentence is worth its reading time when it scores at least this share of the best one.
WORTH_ADDING = 0.72
MIN_CONFIDENCE = 0.5
RELATED_PAGES = 3


def compose(index: OpenIndex, question: str, hits: Sequence[Hit]) -> Answer:
    """An answer from the hits, or the refusal that they cannot give one."""
    terms = QuestionTerms.of(question, index.lexical)
    evidence = rank_evidence(terms, hits)
    sure = confidence(terms, evidence, hits, index.lexical)
    related = _related(hits)
    statements = _statements(index, evidence, hits) if sure >= MIN_CONFIDENCE else ()
    if not statements:
        return Answer(AnswerStatus.NOT_FOUND, (), min(sure, 0.49), related, notice=_refusal(index, related))
    return Answer(AnswerStatus.ANSWERED, statements, sure, related)


def _statements(index: OpenIndex, evidence: Sequence[Evidence], hits: Sequence[Hit]) -> tuple[Statement, ...]:
    retrieved = {hit.passage.id for hit in hits}
    chosen: list[Statement] = []
    said: list[str] = []
    number, length = 1, 0
    for item in evidence:
        if len(chosen) == MAX_STATEMENTS or item.score < WORTH_ADDING * evidence[0].score:
            break
        text = comparable(item.sentence)
        if any(text in earlier or earlier in text for earlier in said):
            continue
        if chosen and length + len(item.sentence) > MAX_CHARS:
            continue
        try:
            citations = cite(
                number, item.sentence, item.hit.passage, lambda ref: page_of(index, ref), retrieved
            )
        except CitationError:
            continue  # a sentence that cannot be shown on its page is not shown
        chosen.append(_statement(item, citations))
        said.append(text)
        number += len(citations)
        length += len(item.sentence)
    return tuple(chosen)


def _statement(item: Evidence, citations: tuple[Citation, ...]) -> Statement:
    facets = item.hit.passage.facets
    body = facets.municipality or facets.prefecture
    lead = "・".join(part for part in (body, facets.programme) if part)
    return Statement(item.sentence, citations, f"{lead}：" if lead else "")


def page_of(index: OpenIndex, ref: PageRef) -> Page:
    """The page behind a reference, as extracted."""
    return index.store.document(ref.document_id).pages[ref_position(index, ref)].page


def ref_position(index: OpenIndex, ref: PageRef) -> int:
    """The place of a page in its document's list of pages."""
    pages = index.store.document(ref.document_id).pages
    guess = ref.index - 1
    if guess < len(pages) and pages[guess].page.ref == ref:
        return guess
    return next(place for place, stored in enumerate(pages) if stored.page.ref == ref)


def _related(hits: Sequence[Hit]) -> tuple[RelatedPage, ...]:
    pages: dict[PageRef, tuple[str, ...]] = {}
    for hit in hits:
        pages.setdefault(hit.passage.pages[0], hit.passage.headings)
    return tuple(RelatedPage(page, headings) for page, headings in list(pages.items())[:RELATED_PAGES])


def _refusal(index: OpenIndex, related: Sequence[RelatedPage]) -> str:
    titles = "、".join(f"『{stored.document.title}』" for stored in index.store.documents.values())
    text = f"{titles}には、この質問に答える記載が見つかりませんでした。"
    if related:
        pages = "、".join(
            f"{item.page.label}ページ（{item.headings[-1]}）" for item in related if item.headings
        )
        text += f"近い内容: {pages}" if pages else ""
    return text
