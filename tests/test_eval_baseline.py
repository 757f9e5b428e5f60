"""The gate in CI: a part of the questions on the digest, and on the original where it is at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import REPOSITORY

from eval.actions import BASELINES
from eval.comparison import Leniency, compare
from eval.config import EvalConfig
from eval.execution import in_process, measure
from eval.gate import failures, read_thresholds
from eval.questions import EvalQuestion, default_files, load_questions
from eval.record import Record
from guideqa.encoder.nano import NanoEncoder
from guideqa.index.embeddings import EmbeddingCache
from guideqa.index.folder import IndexFolder
from guideqa.index.shipped import FILE
from guideqa.settings import Settings
from ingest.manifest import Manifest
from ingest.pipeline import Pipeline, Request

# The baseline is of all questions, and of the documents as they were read when it was made.
LENIENT = Leniency(other_index=True, other_questions=True)

Gate = Callable[[str, tuple[Path, ...]], list[str]]


@pytest.fixture
def gate(tmp_path: Path, encoder: NanoEncoder) -> Gate:
    def run(name: str, originals: tuple[Path, ...]) -> list[str]:
        """Build the index with what is embedded already, ask, and return every failure."""
        settings = Settings(data_dir=tmp_path / "data", corpus_dir=REPOSITORY / "corpus")
        Pipeline(
            IndexFolder(settings.index_dir),
            Manifest.read(settings.corpus_dir),
            EmbeddingCache(REPOSITORY / "var" / "embeddings.sqlite", settings.corpus_dir / FILE),
            encoder,
        ).ingest(Request(originals))
        config = EvalConfig(varied=20, resamples=100)
        record = measure(some_questions(), in_process(settings), tmp_path / "run", config, {})
        comparison = compare(Record.load(BASELINES / f"{name}.json"), record, LENIENT)
        thresholds = read_thresholds(BASELINES / f"{name}.toml")
        return [str(failure) for failure in failures(record, thresholds, comparison)]

    return run


def some_questions() -> tuple[EvalQuestion, ...]:
    """All files and types, and both halves: nothing is tuned here. Too few without an answer tell nothing."""
    every = load_questions(default_files())
    return tuple(item for place, item in enumerate(every) if place % 3 == 0 or not item.answerable)


def test_the_digest_passes_the_gate(gate: Gate) -> None:
    assert gate("digest", ()) == []


def test_the_original_passes_the_gate(gate: Gate, guidebook: Path) -> None:
    assert gate("original", (guidebook / "guidebook.pdf",)) == []


def test_the_baselines_are_of_our_own_questions() -> None:
    """Where a question was edited, the gate leaves it out: too many, and it would compare nothing."""
    known = {question.id for question in load_questions(default_files())}
    for name in ("digest", "original"):
        stored = {question.id for question in Record.load(BASELINES / f"{name}.json").questions}
        assert len(stored & known) > 0.9 * len(known), name
