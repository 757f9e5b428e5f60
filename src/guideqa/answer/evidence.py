"""Which sentences of the hits answer: one linear score over what is known of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from guideqa.answer.expectation import Expectation, ValueMatch
from guideqa.answer.units import Unit, units_of
from guideqa.index.fields import context_of
from guideqa.index.lexical import LexicalIndex
from guideqa.retrieval.query import Query
from guideqa.text.terms import PAIR_MARK, lexical_terms
from guideqa.types import Hit, Passage

# Sentences under this length are headings and labels; a sentence gains by length up to the second bound.
SHORT_CHARS, FULL_CHARS = 12, 200
# A passage that scores so much less than the best counts e times less.
SCORE_UNIT = 2.0


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """The terms of a question with their weights (inverse document frequency)."""

    weights: Mapping[str, float]
    words: Mapping[str, float]  # those that are no character pairs

    @classmethod
    def of(cls, query: Query, lexical: LexicalIndex) -> QuestionTerms:
        """Weigh each term by its rarity in the index."""
        weights = {term: lexical.weight(term) for term in query.terms}
        return cls(weights, {term: w for term, w in weights.items() if not term.startswith(PAIR_MARK)})

    def coverage(self, terms: frozenset[str]) -> float:
        """The share of the question's weight that `terms` cover, 0..1."""
        return _share(self.weights, terms)

    def word_coverage(self, terms: frozenset[str]) -> float:
        """The same over words alone."""
        return _share(self.words, terms)


@dataclass(frozen=True, slots=True)
class SentenceFeatures:
    """What is known of a sentence with regard to a question."""

    word_coverage: float
    coverage: float
    passage_coverage: float
    context_coverage: float
    previous_coverage: float  # of the sentence before it: an answer often follows what was asked
    nearness: float  # of its passage's score to the best one's: 1 where it is the best, 0.6 a point below
    place: float  # 1 / place in its passage
    length: float
    is_short: float
    number: float
    counter: float
    money: float
    time: float
    reason: float
    name: float


# Fitted by `guideqa eval fit evidence` on the questions for tuning, original and digest together: sentences
# that hold a required fact against those that hold none.
WEIGHTS = SentenceFeatures(
    word_coverage=12.0,
    coverage=8.0,
    passage_coverage=5.6,
    context_coverage=3.3,
    previous_coverage=5.1,
    nearness=22.0,
    place=0.8,
    length=6.3,
    is_short=-7.0,
    number=6.2,
    counter=10.0,
    money=3.7,
    time=9.4,
    reason=4.7,
    name=2.1,
)
_values = attrgetter(*(field.name for field in fields(SentenceFeatures)))  # astuple copies, ten times slower
_WEIGHTS = np.array(_values(WEIGHTS))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that may answer."""

    unit: Unit
    hit: Hit
    rank: int  # of its passage, from 0
    place: int  # in its passage, from 0
    features: SentenceFeatures
    score: float
    twins: tuple[Evidence, ...] = ()  # sentences of other pages that say the same

    @property
    def sentence(self) -> str:
        """Its words."""
        return self.unit.sentence

    @property
    def body(self) -> str:
        """The municipality or prefecture that it speaks of; "" where it speaks of none."""
        return self.hit.passage.facets.body


def rank_evidence(
    terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit], top: float | None = None
) -> list[Evidence]:
    """Every sentence of the hits, the one that most likely answers first.

    `top`: the score of the best hit of all, where `hits` are some of them.
    """
    top = max((hit.score for hit in hits), default=0.0) if top is None else top
    found = [item for rank, hit in enumerate(hits) for item in _of_passage(terms, wanted, hit, rank, top)]
    if not found:
        return []
    matrix: NDArray[np.float64] = np.array([_values(features) for _, _, _, _, features in found])
    scores = matrix @ _WEIGHTS
    evidence = [Evidence(*item, float(score)) for item, score in zip(found, scores, strict=True)]
    return sorted(evidence, key=lambda item: -item.score)


def context_terms(passage: Passage) -> frozenset[str]:
    """The terms of what stands above a passage: its headings, its body, its programme."""
    return _context_terms(context_of(passage))


@lru_cache(maxsize=8192)
def _context_terms(context: str) -> frozenset[str]:
    return frozenset(lexical_terms(context))


def _of_passage(
    terms: QuestionTerms, wanted: Expectation, hit: Hit, rank: int, top: float
) -> list[tuple[Unit, Hit, int, int, SentenceFeatures]]:
    units = units_of(hit.passage)
    every = frozenset[str]().union(*(unit.terms for unit in units))
    passage, context = terms.coverage(every), terms.coverage(context_terms(hit.passage))
    covers = [terms.coverage(unit.terms) for unit in units]
    before = [0.0, *(first for first, _ in pairwise(covers))]
    found = []
    for place, unit in enumerate(units):
        value = ValueMatch.of(wanted, unit.normal)
        features = SentenceFeatures(
            word_coverage=terms.word_coverage(unit.terms),
            coverage=covers[place],
            passage_coverage=passage,
            context_coverage=context,
            previous_coverage=before[place],
            nearness=math.exp((hit.score - top) / SCORE_UNIT),
            place=1 / (1 + place),
            length=min(len(unit.sentence), FULL_CHARS) / 100,
            is_short=float(len(unit.sentence) < SHORT_CHARS and not unit.topic),
            number=value.number,
            counter=value.counter,
            money=value.money,
            time=value.time,
            reason=value.reason,
            name=value.name,
        )
        found.append((unit, hit, rank, place, features))
    return found


def _share(weights: Mapping[str, float], terms: frozenset[str]) -> float:
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in terms) / total if total else 0.0
