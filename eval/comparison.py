"""Two records side by side: what changed, whether by more than chance, and in which questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval.errors import RecordError
from eval.measures import BY_NAME, MEASURES, columns_of, shown
from eval.record import AskedQuestion, Record
from eval.statistics import Difference, paired_differences

ALPHA = 0.05
# What makes a question fixed or broken: column → what a report calls it.
WATCHED: Mapping[str, str] = {
    "right": "正しいページの引用・正しい「記載なし」",
    "hit@5": "検索の上位5件",
    "fact_coverage": "必要な事実",
}


@dataclass(frozen=True, slots=True)
class Leniency:
    """What two records may differ in and be compared all the same."""

    other_index: bool = False
    other_questions: bool = False  # then the questions that are the same in both are compared


@dataclass(frozen=True, slots=True)
class Change:
    """A question of which a watched column rose or fell."""

    question: AskedQuestion
    column: str
    before: float
    after: float

    @property
    def is_fixed(self) -> bool:
        """Whether it got better; all watched columns are better when higher."""
        return self.after > self.before

    def __str__(self) -> str:
        return f"{self.question.id}「{self.question.question}」 {self.before:.2g}→{self.after:.2g}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on two records."""

    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    question_count: int
    left_out: int
    notes: tuple[str, ...]

    def significant(self, alpha: float = ALPHA) -> list[Difference]:
        """The differences that chance does not explain."""
        return [item for item in self.differences if item.p_corrected < alpha]

    def regressions(self, alpha: float = ALPHA) -> list[Difference]:
        """The significant ones for the worse."""
        return [item for item in self.significant(alpha) if is_worse(item)]


def is_worse(difference: Difference) -> bool:
    """Whether the change is in the bad direction of its measure."""
    return (difference.change < 0) == BY_NAME[difference.name].higher_is_better


def compare(before: Record, after: Record, leniency: Leniency | None = None) -> Comparison:
    """Compare two records, question by question.

    Raises:
        RecordError: they are of other questions or another index, and `leniency` does not allow it.
    """
    leniency = leniency or Leniency()
    _check_index(before, after, leniency)
    questions = _common(before, after, leniency)
    rows_before = {item.question_id: item.row for item in before.judged}
    rows_after = {item.question_id: item.row for item in after.judged}
    differences = paired_differences(
        [measure for measure in MEASURES if measure.is_tested],
        columns_of([rows_before[question.id] for question in questions]),
        columns_of([rows_after[question.id] for question in questions]),
        after.facts.seed,
    )
    return Comparison(
        tuple(differences),
        tuple(_changes(questions, rows_before, rows_after)),
        len(questions),
        max(len(before.questions), len(after.questions)) - len(questions),
        tuple(_notes(before, after)),
    )


def _check_index(before: Record, after: Record, leniency: Leniency) -> None:
    a, b = before.facts.system, after.facts.system
    if a.index != b.index and not leniency.other_index:
        raise RecordError(
            f"索引が違うため比べられません（前: {_documents(before)} {a.index}、後: {_documents(after)} {b.index}）。"
            "文書を替えた影響を見るときは --other-index を付けてください。"
        )


def _documents(record: Record) -> str:
    return "・".join(record.facts.system.documents)


def _common(before: Record, after: Record, leniency: Leniency) -> list[AskedQuestion]:
    known = {question.id: question.hash for question in before.questions}
    common = [question for question in after.questions if known.get(question.id) == question.hash]
    apart = len(set(known) | {question.id for question in after.questions}) - len(common)
    if apart and not leniency.other_questions:
        raise RecordError(
            f"質問が違うため比べられません（一方にだけある、または内容の変わった質問が{apart}件）。"
            "共通の質問だけで比べるときは --common を付けてください。"
        )
    if not common:
        raise RecordError("2つの記録に共通の質問がありません。")
    return common


def _changes(
    questions: Sequence[AskedQuestion],
    before: Mapping[str, Mapping[str, float]],
    after: Mapping[str, Mapping[str, float]],
) -> Iterator[Change]:
    for column in WATCHED:
        for question in questions:
            a, b = before[question.id].get(column), after[question.id].get(column)
            if a is not None and b is not None and a != b:
                yield Change(question, column, a, b)


def _notes(before: Record, after: Record) -> Iterator[str]:
    """What else differs, so that nobody credits the code with what the model did."""
    a, b = before.facts, after.facts
    pairs = {
        "索引": (a.system.index, b.system.index),
        "モデル": (a.system.model, b.system.model),
        "版": (a.system.version, b.system.version),
        "測り方": (a.system.kind, b.system.kind),
        "設定": (str(dict(a.settings)), str(dict(b.settings))),
    }
    for name, (old, new) in pairs.items():
        if old != new:
            yield f"{name}: {old} → {new}"


def lines_of(comparison: Comparison) -> Iterator[str]:
    """The comparison for the terminal."""
    yield f"質問{comparison.question_count}件を比べました（除いたもの{comparison.left_out}件）。"
    yield from comparison.notes
    yield ""
    for item in comparison.differences:
        yield _difference_line(item)
    for fixed in (True, False):
        for column, label in WATCHED.items():
            chosen = [item for item in comparison.changes if item.column == column and item.is_fixed is fixed]
            if chosen:
                yield f"\n{label}: {'直った' if fixed else '壊れた'}質問 {len(chosen)}件"
                yield from (f"  {change}" for change in chosen)


def _difference_line(item: Difference) -> str:
    measure = BY_NAME[item.name]
    low, high = (shown(measure, bound) for bound in item.interval)
    verdict = ("悪化" if is_worse(item) else "改善") if item.p_corrected < ALPHA else "差なし"
    return (
        f"{verdict} {item.name}: {shown(measure, item.before)} → {shown(measure, item.after)}"
        f"  差 [{low}, {high}]  p={item.p:.4f}（補正後 {item.p_corrected:.4f}）"
    )
