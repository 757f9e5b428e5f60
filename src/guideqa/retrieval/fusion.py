"""Weighted reciprocal rank fusion.

Source: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank
Learning Methods", SIGIR 2009.
"""

from __future__ import annotations

from collections.abc import Sequence

# Smaller than the paper's 60: with a few hundred passages the first ranks carry the information.
RANK_OFFSET = 10


def fuse(
    rankings: Sequence[tuple[float, Sequence[int]]], rank_offset: int = RANK_OFFSET
) -> list[tuple[int, float]]:
    """(item, score) best first, from (weight, items best first) of each leg.

    A leg that returned nothing contributes nothing. Scores lie in 0..1: an item that is first in every
    leg has 1. Equal scores keep the order of the first leg that has the item.
    """
    active = [(weight, items) for weight, items in rankings if weight > 0 and len(items)]
    total = sum(weight for weight, _ in active)
    scores: dict[int, float] = {}
    for weight, items in active:
        for rank, item in enumerate(items, start=1):
            share = weight / total * (rank_offset + 1) / (rank_offset + rank)
            scores[item] = scores.get(item, 0.0) + share
    return sorted(scores.items(), key=lambda pair: -pair[1])
