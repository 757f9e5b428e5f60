"""From questions and a system to a finished record in a folder."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.config import EvalConfig
from eval.fingerprints import digest_of, questions_hash
from eval.measures import MEASURES
from eval.over_http import OverHttp
from eval.questions import EvalQuestion
from eval.record import RECORD_FILE, Record, RunFacts, asked, now
from eval.runner import Journal, Plan, Progress, run
from eval.scoring import judge
from eval.statistics import bootstrap_intervals
from eval.summary import figures, groups_of
from eval.systems import InProcess, RememberingEncoder, System
from guideqa.settings import Settings

JOURNAL_FILE = "outcomes.jsonl"
# Settings of the product that can change a figure.
_ANSWERING = (
    "model",
    "threads",
    "dense_weight",
    "lexical_weight",
    "reranker",
    "reranker_ms",
    "caution",
    "max_question_chars",
)


@contextmanager
def open_system(config: EvalConfig, settings: Settings) -> Iterator[System]:
    """What the configuration says to measure.

    Raises:
        EvalConfigError: the server's address is none.
        ModelError: the encoder cannot be loaded.
    """
    if config.against:
        with OverHttp(config.against) as server:
            yield server
    else:
        yield in_process(settings)


def in_process(settings: Settings) -> InProcess:
    """The product as the settings make it.

    Raises:
        ModelError: the encoder cannot be loaded.
    """
    from guideqa.wiring import build_assistant, open_encoder

    encoder = RememberingEncoder(open_encoder(settings))
    encoder.encode_queries(["準備"])  # the first call loads the weights; no question should pay for it
    return InProcess(build_assistant(settings, encoder), encoder)


def settings_of(config: EvalConfig, settings: Settings) -> dict[str, Any]:
    """The settings that a record keeps; a server's are its own affair."""
    own = {} if config.against else {name: getattr(settings, name) for name in _ANSWERING}
    return own | config.recorded()


def measure(
    questions: Sequence[EvalQuestion],
    system: System,
    out: Path,
    config: EvalConfig,
    settings: Mapping[str, Any],
    progress: Progress = lambda done, of: None,
) -> Record:
    """Run a system over questions and write the record; an interrupted run in the same folder goes on.

    Raises:
        SystemUnderTestError: the server died; what it had answered is kept.
        RecordError: the folder cannot be written.
    """
    began = time.perf_counter()
    facts = RunFacts(system.identity(), questions_hash(questions), settings, config.seed)
    journal = Journal(out / JOURNAL_FILE, digest_of(_identity_of(facts)))
    plan = Plan(
        varied=sample_of(questions, config.varied, config.seed),
        timed=sample_of(questions, config.timed, config.seed + 1),
        workers=config.workers,
    )
    outcomes = run(questions, system, journal, plan, progress)
    judged = tuple(judge(question, outcome) for question, outcome in zip(questions, outcomes, strict=True))
    groups = groups_of(questions, judged)
    record = Record(
        facts=replace(facts, finished=now(), seconds=round(time.perf_counter() - began, 1)),
        questions=asked(questions),
        judged=judged,
        outcomes=tuple(outcomes),
        figures={group.name: figures(group) for group in groups},
        intervals=bootstrap_intervals(MEASURES, groups[0].columns, config.seed, config.resamples),
    )
    record.save(out / RECORD_FILE)
    journal.close()
    return record


def _identity_of(facts: RunFacts) -> list[Any]:
    """What must be the same for an interrupted run to go on."""
    system = facts.system
    return [
        system.kind,
        system.index,
        system.model,
        system.version,
        facts.questions,
        dict(facts.settings),
        facts.seed,
    ]


def sample_of(questions: Sequence[EvalQuestion], count: int, seed: int) -> frozenset[str]:
    """Ids of a sample of the questions, for measures that cost several searches each."""
    ids = sorted(question.id for question in questions)
    return frozenset(random.Random(seed).sample(ids, min(count, len(ids))))
