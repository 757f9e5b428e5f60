"""Whether what was retrieved can answer at all: a calibrated decision over what is known of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from guideqa.answer.evidence import Evidence, QuestionTerms, rank_evidence
from guideqa.answer.expectation import Expectation
from guideqa.retrieval import ranking
from guideqa.retrieval.query import Query
from guideqa.text.normalization import normalize
from guideqa.types import Hit


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against an answer being there."""

    cosine: float  # of the question and the nearest text about a page, over 0.80, times 10
    strength: float  # the score of the best hit, in tens
    lead: float  # how far the tenth hit is behind it, in fives
    value_missing: float  # 1 where a number, sum or date is asked for and no sentence that fits has one
    unknown_body: float  # 1 where the question names a municipality that is nowhere in the corpus


# Fitted by `guideqa eval fit-abstention` on the questions for tuning, original and digest together: AUROC .85
# in cross-validation over questions.
WEIGHTS = Signs(cosine=2.07, strength=1.30, lead=-0.09, value_missing=-3.06, unknown_body=-3.21)
BIAS = -13.28
# Questions lie so much nearer to what has been written about a page than to the passages of the page.
NOTES_GAIN = 0.015
_HITS = 8
# A sentence fits when it covers this share of what the best one covers.
_FITTING = 0.6


def confidence(signs: Signs) -> float:
    """How likely the answer is in what was retrieved, 0..1."""
    logit = BIAS + sum(w * s for w, s in zip(astuple(WEIGHTS), astuple(signs), strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def signs_of(query: Query, terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]) -> Signs:
    """Read the signs off the hits. `hits` must not be empty."""
    strengths = [_strength(hit) for hit in hits[:10]]
    return Signs(
        cosine=10 * (max(_cosine(hit) for hit in hits) - 0.8),
        strength=strengths[0] / 10,
        lead=(strengths[0] - strengths[-1]) / 5,
        value_missing=float(wanted.is_strict and not _has_value(terms, wanted, hits[:_HITS])),
        unknown_body=float(bool(query.unknown_bodies)),
    )


def _cosine(hit: Hit) -> float:
    """Where nothing has been written about a page, its passage stands in."""
    return hit.page_cosine or hit.cosine + NOTES_GAIN


def _strength(hit: Hit) -> float:
    missing = 0.0 if hit.page_cosine else ranking.WEIGHTS.page_cosine * ranking.COSINE_SCALE * _cosine(hit)
    return hit.score + missing


def _has_value(terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]) -> bool:
    """Whether a sentence that fits the question well enough holds the value that is asked for."""
    evidence = rank_evidence(terms, wanted, hits)
    best = max((_reach(item) for item in evidence), default=0.0)
    return any(
        _reach(item) >= _FITTING * best and wanted.is_met_by(normalize(item.sentence)) for item in evidence
    )


def _reach(item: Evidence) -> float:
    features = item.features
    return max(features.word_coverage, features.previous_coverage) + 0.3 * features.context_coverage
