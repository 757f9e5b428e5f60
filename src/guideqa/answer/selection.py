"""Which sentences an answer is made of, by its form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from guideqa.answer.evidence import Evidence, QuestionTerms, rank_evidence
from guideqa.answer.expectation import Expectation
from guideqa.answer.form import AnswerForm
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
PLAIN = Budget(chars=280, sentences=6, same_page=15.0, other_page=4.0)
ONE_OF_SEVERAL = Budget(chars=150, sentences=2, same_page=10.0, other_page=3.0)
LINE_OF_A_LIST = Budget(chars=90, sentences=1, same_page=0.0, other_page=0.0)
# Shorter sentences are added only where they repeat a word of the question.
WORTH_READING_CHARS = 30
PLAIN_HITS = 8
HITS_OF_ONE_BODY = 4
# A body belongs on a list when it covers at least this share of what the best one covers.
LIST_COVERAGE = 0.75


def select(
    form: AnswerForm, query: Query, terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]
) -> list[Evidence]:
    """The sentences of the answer, in the order in which it gives them."""
    if form is AnswerForm.COMPARISON:
        return [
            item
            for body in query.mentions.bodies
            for item in _best(rank_evidence(terms, wanted, _about(body, hits)), ONE_OF_SEVERAL)
        ]
    if form is AnswerForm.LIST:
        listed = _list(terms, wanted, hits)
        if len({body_of(item.hit) for item in listed}) > 1:
            return listed
    return _best(rank_evidence(terms, wanted, hits[:PLAIN_HITS]), PLAIN)


def body_of(hit: Hit) -> str:
    """The municipality or prefecture that a hit is about; "" where it is about none."""
    return hit.passage.facets.municipality or hit.passage.facets.prefecture


def _about(body: str, hits: Iterable[Hit]) -> list[Hit]:
    return [hit for hit in hits if body_of(hit) == body][:HITS_OF_ONE_BODY]


def _list(terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]) -> list[Evidence]:
    """The best sentence of each body that covers the question well enough, best body first."""
    best: dict[str, Evidence] = {}
    for item in rank_evidence(terms, wanted, hits):
        if body_of(item.hit) and body_of(item.hit) not in best and not item.features.is_short:
            best[body_of(item.hit)] = item
    strongest = max((_covers(item) for item in best.values()), default=0.0)
    return [item for item in best.values() if _covers(item) >= LIST_COVERAGE * strongest]


def _covers(item: Evidence) -> float:
    features = item.features
    return features.passage_coverage + features.context_coverage


def _best(evidence: Sequence[Evidence], budget: Budget) -> list[Evidence]:
    """The best sentences within a budget; none that repeats another."""
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


def _is_worth_it(item: Evidence, best: Evidence, budget: Budget) -> bool:
    if len(item.sentence) < WORTH_READING_CHARS and not item.features.word_coverage:
        return False  # a label of a table, a link, a caption
    shares_page = bool(set(item.hit.passage.pages) & set(best.hit.passage.pages))
    return item.score >= best.score - (budget.same_page if shares_page else budget.other_page)
