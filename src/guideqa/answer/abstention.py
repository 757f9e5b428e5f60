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


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights and bias of a logistic regression over the signs."""

    weights: Signs
    bias: float


# Fitted by `guideqa eval fit abstention` on the questions for tuning. In cross-validation over questions:
# AUROC .84 with notes (original and digest of the guidebook together), .82 without (the original alone). Of the
# questions for tuning 40 in 100 have no answer, which is more than staff will ask: the bias with notes is 0.55
# higher than fitted.
WITH_NOTES = Calibration(
    Signs(
        page_cosine=0.77,
        strength=0.01,
        value_distance=-2.98,
        unknown_body=-2.18,
        unfamiliar=-0.70,
        missing=-1.82,
    ),
    1.3,
)
WITHOUT_NOTES = Calibration(
    Signs(
        page_cosine=0.0,
        strength=0.20,
        value_distance=-2.57,
        unknown_body=-1.92,
        unfamiliar=-1.11,
        missing=0.0,
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
    return Signs(
        page_cosine=max(hit.page_cosine for hit in hits) if hits[0].page_cosine else 0.0,
        strength=hits[0].score,
        value_distance=_value_distance(terms, wanted, hits[:_HITS]) if asks_for_value else 0.0,
        unknown_body=float(bool(query.unknown_bodies)),
        unfamiliar=query.unfamiliar,
        missing=_missing(index, query, terms, hits[0]),
    )


def _missing(index: OpenIndex, query: Query, terms: QuestionTerms, hit: Hit) -> float:
    """The share of the question's words that a passage's pages lack, and have no other word for."""
    if not terms.words:
        return 1.0
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
    return sum(lacking) / sum(terms.words.values())


def _value_distance(terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]) -> float:
    """How far the best sentence with a value of the kind asked for lies behind the best of all.

    Both by the share of the question's words that they, the sentence before them and their place cover.
    1 where no sentence has such a value, 0 where the best one has.
    """
    reaches = [
        (terms.word_coverage(window), wanted.is_met_by(unit.normal))
        for hit in hits
        for unit, window in windows_of(hit.passage)
    ]
    best = max((reach for reach, _ in reaches), default=0.0)
    near = max((reach for reach, is_met in reaches if is_met), default=0.0)
    return 1 - near / best if best else float(not near)
