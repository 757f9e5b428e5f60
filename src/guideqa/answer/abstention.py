"""Whether what was retrieved can answer at all: a calibrated decision over what is known of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from guideqa.answer.evidence import Evidence, QuestionTerms, rank_evidence
from guideqa.answer.expectation import Expectation
from guideqa.retrieval.query import Query
from guideqa.text.normalization import normalize
from guideqa.types import Hit


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against an answer being there."""

    page_cosine: float  # of the question and the nearest text about a page, in deviations of the corpus
    strength: float  # the score of the best hit
    value_missing: float  # 1 where a number, sum or date is asked for and no sentence that fits has one
    unknown_body: float  # 1 where the question names a municipality that is nowhere in the corpus


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights and bias of a logistic regression over the signs."""

    weights: Signs
    bias: float


# Fitted by `guideqa eval fit abstention` on the questions for tuning. In cross-validation over questions:
# AUROC .86 with notes (original and digest of the guidebook together), .81 without (the original alone).
WITH_NOTES = Calibration(
    Signs(page_cosine=0.66, strength=0.10, value_missing=-2.72, unknown_body=-2.04), 0.95
)
WITHOUT_NOTES = Calibration(
    Signs(page_cosine=0.0, strength=0.18, value_missing=-2.01, unknown_body=-1.46), 1.14
)
_HITS = 8
# A sentence fits when it covers this share of what the best one covers.
_FITTING = 0.5
_PASSAGE_SHARE = 0.75


def confidence(signs: Signs) -> float:
    """How likely the answer is in what was retrieved, 0..1."""
    return calibrated(signs, WITH_NOTES if signs.page_cosine else WITHOUT_NOTES)


def calibrated(signs: Signs, calibration: Calibration) -> float:
    """The same by a calibration of one's own."""
    products = (w * s for w, s in zip(astuple(calibration.weights), astuple(signs), strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, calibration.bias + sum(products)))))


def signs_of(query: Query, terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]) -> Signs:
    """Read the signs off the hits. `hits` must not be empty."""
    return Signs(
        page_cosine=max(hit.page_cosine for hit in hits) if hits[0].page_cosine else 0.0,
        strength=hits[0].score,
        value_missing=float(wanted.is_strict and not _has_value(terms, wanted, hits[:_HITS])),
        unknown_body=float(bool(query.unknown_bodies)),
    )


def _has_value(terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]) -> bool:
    """Whether a sentence that fits the question well enough holds the value that is asked for."""
    evidence = rank_evidence(terms, wanted, hits)
    best = max((_reach(item) for item in evidence), default=0.0)
    return any(
        _reach(item) >= _FITTING * best and wanted.is_met_by(normalize(item.sentence)) for item in evidence
    )


def _reach(item: Evidence) -> float:
    """How far a sentence is about the question: by its own words, those before it, and its passage's."""
    features = item.features
    near = max(features.word_coverage, features.previous_coverage, _PASSAGE_SHARE * features.passage_coverage)
    return near + 0.3 * features.context_coverage
