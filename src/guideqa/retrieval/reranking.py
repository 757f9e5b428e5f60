"""An optional last stage: a cross-encoder that reads question and passage together, as long as time lasts.

Off unless a model is set: no cross-encoder for Japanese comes as a package, and published results show small ones
losing as often as winning. Whoever has one measures it with `guideqa eval run`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from guideqa.encoder.sentence_transformer import model_folder
from guideqa.errors import ModelError
from guideqa.index.fields import embedding_text
from guideqa.types import Hit

# So many hits are read at once, and so many at most.
BATCH = 4
DEPTH = 24


class PairScorer(Protocol):
    """Tells how well passages answer a question."""

    def scores(self, question: str, passages: Sequence[str], /) -> NDArray[np.float32]:
        """One score for each passage, shape (len(passages),); higher is better."""
        ...


class CrossEncoderScorer:
    """A sentence-transformers `CrossEncoder` on the CPU. Thread-safe."""

    def __init__(self, model: str) -> None:
        """Load `model`, a folder or the name of one in the local cache; nothing is downloaded.

        Raises:
            ModelError: there is no such folder or cached model, or it is no cross-encoder.
        """
        folder = model_folder(model, "GUIDEQA_RERANKER")
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # stderr is for a user's errors
        try:
            self._model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
        except Exception as error:  # a damaged folder makes each of the libraries raise something else
            raise ModelError(
                f"並べ替えのモデルが壊れています: {model}。GUIDEQA_RERANKER を確かめてください。"
            ) from error
        self._lock = Lock()  # fast tokenizers raise "Already borrowed" when two threads meet in one

    def scores(self, question: str, passages: Sequence[str], /) -> NDArray[np.float32]:
        """One score for each passage."""
        pairs = [(question, passage) for passage in passages]
        with self._lock:
            found = self._model.predict(pairs, batch_size=BATCH, show_progress_bar=False)
        return np.asarray(found, np.float32).reshape(len(passages), -1)[:, -1]


class Reranker:
    """Puts the first hits into the order of a scorer, within a budget of time."""

    def __init__(
        self,
        scorer: PairScorer,
        budget_ms: float,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`clock` tells seconds."""
        self._scorer = scorer
        self._budget = budget_ms / 1000
        self._clock = clock

    def reordered(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The hits, those first that could be read in time, by what was read.

        The places are dealt anew and the scores stay with the places: refusals and answers read them.
        """
        end = self._clock() + self._budget
        read: list[float] = []
        while len(read) < min(len(hits), DEPTH) and self._clock() < end:
            batch = hits[len(read) : min(len(read) + BATCH, DEPTH)]
            passages = [embedding_text(hit.passage) for hit in batch]
            read += self._scorer.scores(question, passages).tolist()
        order = sorted(range(len(read)), key=lambda place: -read[place])
        return [
            *(replace(hits[was], score=hits[place].score) for place, was in enumerate(order)),
            *hits[len(read) :],
        ]
