"""From questions and a system to a finished record in a folder."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path

from eval.fingerprints import digest_of, questions_hash
from eval.questions import EvalQuestion
from eval.record import RECORD_FILE, Record, RunFacts, asked, now
from eval.runner import Journal, Progress, run
from eval.scoring import judge
from eval.summary import figures, groups_of
from eval.systems import InProcess, RememberingEncoder, System
from guideqa.settings import Settings

JOURNAL_FILE = "outcomes.jsonl"


def in_process(settings: Settings) -> InProcess:
    """The product as the settings make it.

    Raises:
        ModelError: the encoder cannot be loaded.
    """
    from guideqa.wiring import build_assistant, open_encoder

    encoder = RememberingEncoder(open_encoder(settings))
    encoder.encode_queries(["準備"])  # the first call loads the weights; no question should pay for it
    return InProcess(build_assistant(settings, encoder), encoder)


def execute(
    questions: Sequence[EvalQuestion],
    settings: Settings,
    out: Path,
    progress: Progress,
    seed: int = 0,
    varied_count: int = 40,
) -> Record:
    """Run, judge and write the record."""
    system: System = in_process(settings)
    return measure(questions, system, out, progress, seed, varied_count)


def measure(
    questions: Sequence[EvalQuestion],
    system: System,
    out: Path,
    progress: Progress,
    seed: int = 0,
    varied_count: int = 40,
) -> Record:
    """Run a system over questions; an interrupted run in the same folder goes on."""
    began = time.perf_counter()
    facts = RunFacts(system.identity(), questions_hash(questions), {}, seed)
    journal = Journal(out / JOURNAL_FILE, digest_of([facts.system, facts.questions, seed]))
    outcomes = run(questions, system, journal, varied(questions, varied_count, seed), progress)
    judged = tuple(judge(question, outcome) for question, outcome in zip(questions, outcomes, strict=True))
    record = Record(
        facts=RunFacts(
            facts.system, facts.questions, facts.settings, seed, now(), time.perf_counter() - began
        ),
        questions=asked(questions),
        judged=judged,
        outcomes=tuple(outcomes),
        figures={group.name: figures(group) for group in groups_of(questions, judged)},
    )
    record.save(out / RECORD_FILE)
    journal.close()
    return record


def varied(questions: Sequence[EvalQuestion], count: int, seed: int) -> frozenset[str]:
    """A sample of the questions, for measures that cost several searches each."""
    ids = sorted(question.id for question in questions)
    return frozenset(random.Random(seed).sample(ids, min(count, len(ids))))
