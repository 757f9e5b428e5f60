"""Fakes that mean something, for tests of guideqa and of programs that build on it."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from guideqa.encoder.protocol import ModelIdentity, Vectors
from guideqa.text.normalization import comparable


class BigramEncoder:
    """An encoder without a model: texts that share pairs of characters have vectors that lie close.

    Deterministic, and fast enough to index a whole book in a test. It knows no synonyms.
    """

    def __init__(self, name: str = "bigrams", dimension: int = 256) -> None:
        """`name` and `dimension` go into its identity, so that two of them can be told apart."""
        self.identity = ModelIdentity(name, dimension, "0" * 16)

    def encode_queries(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of questions, shape (n, dimension)."""
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of passages, shape (n, dimension)."""
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.identity.dimension), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            folded = comparable(text)
            for pair in zip(f" {folded}", f"{folded} ", strict=True):
                row[crc32("".join(pair).encode()) % len(row)] += 1
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        normalised: Vectors = vectors / np.maximum(norms, 1e-9)
        return normalised
