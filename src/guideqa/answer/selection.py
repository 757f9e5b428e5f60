"""Which sentences an answer is made of, by its form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guideqa.answer.evidence import Evidence, QuestionTerms, rank_evidence
from guideqa.answer.expectation import Expectation
from guideqa.answer.items import enumerated, reading_order
from guideqa.answer.listing import bodies_listed
from guideqa.retrieval.form import AnswerForm
from guideqa.retrieval.query import Query
from guideqa.text.normalization import comparable
from guideqa.types import Hit


@dataclass(frozen=True, slots=True)
class Budget:
    """How much an answer may say, and how far below the best its sentences may score."""

    chars: int
    sentences: int
    same_page: float  # within so much of the best score, from the best sentence's page
    other_page: float  # the same for other pages: a second page must be nearly as good


# Chosen on the questions for tuning: longer answers hold more of the required facts but are read less, and a
# stricter bound for other pages cites the right page more often.
PLAIN = Budget(chars=280, sentences=6, same_page=15.0, other_page=10.0)
# What is shorter, or no whole sentence, is added only where it covers so much of the question.
WORTH_READING_CHARS = 20
WORTH_COVERAGE = 0.15
_ENDS = ("。", "．", "？", "！", "」", "）")
PLAIN_HITS = 8
# A whole sentence that scores so little less than a label or a longer one is preferred.
NEARLY_AS_GOOD = 4.0


def select(query: Query, terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]) -> list[Evidence]:
    """The sentences of the answer, in the order in which it gives them."""
    if query.form is AnswerForm.LIST:
        listed = bodies_listed(query, terms, wanted, hits)
        if listed:
            return listed
    if query.form is AnswerForm.DEFINITION:
        hits = [hit for hit in hits if not hit.passage.facets.body] or hits
    ranked = rank_evidence(terms, wanted, hits[:PLAIN_HITS])
    if query.form in (AnswerForm.ITEMS, AnswerForm.STEPS):
        items = enumerated(ranked, hits)
        if items:
            return items
    chosen = best_within(ranked, PLAIN)
    return sorted(chosen, key=reading_order) if query.form is AnswerForm.STEPS else chosen


def best_within(evidence: Sequence[Evidence], budget: Budget) -> list[Evidence]:
    """The best sentences within a budget; none that repeats another."""
    readable = [item for item in evidence if _is_worth_reading(item)]
    if readable and evidence[0].score - readable[0].score <= NEARLY_AS_GOOD:
        evidence = readable
    chosen: list[Evidence] = []
    said: list[str] = []
    length = 0
    for item in evidence:
        text = comparable(item.sentence)
        if any(text in earlier or earlier in text for earlier in said):
            continue
        if chosen and not (
            length + len(item.sentence) <= budget.chars and _is_worth_it(item, chosen[0], budget)
        ):
            continue
        chosen.append(item)
        said.append(text)
        length += len(item.sentence)
        if len(chosen) == budget.sentences:
            break
    return chosen


def _is_worth_reading(item: Evidence) -> bool:
    """A whole sentence, or words of the question: no caption, link or label of a table."""
    features = item.features
    says_something = len(item.sentence) >= WORTH_READING_CHARS and item.sentence.endswith(_ENDS)
    holds_value = features.counter + features.money + features.time > 0
    return says_something or holds_value or features.word_coverage >= WORTH_COVERAGE


def _is_worth_it(item: Evidence, best: Evidence, budget: Budget) -> bool:
    if not _is_worth_reading(item):
        return False
    shares_page = bool(set(item.hit.passage.pages) & set(best.hit.passage.pages))
    return item.score >= best.score - (budget.same_page if shares_page else budget.other_page)
