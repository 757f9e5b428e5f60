"""Which sentences an answer is made of, by its form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from guideqa.answer.evidence import Evidence, QuestionTerms, rank_evidence
from guideqa.answer.expectation import Expectation
from guideqa.answer.items import enumerated, reading_order
from guideqa.answer.listing import bodies_listed
from guideqa.answer.twins import says_the_same, with_twins
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
PLAIN = Budget(chars=320, sentences=6, same_page=15.0, other_page=10.0)
# What is shorter, or no whole sentence, is added only where it covers so much of the question.
WORTH_READING_CHARS = 20
WORTH_COVERAGE = 0.15
_ENDS = ("。", "．", "？", "！", "」", "）")
PLAIN_HITS = 8
# A further sentence that covers less than this of what is still open, and is no neighbour, must score within
# so much of the best.
ADDS_COVERAGE, ADDS_ANYHOW = 0.02, 12.0
# What a sentence gains that says whether something can be, is needed, is so.
DECIDES_BONUS, ABOUT_COVERAGE = 5.0, 0.05
_DECIDES = re.compile(
    r"でき(?:る|ます|ない|ません)|可能|不可|認め|限(?:定|ら|り)|対象(?:外|と|に)|必要|不要|(?:い|し|ら)ない(?:。|が|ため|$)|なし|無料|有料|要し|足りない|不足|ある(?:。|が|$)|いる。"
)
# A whole sentence that scores so little less than a label or a longer one is preferred.
NEARLY_AS_GOOD = 4.0


def select(query: Query, terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]) -> list[Evidence]:
    """The sentences of the answer, in the order in which it gives them."""
    if query.form is AnswerForm.LIST:
        listed = bodies_listed(query, terms, wanted, hits)
        if listed:
            return listed
    ranked = rank_evidence(terms, wanted, _asked_about(query, hits)[:PLAIN_HITS])
    if query.form in (AnswerForm.ITEMS, AnswerForm.STEPS):
        items = enumerated(ranked, hits)
        if items:
            return items
    if query.form is AnswerForm.YES_NO:
        ranked = _deciding_first(ranked, wanted)
    ranked = _under_named_headings(query, ranked)
    chosen = with_twins(best_within(ranked, PLAIN, terms), ranked)
    return sorted(chosen, key=reading_order) if query.form is AnswerForm.STEPS else chosen


def _asked_about(query: Query, hits: Sequence[Hit]) -> Sequence[Hit]:
    """The hits without those about other bodies than the question names, or about any where it asks for a meaning."""
    named = query.mentions.bodies
    if query.form is AnswerForm.DEFINITION:
        kept = [hit for hit in hits if not hit.passage.facets.body]
    elif named:
        kept = [hit for hit in hits if hit.passage.facets.body in (*named, "")]
    else:
        return hits
    return kept or hits


def _under_named_headings(query: Query, ranked: list[Evidence]) -> list[Evidence]:
    """Where the best is a value under a small heading that the question names, only such headings answer.

    「利用料は？」 is answered by what stands under 「利用料」; what its neighbours say was not asked.
    """
    if not ranked or not ranked[0].unit.follows_topic:
        return ranked
    asked, facets = comparable(query.text), ranked[0].hit.passage.facets
    named = [item for item in ranked if item.unit.topic and comparable(item.unit.topic) in asked]
    if ranked[0] not in named:
        return ranked
    return [item for item in named if item.hit.passage.facets == facets]


def _deciding_first(ranked: Sequence[Evidence], wanted: Expectation) -> list[Evidence]:
    """The sentences with those that decide whether something is so before others nearly as good."""
    weighed = [replace(item, score=item.score + DECIDES_BONUS * _decides(item, wanted)) for item in ranked]
    return sorted(weighed, key=lambda item: -item.score)


def _decides(item: Evidence, wanted: Expectation) -> bool:
    if wanted.is_strict:
        return wanted.is_met_by(item.unit.normal)
    about = max(item.features.coverage, item.features.word_coverage) >= ABOUT_COVERAGE
    return about and bool(_DECIDES.search(item.unit.normal))


def best_within(
    evidence: Sequence[Evidence], budget: Budget, terms: QuestionTerms | None = None
) -> list[Evidence]:
    """The best sentences within a budget; none that repeats another.

    With `terms`, none either that scores less and neither says more of what is asked nor stands beside one that does.
    """
    readable = [item for item in evidence if _is_worth_reading(item)]
    if readable and evidence[0].score - readable[0].score <= NEARLY_AS_GOOD:
        evidence = readable
    chosen: list[Evidence] = []
    for item in evidence:
        if chosen and not (_fits(item, chosen, budget) and _adds(item, chosen, terms)):
            continue
        chosen.append(item)
        if len(chosen) == budget.sentences:
            break
    return chosen


def _fits(item: Evidence, chosen: Sequence[Evidence], budget: Budget) -> bool:
    length = sum(len(other.sentence) for other in (*chosen, item))
    repeats = any(_contains(item, other) or says_the_same(item, other) for other in chosen)
    return not repeats and length <= budget.chars and _is_worth_it(item, chosen[0], budget)


def _contains(item: Evidence, other: Evidence) -> bool:
    text, said = comparable(item.sentence), comparable(other.sentence)
    return text in said or said in text


def _adds(item: Evidence, chosen: Sequence[Evidence], terms: QuestionTerms | None) -> bool:
    """Whether a further sentence says something to the question that those before it do not."""
    if terms is None or item.score >= chosen[0].score - ADDS_ANYHOW:
        return True
    if any(item.hit is other.hit and abs(item.place - other.place) == 1 for other in chosen):
        return True
    said = frozenset[str]().union(*(other.unit.terms for other in chosen))
    return terms.coverage(said | item.unit.terms) - terms.coverage(said) >= ADDS_COVERAGE


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
