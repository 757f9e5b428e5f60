"""Figures over all questions and by type, with intervals, and a table of them for the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval.measures import MEASURES, Columns, Measure, columns_of, shown
from eval.questions import EvalQuestion, QuestionType
from eval.scoring import Judged

# What the terminal shows by type; the report shows all.
_TABLE = "hit@1 hit@5 hit@10 mrr@10 recall@10 citation_precision citation_recall fact_coverage".split()
_HEADS = "的中1 的中5 的中10 MRR 再現10 引用適合 引用再現 事実 文字数 記載なし".split()


@dataclass(frozen=True, slots=True)
class Group:
    """The questions of one type, or all, as columns."""

    name: str
    label: str
    columns: Columns
    count: int


def groups_of(questions: Sequence[EvalQuestion], judged: Sequence[Judged]) -> list[Group]:
    """All questions first, then each type that occurs."""
    rows = {item.question_id: item.row for item in judged}
    found = [Group("all", "すべて", columns_of([rows[q.id] for q in questions]), len(questions))]
    for kind in QuestionType:
        some = [rows[question.id] for question in questions if question.type is kind]
        if some:
            found.append(Group(kind.value, kind.label, columns_of(some), len(some)))
    return found


def figures(group: Group) -> dict[str, float]:
    """Every measure that the group has a value for."""
    values = {measure.name: measure.of(group.columns) for measure in MEASURES}
    return {name: value for name, value in values.items() if value == value}


def table_lines(groups: Sequence[Group]) -> Iterator[str]:
    """A table for the terminal: one line for each group."""
    yield _line("", ["件数", *_HEADS])
    for group in groups:
        values = figures(group)
        cells = [str(group.count)]
        cells += [_percent(values.get(name)) for name in _TABLE]
        chars = values.get("answer_chars")
        cells += ["–" if chars is None else f"{chars:.0f}", _percent(float(group.columns["refused"].mean()))]
        yield _line(group.label, cells)


def overall_lines(groups: Sequence[Group], intervals: Mapping[str, tuple[float, float]]) -> Iterator[str]:
    """All measures over all questions, with their intervals."""
    values = figures(groups[0])
    for measure in MEASURES:
        if measure.name in values:
            yield f"{_padded(measure.label, 40)} {shown(measure, values[measure.name]):>10}  {_interval(measure, intervals)}"


def _interval(measure: Measure, intervals: Mapping[str, tuple[float, float]]) -> str:
    if measure.name not in intervals:
        return ""
    low, high = intervals[measure.name]
    return f"[{shown(measure, low)}, {shown(measure, high)}]"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f}"


def _line(label: str, cells: Sequence[str]) -> str:
    return _padded(label, 14) + "".join(_padded(cell, 9, right=True) for cell in cells)


def _padded(text: str, width: int, *, right: bool = False) -> str:
    """Pad to a width in terminal cells: Japanese characters take two."""
    taken = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    blanks = " " * max(0, width - taken)
    return blanks + text if right else text + blanks
