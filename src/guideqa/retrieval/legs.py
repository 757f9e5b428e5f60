"""The four legs: passages and pages, each by meaning and by words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guideqa.encoder.protocol import Vectors
from guideqa.index.opened import OpenIndex
from guideqa.text.thesaurus import Kin
from guideqa.types import Filters, PageRef, Passage

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DenseLeg:
    """Cosines of the nearest records. What is farther away has at most the `floor`."""

    cosines: Mapping[int, float]  # by number, best first

    @property
    def floor(self) -> float:
        """The lowest cosine found; 0 where nothing was."""
        return min(self.cosines.values(), default=0.0)

    def rank(self, number: int) -> int | None:
        """The rank of a record, from 1; None where it was not found."""
        return next((rank for rank, found in enumerate(self.cosines, start=1) if found == number), None)

    def cosine(self, number: int) -> float:
        """The cosine of a record, or the floor."""
        return self.cosines.get(number, self.floor)


@dataclass(frozen=True, slots=True)
class PageLeg:
    """Cosines of the nearest expansions, by the page that they belong to."""

    cosines: Mapping[PageRef, float]
    floor: float


def dense_passages(index: OpenIndex, vector: Vectors, depth: int, filters: Filters) -> DenseLeg:
    """The nearest passages."""
    nearest = index.vectors.nearest(vector, min(depth, len(index.passages)), filters)
    return DenseLeg({index.positions[passage_id]: cosine for passage_id, cosine in nearest})


def dense_pages(index: OpenIndex, vector: Vectors, depth: int, filters: Filters) -> PageLeg:
    """Pages by the nearest of the texts that have been written about them."""
    only = Filters(document=filters.document)
    nearest = index.expansion_vectors.nearest(vector, min(depth, len(index.expansion_pages)), only)
    cosines: dict[PageRef, float] = {}
    for number, cosine in nearest:
        page = index.expansion_pages[int(number)]
        cosines[page] = max(cosine, cosines.get(page, -1.0))
    return PageLeg(cosines, min((cosine for _, cosine in nearest), default=0.0))


def lexical_passages(index: OpenIndex, terms: Sequence[str]) -> Scores:
    """BM25F of every passage as a share of what is attainable, shape (passages,); 0 where no term occurs."""
    return index.lexical.scores(terms) / (index.lexical.attainable(terms) or 1.0)


def lexical_pages(index: OpenIndex, terms: Sequence[str]) -> Scores:
    """The same of every page with its expansions, shape (pages,)."""
    return index.page_lexical.scores(terms) / (index.page_lexical.attainable(terms) or 1.0)


def lexical_notes(index: OpenIndex, terms: Sequence[str]) -> Scores:
    """The same of the best of the texts that have been written about each page, shape (pages,)."""
    scores = index.note_lexical.scores(terms) / (index.note_lexical.attainable(terms) or 1.0)
    best = np.zeros(len(index.pages) + 1, np.float32)
    np.maximum.at(best, index.expansion_page_numbers, scores)
    return best[:-1]


def kin_pages(index: OpenIndex, kin: Sequence[Kin], terms: Sequence[str]) -> Scores:
    """What pages say for everyday words of the question, as shares of the same whole, shape (pages,).

    Each word or phrase counts with its own weight, times how much of its best written form a page has.
    Forms that the question holds itself count among its terms alone.
    """
    lexical, held = index.page_lexical, set(terms)
    scores = np.zeros(lexical.document_count, np.float32)
    for item in kin:
        others = [form for form in item.alternatives if form and not held.issuperset(form)]
        if others:
            shares = [lexical.scores(form) / lexical.attainable(form) for form in others]
            scores += sum(map(lexical.weight, item.asked)) * np.max(shares, axis=0)
    return scores / (lexical.attainable(terms) or 1.0)


def best_of(scores: Scores, count: int) -> list[int]:
    """The numbers of the `count` highest scores over 0, best first; equal ones in reading order."""
    if count < len(scores):
        threshold = np.partition(scores, -count)[-count]
        numbers = np.flatnonzero((scores >= threshold) & (scores > 0))
    else:
        numbers = np.flatnonzero(scores > 0)
    order = np.argsort(-scores[numbers], kind="stable")
    return [int(number) for number in numbers[order][:count]]


def allowed(passages: Sequence[Passage], filters: Filters) -> NDArray[np.bool_]:
    """Which passages the filters keep, shape (passages,)."""
    return np.fromiter((filters.keeps(passage) for passage in passages), np.bool_, len(passages))
