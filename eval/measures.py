"""What is reported, compared and gated: each measure is a function of a table of per-question numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.metrics import (
    auroc,
    false_refusal_rate,
    refusal_f1,
    refusal_precision,
    refusal_recall,
    risk_coverage,
)
from eval.scoring import Row

Columns = Mapping[str, NDArray[np.float64]]
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure over questions. `of` takes columns of shape (n,), NaN where a question has no value."""

    name: str
    label: str
    of: Callable[[Columns], float]
    higher_is_better: bool = True
    unit: str = ""  # "": a share, shown in per cent
    is_tested: bool = True  # compared for significance; times are not: they are the machine's
    columns: tuple[str, ...] = ()  # what `of` reads
    is_mean: bool = False  # of its one column: then resampling is a matrix product


def columns_of(rows: Sequence[Row]) -> dict[str, NDArray[np.float64]]:
    """Rows as columns of shape (len(rows),), NaN where a row lacks the entry."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name, NAN) for row in rows], np.float64) for name in names}


def read_by(measure: Measure, columns: Columns) -> dict[str, NDArray[np.float64]]:
    """The columns that a measure reads, as far as they are there."""
    return {name: columns[name] for name in measure.columns if name in columns}


def _values(columns: Columns, name: str) -> NDArray[np.float64]:
    values = columns.get(name, np.zeros(0))
    return values[~np.isnan(values)]


def _mean(name: str, label: str, higher_is_better: bool = True, unit: str = "") -> Measure:
    """The mean of a column over the questions that have a value in it."""

    def of(columns: Columns) -> float:
        values = _values(columns, name)
        return float(values.mean()) if len(values) else NAN

    return Measure(name, label, of, higher_is_better, unit, columns=(name,), is_mean=True)


def _quantile(share: float) -> Callable[[Columns], float]:
    def of(columns: Columns) -> float:
        values = _values(columns, "ask_ms")
        return float(np.quantile(values, share)) if len(values) else NAN

    return of


def _flags(columns: Columns, name: str) -> NDArray[np.bool_]:
    return columns[name] > 0.5


def _refusals(
    name: str,
    label: str,
    function: Callable[[NDArray[np.bool_], NDArray[np.bool_]], float],
    higher_is_better: bool = True,
) -> Measure:
    def of(columns: Columns) -> float:
        return function(_flags(columns, "refused"), _flags(columns, "answerable"))

    return Measure(name, label, of, higher_is_better, columns=("refused", "answerable"))


def _time(name: str, label: str, of: Callable[[Columns], float], unit: str) -> Measure:
    return Measure(name, label, of, False, unit, is_tested=False, columns=("ask_ms", "embed_ms"))


def _auroc(columns: Columns) -> float:
    return auroc(columns["confidence"], _flags(columns, "answerable"))


def _risk_area(columns: Columns) -> float:
    return risk_coverage(columns["confidence"], _flags(columns, "right"), _flags(columns, "refused")).area


def _latency_ratio(columns: Columns) -> float:
    """Σ time of the answers / Σ time of the bare embeddings, over questions that have both."""
    if "embed_ms" not in columns:
        return NAN
    both = ~np.isnan(columns["embed_ms"])
    bare = columns["embed_ms"][both].sum()
    return float(columns["ask_ms"][both].sum() / bare) if bare else NAN


MEASURES: Sequence[Measure] = (
    _mean("hit@1", "ページ的中 1位"),
    _mean("hit@3", "ページ的中 3位以内"),
    _mean("hit@5", "ページ的中 5位以内"),
    _mean("hit@10", "ページ的中 10位以内"),
    _mean("mrr@10", "MRR@10"),
    _mean("ndcg@10", "nDCG@10"),
    _mean("recall@10", "再現率@10（全ページ必要な質問）"),
    _mean("citation_precision", "引用ページの適合率"),
    _mean("citation_recall", "引用ページの再現率"),
    _mean("citation_f1", "引用ページのF1"),
    _mean("quote_exactness", "引用文の正確さ"),
    _mean("fact_coverage", "必要な事実の充足率"),
    _mean("answer_chars", "回答の長さ（平均）", False, "文字"),
    _refusals("refusal_precision", "「記載なし」の適合率", refusal_precision),
    _refusals("refusal_recall", "「記載なし」の再現率", refusal_recall),
    _refusals("refusal_f1", "「記載なし」のF1", refusal_f1),
    _refusals("false_refusal_rate", "誤って「記載なし」とした率", false_refusal_rate, False),
    Measure("auroc", "確信度のAUROC", _auroc, columns=("confidence", "answerable")),
    Measure(
        "risk_area",
        "リスク・カバレッジ曲線の面積",
        _risk_area,
        False,
        columns=("confidence", "right", "refused"),
    ),
    _mean("standalone_hit@5", "続きの質問を書き下したときの的中 5位以内"),
    _mean("follow_up_loss@5", "続きの質問で失われる的中", False),
    _mean("dense_leg", "ベクトル検索が働いた質問"),
    _mean("lexical_leg", "語句検索が働いた質問"),
    _mean("invariance_radicals", "部首文字への不変性"),
    _mean("invariance_width", "英数記号の全角半角への不変性"),
    _mean("invariance_kana", "半角カナへの不変性"),
    _mean("invariance_numerals", "数字の全角半角への不変性"),
    _mean("invariance_repeat", "同じ質問の繰り返しの一致"),
    _time("latency_p50", "応答時間 p50", _quantile(0.5), "ms"),
    _time("latency_p95", "応答時間 p95", _quantile(0.95), "ms"),
    _time("latency_ratio", "応答時間 ÷ 質問の埋め込みだけの時間", _latency_ratio, "倍"),
)

# What a server behind HTTP need not tell: a gate cannot ask for it there.
ONLY_IN_PROCESS = frozenset({"dense_leg", "lexical_leg", "latency_ratio"})

BY_NAME: Mapping[str, Measure] = {measure.name: measure for measure in MEASURES}


def shown(measure: Measure, value: float) -> str:
    """A value as reports print it."""
    if value != value:
        return "–"
    if measure.unit:
        digits = 2 if measure.unit == "倍" else 1 if measure.unit == "ms" else 0
        return f"{value:,.{digits}f}{measure.unit}"
    return f"{value:.1%}"
