"""`guideqa bench`: how long answers take, against what the embedding of the question alone takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from eval.questions import EvalQuestion
from guideqa.assistant import Assistant
from guideqa.encoder.protocol import Encoder, ModelIdentity, Vectors
from guideqa.index.embeddings import EmbeddingCache
from guideqa.index.folder import IndexFolder
from guideqa.settings import Settings
from ingest.manifest import Manifest
from ingest.pipeline import Pipeline, Request

SEARCH_COUNT = 10
_WARM_UP = 3

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one kind of call, and how many times those of the bare embedding they are."""

    p50: float
    p95: float
    ratio: float  # of the sums over the same questions

    def line(self, name: str) -> str:
        """For the terminal."""
        return f"{name}: p50 {self.p50:.1f}ms、p95 {self.p95:.1f}ms、埋め込みだけの{self.ratio:.2f}倍"


@dataclass(frozen=True, slots=True)
class AnswerBench:
    """What was measured over a number of questions."""

    questions: int
    times: Mapping[str, Times]

    def record(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """For the terminal."""
        yield f"質問{self.questions}件"
        for name, times in self.times.items():
            yield times.line({"embed": "質問の埋め込みだけ", "search": "検索", "ask": "回答"}[name])


def bench_answers(
    assistant: Assistant,
    encoder: Encoder,
    questions: Sequence[EvalQuestion],
    progress: Progress = lambda done, of: None,
) -> AnswerBench:
    """Embed, search and ask each question, in turn, so that a busy machine slows all three alike."""
    calls: dict[str, Callable[[EvalQuestion], object]] = {
        "embed": lambda question: encoder.encode_queries([question.question]),
        "search": lambda question: assistant.search(question.asked(), SEARCH_COUNT),
        "ask": lambda question: assistant.ask(question.asked()),
    }
    for question in questions[:_WARM_UP]:
        for call in calls.values():
            call(question)
    taken: dict[str, list[float]] = {name: [] for name in calls}
    order = list(calls)
    for done, question in enumerate(questions, start=1):
        order = [*order[1:], order[0]]  # none is always first
        for name in order:
            taken[name].append(_milliseconds(calls[name], question))
        progress(done, len(questions))
    bare = sum(taken["embed"])
    times = {
        name: Times(float(np.quantile(ms, 0.5)), float(np.quantile(ms, 0.95)), sum(ms) / bare)
        for name, ms in taken.items()
    }
    return AnswerBench(len(questions), times)


def _milliseconds(call: Callable[[EvalQuestion], object], question: EvalQuestion) -> float:
    began = time.perf_counter()
    call(question)
    return (time.perf_counter() - began) * 1000


@dataclass(frozen=True, slots=True)
class IngestBench:
    """Seconds of an ingest from nothing, and of the embedding within it."""

    passages: int
    seconds: float
    embedding_seconds: float

    @property
    def ratio(self) -> float:
        """How many times the bare embedding the whole takes."""
        return self.seconds / self.embedding_seconds if self.embedding_seconds else float("nan")

    def line(self) -> str:
        """For the terminal."""
        return (
            f"取り込み: {self.passages:,}のまとまり、{self.seconds:.1f}秒"
            f"（埋め込みだけで{self.embedding_seconds:.1f}秒、その{self.ratio:.2f}倍）"
        )


class TimedEncoder:
    """An encoder that knows how long the passages took."""

    def __init__(self, encoder: Encoder) -> None:
        """Nothing is encoded yet."""
        self._encoder = encoder
        self.seconds = 0.0
        self.processor_seconds = 0.0  # of all cores; what else the machine does is not in it

    @property
    def identity(self) -> ModelIdentity:
        """That of the encoder inside."""
        return self._encoder.identity

    def encode_queries(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of questions; their time is not counted."""
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of passages, timed."""
        began, used = time.perf_counter(), time.process_time()
        vectors = self._encoder.encode_passages(texts)
        self.seconds += time.perf_counter() - began
        self.processor_seconds += time.process_time() - used
        return vectors


def bench_ingest(
    paths: Sequence[Path],
    settings: Settings,
    encoder: Encoder,
    progress: Progress = lambda done, of: None,
) -> IngestBench:
    """Ingest files into a temporary folder, with no vector known beforehand.

    Raises:
        InputError: a file cannot be read.
    """
    timed = TimedEncoder(encoder)
    with TemporaryDirectory(prefix="guideqa-bench-") as name:
        folder = Path(name)
        pipeline = Pipeline(
            IndexFolder(folder / "index"),
            Manifest.read(settings.corpus_dir),
            EmbeddingCache(folder / "embeddings.sqlite"),
            timed,
        )
        began = time.perf_counter()
        report = pipeline.ingest(Request(tuple(paths)), progress)
        return IngestBench(report.passages, time.perf_counter() - began, timed.seconds)
