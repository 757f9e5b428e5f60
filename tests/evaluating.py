"""What the tests of the eval suite share: the tiny corpus's questions, and a run over them."""

from __future__ import annotations

from pathlib import Path

from conftest import TINY

from eval.config import EvalConfig
from eval.execution import in_process, measure
from eval.questions import EvalQuestion, load_questions
from eval.record import Record
from eval.systems import System
from guideqa.settings import Settings

TINY_QUESTIONS = TINY / "questions.jsonl"
CONFIG = EvalConfig(resamples=100, varied=2)


def tiny_questions() -> tuple[EvalQuestion, ...]:
    """Questions on the tiny corpus, of nearly every type."""
    return load_questions([TINY_QUESTIONS])


def tiny_run(system: System, out: Path, config: EvalConfig = CONFIG) -> Record:
    """A complete run over them."""
    return measure(tiny_questions(), system, out, config, {})


def without(settings: Settings, leg: str) -> System:
    """The product with a leg switched off."""
    return in_process(settings.model_copy(update={f"{leg}_weight": 0.0}))
