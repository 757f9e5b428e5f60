"""The retriever: normalise, ask both legs, fuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from guideqa.encoder.protocol import Encoder, Vectors
from guideqa.index.opened import OpenIndex
from guideqa.retrieval.fusion import fuse
from guideqa.text.normalization import normalize
from guideqa.text.tokenization import tokenize
from guideqa.types import Filters, Hit, Passage

# How deep each leg is read before fusion.
CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """How much each leg counts; 0 switches it off."""

    dense: float = 1.0
    lexical: float = 1.0


@dataclass(frozen=True, slots=True)
class LegRanking:
    """What one leg found: passage positions, best first, with its own scores."""

    positions: tuple[int, ...]
    scores: tuple[float, ...]


class Retriever:
    """Finds passages in an open index. Holds no state of its own but the encoder."""

    def __init__(self, encoder: Encoder, weights: FusionWeights) -> None:
        """`encoder` must be the one that the index was built with."""
        self._encoder = encoder
        self._weights = weights

    def search(self, index: OpenIndex, query: str, count: int, filters: Filters | None = None) -> list[Hit]:
        """The best `count` passages for a query, best first; spellings of one query give the same hits."""
        normal = normalize(query).replace("\n", " ").strip()
        if not index.passages or count < 1:
            return []
        vector = self._encoder.encode_queries([normal])[0]
        depth = max(CANDIDATES, count)
        dense = dense_leg(index, vector, depth, filters)
        lexical = lexical_leg(index, tokenize(normal), depth, filters)
        fused = fuse([(self._weights.dense, dense.positions), (self._weights.lexical, lexical.positions)])
        return _hits(index, fused[:count], dense, lexical)


def dense_leg(index: OpenIndex, vector: Vectors, depth: int, filters: Filters | None) -> LegRanking:
    """Nearest passages by cosine."""
    nearest = index.vectors.nearest(vector, min(depth, len(index.passages)), filters)
    return LegRanking(
        tuple(index.positions[passage_id] for passage_id, _ in nearest),
        tuple(cosine for _, cosine in nearest),
    )


def lexical_leg(index: OpenIndex, terms: Sequence[str], depth: int, filters: Filters | None) -> LegRanking:
    """Passages that share terms with the query, by BM25F; those that share none are not among them."""
    scores = index.lexical.scores(terms)
    if filters:
        scores[~_allowed(index.passages, filters)] = 0
    order = np.argsort(-scores, kind="stable")[:depth]
    found = tuple(int(position) for position in islice((p for p in order if scores[p] > 0), depth))
    return LegRanking(found, tuple(float(scores[position]) for position in found))


def _allowed(passages: Sequence[Passage], filters: Filters) -> NDArray[np.bool_]:
    def keeps(passage: Passage) -> bool:
        return (
            (not filters.municipality or passage.facets.municipality in filters.municipality)
            and (not filters.programme or passage.facets.programme in filters.programme)
            and (not filters.document or passage.document_id in filters.document)
        )

    return np.fromiter((keeps(passage) for passage in passages), np.bool_, len(passages))


def _hits(
    index: OpenIndex, fused: Sequence[tuple[int, float]], dense: LegRanking, lexical: LegRanking
) -> list[Hit]:
    dense_places = {position: rank for rank, position in enumerate(dense.positions)}
    lexical_places = {position: rank for rank, position in enumerate(lexical.positions)}
    hits: list[Hit] = []
    for position, score in fused:
        dense_place, lexical_place = dense_places.get(position), lexical_places.get(position)
        hits.append(
            Hit(
                passage=index.passages[position],
                score=score,
                dense_rank=None if dense_place is None else dense_place + 1,
                lexical_rank=None if lexical_place is None else lexical_place + 1,
                cosine=0.0 if dense_place is None else dense.scores[dense_place],
                lexical_score=0.0 if lexical_place is None else lexical.scores[lexical_place],
            )
        )
    return hits
