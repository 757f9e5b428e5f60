"""Metrics of a ranking, on plain data: which needs each hit serves, best hit first.

A *need* is one thing that must be found: for most questions any right page is the one need; where all
pages are needed, each page (or one that may stand for it) is a need of its own. `Served` holds, for each
hit in order, the numbers of the needs that the hit's pages serve.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

Served = Sequence[Collection[int]]


def served(needs: Sequence[Collection[str]], ranking: Sequence[Collection[str]]) -> list[frozenset[int]]:
    """For each hit, given by its page labels, the numbers of the needs that it serves."""
    return [
        frozenset(number for number, pages in enumerate(needs) if not set(pages).isdisjoint(labels))
        for labels in ranking
    ]


def hit_at(k: int, ranking: Served) -> float:
    """1 where one of the first k hits serves a need, else 0 (success@k)."""
    return float(any(ranking[:k]))


def reciprocal_rank(ranking: Served, k: int = 10) -> float:
    """1 / rank of the first hit among k that serves a need, else 0.

    Source: Voorhees, "The TREC-8 Question Answering Track Report", 1999.
    """
    return next((1 / rank for rank, needs in enumerate(ranking[:k], start=1) if needs), 0.0)


def recall_at(k: int, ranking: Served, need_count: int) -> float:
    """The share of the needs that the first k hits serve."""
    found: set[int] = set()
    return len(found.union(*ranking[:k])) / need_count if need_count else 0.0


def ndcg_at(k: int, ranking: Served, need_count: int) -> float:
    """Σ gain / log2(rank + 1) over the first k hits, over that of the best ranking.

    A hit gains 1 for each need that none before it has served: a second passage of the same page gains
    nothing. The best ranking serves one need a hit; better than best counts as 1. Source: Järvelin, Kekäläinen, "Cumulated gain-based evaluation", TOIS 2002; the novelty
    is that of α-nDCG with α = 1 (Clarke et al., SIGIR 2008).
    """
    seen: set[int] = set()
    gains: list[float] = []
    for needs in ranking[:k]:
        new = set(needs) - seen
        gains.append(float(len(new)))
        seen |= new
    return _normalised(gains, [1.0] * min(k, need_count))


def graded_ndcg_at(k: int, gains: Sequence[float], relevant: Sequence[float]) -> float:
    """nDCG with linear gains, as trec_eval computes it.

    `gains`: of the documents as ranked; `relevant`: of all relevant documents, in any order.
    """
    return _normalised(gains[:k], sorted(relevant, reverse=True)[:k])


def _normalised(gains: Sequence[float], ideal: Sequence[float]) -> float:
    best = _discounted(ideal)
    return min(1.0, _discounted(gains) / best) if best else 0.0


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
