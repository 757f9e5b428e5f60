"""`guideqa eval retrieval`: any public set in BEIR form, per leg and fused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.beir import BeirDataset, BeirQuery
from eval.dataset_index import document_ranking
from eval.invariance import variants_of
from eval.metrics import auroc, graded_ndcg_at
from guideqa.assistant import Assistant
from guideqa.types import Hit, Question

LEGS = ("dense", "lexical", "fused")
# Not deeper than the product reads its legs anyway: a deeper search would fuse other rankings.
DEPTH = 50
# Deep enough that the first ranks of either leg are among the fused ones, whatever the weights.
LEG_DEPTH = 200
_DEPTHS = (1, 3, 5, 10)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class RankedQuery:
    """What each leg and the fusion found: documents, best first, each once."""

    query_id: str
    rankings: Mapping[str, tuple[str, ...]]
    confidence: float | None = None  # of the answer, where the set has queries without one
    cosine: float | None = None  # of the best passage


@dataclass(frozen=True, slots=True)
class Respelled:
    """Queries that another spelling changes, and how many of them then find the same passages."""

    queries: int
    same: int


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """Figures for each leg, over the queries that have relevant documents."""

    dataset: str
    documents: int
    queries: int
    unanswerable: int
    figures: Mapping[str, Mapping[str, float]]
    auroc: Mapping[str, float] = field(default_factory=dict)
    respelled: Mapping[str, Respelled] = field(default_factory=dict)  # by kind of spelling

    def record(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """A table for the terminal."""
        yield f"{self.dataset}: 文書{self.documents:,}、質問{self.queries:,}（うち答えなし{self.unanswerable:,}）"
        names = list(next(iter(self.figures.values()), {}))
        yield f"{'':10}" + "".join(f"{name:>11}" for name in names)
        for leg, values in self.figures.items():
            yield f"{leg:10}" + "".join(f"{values[name]:11.4f}" for name in names)
        for name, value in self.auroc.items():
            yield f"AUROC（{name}）: {value:.4f}"
        for kind, found in self.respelled.items():
            yield f"書き換え（{kind}）: {found.queries:,}件のうち{found.same:,}件が同じ結果"


def rank_queries(
    dataset: BeirDataset, assistant: Assistant, progress: Progress = lambda done, of: None
) -> list[RankedQuery]:
    """Ask every query. The confidence is asked for only where a query without an answer makes it tell."""
    asks = any(not dataset.relevant(query.id) for query in dataset.queries)
    ranked: list[RankedQuery] = []
    for done, query in enumerate(dataset.queries, start=1):
        ranked.append(_ranked(query, assistant, asks))
        progress(done, len(dataset.queries))
    return ranked


def _ranked(query: BeirQuery, assistant: Assistant, asks: bool) -> RankedQuery:
    question = query.asked()
    fused = assistant.search(question, DEPTH).hits
    deep = assistant.search(question, LEG_DEPTH).hits
    rankings = {
        "dense": _leg(deep, lambda hit: hit.dense_rank),
        "lexical": _leg(deep, lambda hit: hit.lexical_rank),
        "fused": tuple(document_ranking([hit.passage for hit in fused])),
    }
    return RankedQuery(
        query.id,
        rankings,
        assistant.ask(question).answer.confidence if asks else None,
        max((hit.cosine for hit in deep), default=0.0),
    )


def _leg(hits: Sequence[Hit], rank_of: Callable[[Hit], int | None]) -> tuple[str, ...]:
    ranked = [(rank, hit.passage) for hit in hits if (rank := rank_of(hit)) is not None]
    ranked.sort(key=lambda pair: pair[0])
    return tuple(document_ranking([passage for _, passage in ranked])[:DEPTH])


def respell(
    dataset: BeirDataset, assistant: Assistant, progress: Progress = lambda done, of: None
) -> dict[str, Respelled]:
    """Ask every query in every other spelling; the same are ten equal passages in equal order."""
    found: dict[str, Respelled] = {}
    for done, query in enumerate(dataset.queries, start=1):
        question = query.asked()
        expected = _passages(assistant, question)
        for kind, text in variants_of(question.text):
            same = _passages(assistant, replace(question, text=text)) == expected
            before = found.get(kind, Respelled(0, 0))
            found[kind] = Respelled(before.queries + 1, before.same + same)
        progress(done, len(dataset.queries))
    return found


def _passages(assistant: Assistant, question: Question) -> list[str]:
    return [hit.passage.id for hit in assistant.search(question, 10).hits]


def evaluate(
    dataset: BeirDataset, ranked: Sequence[RankedQuery], respelled: Mapping[str, Respelled] | None = None
) -> RetrievalReport:
    """Figures of each leg, and how well confidence and cosine tell queries without an answer."""
    answerable = [item for item in ranked if dataset.relevant(item.query_id)]
    figures = {leg: _figures(dataset, answerable, leg) for leg in LEGS} if answerable else {}
    return RetrievalReport(
        dataset.name,
        len(dataset.documents),
        len(ranked),
        len(ranked) - len(answerable),
        figures,
        _aurocs(dataset, ranked) if 0 < len(answerable) < len(ranked) else {},
        respelled or {},
    )


def _figures(dataset: BeirDataset, ranked: Sequence[RankedQuery], leg: str) -> dict[str, float]:
    rows = [query_figures(item.rankings[leg], dataset.relevant(item.query_id)) for item in ranked]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def query_figures(ranking: Sequence[str], relevant: Mapping[str, int]) -> dict[str, float]:
    """hit@k, recall@k, MRR@10 and nDCG@10 of one ranking against graded judgements."""
    places = [rank for rank, document in enumerate(ranking, start=1) if document in relevant]
    first = places[0] if places else 0
    figures = {f"hit@{k}": float(0 < first <= k) for k in _DEPTHS}
    figures |= {f"recall@{k}": sum(place <= k for place in places) / len(relevant) for k in (5, 10)}
    figures["mrr@10"] = 1 / first if 0 < first <= 10 else 0.0
    gains = [float(relevant.get(document, 0)) for document in ranking]
    figures["ndcg@10"] = graded_ndcg_at(10, gains, [float(grade) for grade in relevant.values()])
    return figures


def _aurocs(dataset: BeirDataset, ranked: Sequence[RankedQuery]) -> dict[str, float]:
    answerable = np.array([bool(dataset.relevant(item.query_id)) for item in ranked])
    cosines = np.array([item.cosine or 0.0 for item in ranked])
    confidences = np.array([item.confidence or 0.0 for item in ranked])
    return {"確信度": auroc(confidences, answerable), "最大コサイン": auroc(cosines, answerable)}


def write_runs(path: Path, ranked: Sequence[RankedQuery]) -> list[Path]:
    """TREC runs: the fusion in `path`, each leg beside it with its name before the suffix.

    A line is `query Q0 document rank score tag`; the score falls with the rank, as trec_eval sorts by it.
    """
    written: list[Path] = []
    path.parent.mkdir(parents=True, exist_ok=True)
    for leg in LEGS:
        file = path if leg == "fused" else path.with_name(f"{path.stem}.{leg}{path.suffix}")
        lines = [
            f"{item.query_id} Q0 {document} {rank} {1 / rank:.6f} guideqa-{leg}\n"
            for item in ranked
            for rank, document in enumerate(item.rankings[leg], start=1)
        ]
        file.write_text("".join(lines), encoding="utf-8")
        written.append(file)
    return written
