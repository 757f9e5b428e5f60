"""Whether what was retrieved can answer at all: a calibrated decision over what is known of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from guideqa.answer.evidence import QuestionTerms
from guideqa.answer.expectation import Expectation
from guideqa.answer.units import windows_of
from guideqa.index.opened import OpenIndex
from guideqa.retrieval.form import AnswerForm
from guideqa.retrieval.query import Query
from guideqa.types import Hit


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against an answer being there."""

    page_cosine: float  # of the question and the nearest text about a page, in deviations of the corpus
    strength: float  # the score of the best hit
    value_distance: float  # how much less of the question stands near a value of the kind asked for, 0..1
    unknown_body: float  # 1 where the question names a municipality that is nowhere in the corpus
    unfamiliar: float  # share of the question's words that the corpus does not have
    missing: float  # the same of the best passage's pages, with all that is said about them
    reach: float  # the share of the question's words that stand together in one place of the hits
    standing: float  # how far the nearest text about a page lies before that of the fifth page
    lead: float  # how far the page with most of the question's words lies before the fifth


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights and bias of a logistic regression over the signs."""

    weights: Signs
    bias: float


# Fitted by `guideqa eval fit abstention` on the questions for tuning. In cross-validation over questions:
# AUROC .88 with notes (original and digest of the guidebook together), .84 without (the original alone).
WITH_NOTES = Calibration(
    Signs(
        page_cosine=0.67,
        strength=0.12,
        value_distance=-3.13,
        unknown_body=-2.21,
        unfamiliar=-1.50,
        missing=0.0,
        reach=0.0,
        standing=0.0,
        lead=0.0,
    ),
    0.36,
)
WITHOUT_NOTES = Calibration(
    Signs(
        page_cosine=0.0,
        strength=0.20,
        value_distance=-2.57,
        unknown_body=-1.92,
        unfamiliar=-1.11,
        missing=0.0,
        reach=0.0,
        standing=0.0,
        lead=0.0,
    ),
    0.69,
)
_HITS = 8


def confidence(signs: Signs) -> float:
    """How likely the answer is in what was retrieved, 0..1."""
    return calibrated(signs, WITH_NOTES if signs.page_cosine else WITHOUT_NOTES)


def calibrated(signs: Signs, calibration: Calibration) -> float:
    """The same by a calibration of one's own."""
    products = (w * s for w, s in zip(astuple(calibration.weights), astuple(signs), strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, calibration.bias + sum(products)))))


def signs_of(
    index: OpenIndex, query: Query, terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]
) -> Signs:
    """Read the signs off the hits. `hits` must not be empty.

    A comparison asks for several values, and says of each by itself where there is none.
    """
    asks_for_value = wanted.is_strict and query.form is not AnswerForm.COMPARISON
    places = [
        (terms.word_coverage(window), wanted.is_met_by(unit.normal))
        for hit in hits[:_HITS]
        for unit, window in windows_of(hit.passage)
    ]
    of_page = {hit.passage.pages[0]: hit for hit in reversed(hits)}.values()
    return Signs(
        page_cosine=max(hit.page_cosine for hit in hits) if hits[0].page_cosine else 0.0,
        strength=hits[0].score,
        value_distance=_value_distance(places) if asks_for_value else 0.0,
        unknown_body=float(bool(query.unknown_bodies)),
        unfamiliar=query.unfamiliar,
        missing=_missing(index, query, terms, hits[0]),
        reach=max((reach for reach, _ in places), default=0.0),
        standing=_before_the_fifth([hit.page_cosine for hit in of_page]),
        lead=_before_the_fifth([hit.page_terms for hit in of_page]),
    )


def _missing(index: OpenIndex, query: Query, terms: QuestionTerms, hit: Hit) -> float:
    """The share of the question's words that a passage's pages lack, and have no other word for."""
    numbers = [index.page_numbers[page] for page in hit.passage.pages]

    def is_held(term: str) -> bool:
        return any(index.page_lexical.shares([term], number) for number in numbers)

    replaced = {
        word
        for kin in query.kin
        if any(form and all(map(is_held, form)) for form in kin.alternatives)
        for word in kin.asked
    }
    lacking = (weight for word, weight in terms.words.items() if word not in replaced and not is_held(word))
    return sum(lacking) / (sum(terms.words.values()) or 1.0)


def _before_the_fifth(values: Sequence[float]) -> float:
    ordered = sorted(values, reverse=True)[:5]
    return ordered[0] - ordered[-1]


def _value_distance(places: Sequence[tuple[float, bool]]) -> float:
    """How far the best sentence with a value of the kind asked for lies behind the best of all.

    `places`: of each sentence, the share of the question's words that it, the sentence before it and its place
    cover, and whether it has such a value. 1 where none has, 0 where the best one has.
    """
    best = max((reach for reach, _ in places), default=0.0)
    near = max((reach for reach, is_met in places if is_met), default=0.0)
    return 1 - near / best if best else float(not near)
