"""How the legs are weighed against each other: one linear score over what each says of a passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from guideqa.entities import Mentions
from guideqa.types import Passage


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of a passage with regard to a question."""

    passage_cosine: float  # in deviations of the corpus (see index.background)
    page_cosine: float  # of the nearest text about its page; 0 where nothing was written about any page
    passage_terms: float  # share of the attainable BM25F, 0..1
    page_terms: float  # the same of its page with all that is said about it
    note_terms: float  # of the best of the texts about its page
    page_kin: float  # what its page says for everyday words of the question, as a share of the same whole
    same_body: float  # 1 where it is about a municipality or prefecture that the question names
    names_body: (
        float  # 1 where it is about no body or another one, but its text names one that the question names
    )
    other_body: float  # 1 where it is about another one than the question names
    # 1 where its municipality is of a band of population that the question names, HINT where it only says a size.
    same_population: float
    other_population: float  # the same where it is of another band


# Fitted by `guideqa eval fit ranking` on the questions for tuning, and adjusted on them and two public sets together
# (docs/retrieval.md): on the guidebook alone, vectors of passages would count a third more.
WEIGHTS = Features(
    passage_cosine=1.0,
    page_cosine=1.2,
    passage_terms=1.5,
    page_terms=12.0,
    note_terms=6.0,
    page_kin=6.0,
    same_body=3.0,
    names_body=0.7,
    other_body=-2.5,
    # By hand, as no question for tuning names a population. Of 26 questions of our own on the original: with 2 each, a
    # case of another size still came first for one, with 2.5 for none, and pages on no case stayed first where they answer.
    same_population=2.5,
    other_population=-2.5,
)
# What 「小さな町」 counts beside 「人口8,000人」.
HINT = 0.5
DENSE = ("passage_cosine", "page_cosine")
LEXICAL = ("passage_terms", "page_terms", "note_terms", "page_kin")


def weighted(
    features: Sequence[Features], dense: float, lexical: float, weights: Features = WEIGHTS
) -> NDArray[np.float64]:
    """One score for each passage. `dense` and `lexical` multiply their legs' weights; 0 switches one off."""
    factors = [
        dense if field.name in DENSE else lexical if field.name in LEXICAL else 1.0
        for field in fields(Features)
    ]
    # Not astuple(): it copies deeply, which took a third of a search.
    values = attrgetter(*(field.name for field in fields(Features)))
    matrix = np.array([values(item) for item in features], np.float64).reshape(len(features), len(factors))
    return matrix @ (np.array(values(weights)) * factors)


def body_features(passage: Passage, named: Sequence[str]) -> tuple[float, float, float]:
    """(same_body, names_body, other_body) of a passage for the bodies that a question names."""
    if not named:
        return 0.0, 0.0, 0.0
    body = passage.facets.body
    if body in named:
        return 1.0, 0.0, 0.0
    return 0.0, float(any(name in passage.text for name in named)), float(bool(body))


def population_features(passage: Passage, mentions: Mentions) -> tuple[float, float]:
    """(same_population, other_population) of a passage. A question that names a body has said whom it means."""
    band = passage.facets.population
    if not band or not mentions.populations or mentions.bodies:
        return 0.0, 0.0
    is_same, weight = band in mentions.populations, HINT if mentions.hints_at_size else 1.0
    return weight * is_same, weight * (not is_same)
