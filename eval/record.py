"""The record of a run: what was measured with what, every outcome and every number, as one JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.errors import RecordError
from eval.fingerprints import digest_of, question_content
from eval.outcome import Outcome, shallow
from eval.questions import EvalQuestion
from eval.scoring import Judged
from eval.systems import SystemIdentity

FORMAT = 1
RECORD_FILE = "record.json"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What was measured with what."""

    system: SystemIdentity
    questions: str  # hash over all of them
    settings: Mapping[str, Any]  # of the product (in process) and of the suite
    seed: int
    finished: str = ""  # UTC, ISO 8601
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as a record keeps it: enough to name it and to see whether it has changed."""

    id: str
    question: str
    type: str
    split: str
    hash: str

    @classmethod
    def of(cls, question: EvalQuestion) -> AskedQuestion:
        """The form that records keep."""
        return cls(
            question.id,
            question.question,
            question.type,
            question.split,
            digest_of(question_content(question)),
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A complete run. A baseline has no outcomes: only the numbers, and no text of any document."""

    facts: RunFacts
    questions: tuple[AskedQuestion, ...]
    judged: tuple[Judged, ...]
    outcomes: tuple[Outcome, ...] = ()
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # group → measure → value
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def as_baseline(self) -> Record:
        """The numbers alone: what a later run is compared with, and what may be published."""
        judged = tuple(Judged(item.question_id, _rounded(item.row), (), ()) for item in self.judged)
        return replace(self, judged=judged, outcomes=())

    def save(self, path: Path) -> None:
        """Write the file in one step.

        Raises:
            RecordError: it cannot be written.
        """
        content = {"format": FORMAT, **shallow(self)}
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        # On one line: only so does Python write JSON with its fast encoder, a second sooner for 300 questions.
        text = json.dumps(content, default=shallow, ensure_ascii=False, allow_nan=False)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            aside.write_text(text + "\n", encoding="utf-8", errors="surrogatepass")
            os.replace(aside, path)
        except OSError as error:
            raise RecordError(f"記録を書き込めません（{error.strerror}）: {path}") from error

    @classmethod
    def load(cls, path: Path) -> Record:
        """Read a record, or the one in a run's folder.

        Raises:
            RecordError: there is none, or it is no record of this format.
        """
        file = path / RECORD_FILE if path.is_dir() else path
        try:
            content = json.loads(file.read_text(encoding="utf-8", errors="surrogatepass"))
            if content["format"] != FORMAT:
                raise RecordError(f"この版では読めない形式の記録です（{content['format']}）: {file}")
            return _record(content)
        except FileNotFoundError as error:
            raise RecordError(f"評価の記録がありません: {file}（`guideqa eval run` で作れます）") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordError(f"評価の記録として読めません: {file}") from error


def _record(content: Mapping[str, Any]) -> Record:
    facts = dict(content["facts"])
    identity = facts.pop("system")
    system = SystemIdentity(**{**identity, "documents": tuple(identity["documents"])})
    return Record(
        facts=RunFacts(system=system, **facts),
        questions=tuple(AskedQuestion(**item) for item in content["questions"]),
        judged=tuple(_judged(item) for item in content["judged"]),
        outcomes=tuple(Outcome.of_record(item) for item in content["outcomes"]),
        figures=content["figures"],
        intervals={name: (low, high) for name, (low, high) in content["intervals"].items()},
    )


def _judged(item: Mapping[str, Any]) -> Judged:
    return Judged(
        item["question_id"],
        item["row"],
        tuple(tuple(fact) for fact in item["missed_facts"]),
        tuple(item["failed_rules"]),
    )


def _rounded(row: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 12) for name, value in row.items()}


def now() -> str:
    """The time, as records keep it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def asked(questions: Sequence[EvalQuestion]) -> tuple[AskedQuestion, ...]:
    """Questions as a record keeps them."""
    return tuple(AskedQuestion.of(question) for question in questions)
