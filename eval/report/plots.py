"""The four plots of a report, each from the columns of groups of questions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.measures import Columns
from eval.metrics import risk_coverage
from eval.report.svg import Axis, Frame, dot, line, percent_axis, round_axis, text
from eval.scoring import DEPTHS
from eval.summary import Group, figures

_ROW = 28


def hits_by_type(groups: Sequence[Group]) -> str:
    """For each type a row with one dot for each depth: how far down one must read to find the page."""
    rows = [(group, figures(group)) for group in groups]
    shown = [(group, values) for group, values in rows if "hit@1" in values]
    ticks = [(len(shown) - place - 0.5, group.label) for place, (group, _) in enumerate(shown)]
    frame = Frame(
        percent_axis("正しいページが見つかった質問の割合"),
        Axis("", 0, max(1, len(shown)), ticks),
        height=_ROW * len(shown) + 84,
        left=120,
        top=36,
    )
    marks: list[str] = list(_legend([(f"depth{k}", f"{k}位以内") for k in DEPTHS], frame.left))
    for (group, values), (height, _) in zip(shown, ticks, strict=True):
        points = [(k, frame.at(values[f"hit@{k}"], height)) for k in DEPTHS]
        marks.append(line([at for _, at in points], "range"))
        # The shallowest is drawn last: where all coincide, finding it first is what counts.
        marks += [
            dot(at, f"depth{k}", f"{group.label} {k}位以内 {values[f'hit@{k}']:.1%}", 6.5)
            for k, at in reversed(points)
        ]
    return frame.svg("質問の種類ごとのページ的中率", marks)


def risk_coverage_plot(columns: Columns) -> str:
    """The share of wrong answers among those given, as more questions are answered."""
    right, refused = columns["right"] > 0.5, columns["refused"] > 0.5
    curve = risk_coverage(columns["confidence"], right, refused)
    frame = Frame(percent_axis("回答する質問の割合（確信度の高い順）"), percent_axis("そのうち誤りの割合"))
    points = [frame.at(x, y) for x, y in zip(curve.coverage, curve.risk, strict=True)]
    marks = [line(points, "series1"), *(dot(points[-1], "mark1") for _ in points[:1])]
    return frame.svg("リスク・カバレッジ曲線", marks)


def latency_plot(columns: Columns) -> str:
    """The share of questions that were answered within a time; the bare embedding beside it."""
    series = [
        ("series1", "回答", _kept(columns, "ask_ms")),
        ("series2", "埋め込みだけ", _kept(columns, "embed_ms")),
    ]
    shown = [(kind, name, np.sort(values)) for kind, name, values in series if len(values)]
    # One slow question must not flatten the rest.
    high = max((float(np.quantile(values, 0.99)) for _, _, values in shown), default=1.0)
    frame = Frame(round_axis("時間（ミリ秒）", high), percent_axis("質問の割合"), top=36)
    marks: list[str] = list(_legend([(kind, name) for kind, name, _ in shown], frame.left))
    for kind, _, values in shown:
        shares = np.arange(1, len(values) + 1) / len(values)
        marks.append(line([frame.at(x, y) for x, y in zip(values, shares, strict=True)], kind))
    return frame.svg("応答時間の分布", marks)


def length_plot(ids: Sequence[str], columns: Columns) -> str:
    """Length of each answer against the facts in it: long and high is copying, short and high is the aim."""
    lengths, coverage = columns.get("answer_chars"), columns.get("fact_coverage")
    empty: NDArray[np.float64] = np.full(len(ids), np.nan)
    lengths, coverage = (empty if values is None else values for values in (lengths, coverage))
    both = ~np.isnan(lengths) & ~np.isnan(coverage)
    high = float(lengths[both].max()) if both.any() else 1.0
    y = Axis("必要な事実の充足率", -0.06, 1.06, [(i / 4, f"{i * 25}%") for i in range(5)])
    frame = Frame(round_axis("回答の長さ（文字）", high), y)
    marks = [
        dot(frame.at(x, y_value + _jitter(name)), "faint", f"{name} {x:.0f}文字 {y_value:.0%}")
        for name, x, y_value, keep in zip(ids, lengths, coverage, both, strict=True)
        if keep
    ]
    return frame.svg("回答の長さと必要な事実の充足率", marks)


def _jitter(name: str) -> float:
    """A small shift, always the same for a name, so that equal values do not hide each other."""
    return (hashlib.sha256(name.encode()).digest()[0] / 255 - 0.5) * 0.08


def _kept(columns: Columns, name: str) -> NDArray[np.float64]:
    values = columns.get(name, np.zeros(0))
    return values[~np.isnan(values)]


def _legend(entries: Sequence[tuple[str, str]], left: float) -> Iterator[str]:
    x = float(left)
    for kind, name in entries:
        yield dot((x + 5, 16), kind.replace("series", "mark"), radius=5)
        yield text(x + 15, 20, name, "tick")
        x += 34 + 13 * len(name)
