"""Vectors that come with a project, so that its first start embeds nothing: a small file, read only.

Each vector lies under the hash of its text and model, so a changed text or another model finds nothing here.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guideqa.encoder.protocol import Vectors

FILE = "digest-vectors.npz"
_KEY_BYTES = 32
_log = logging.getLogger(__name__)


class ShippedVectors:
    """Half-precision vectors by cache key; they come out as rows of length 1 in single precision."""

    def __init__(self, rows: dict[bytes, int], vectors: NDArray[np.float16]) -> None:
        """`rows` tells which row of `vectors`, of shape (n, dimension), belongs to a key."""
        self._rows = rows
        self._vectors = vectors

    @classmethod
    def read(cls, path: Path) -> ShippedVectors:
        """Read a file. One that is missing or damaged holds nothing, which costs time and no more."""
        if not path.is_file():
            return cls({}, np.zeros((0, 0), np.float16))
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                keys, vectors = stored["keys"], stored["vectors"]
            if keys.shape != (len(vectors), _KEY_BYTES) or keys.dtype != np.uint8 or vectors.ndim != 2:
                raise ValueError(f"unexpected shapes: {keys.shape}, {vectors.shape}")
            return cls({key.tobytes(): row for row, key in enumerate(keys)}, vectors)
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            _log.warning("付属のベクトルを読めないため、埋め込み直します: %s（%s）", path, error)
            return cls({}, np.zeros((0, 0), np.float16))

    @property
    def keys(self) -> frozenset[bytes]:
        """The keys of all vectors."""
        return frozenset(self._rows)

    def get(self, key: bytes, dimension: int) -> Vectors | None:
        """The vector of a key, shape (dimension,) and of length 1; None where there is no sound one."""
        row = self._rows.get(key)
        if row is None or self._vectors.shape[1] != dimension:
            return None
        vector: Vectors = self._vectors[row].astype(np.float32)
        norm = float(np.linalg.norm(vector))
        return vector / np.float32(norm) if 0.99 < norm < 1.01 else None


def write_shipped(path: Path, keys: Sequence[bytes], vectors: Vectors) -> None:
    """Write vectors of shape (len(keys), dimension), in the order of their keys: equal content, equal file."""
    of_key = dict(zip(keys, vectors, strict=True))
    ordered = sorted(of_key)
    stored = np.array([of_key[key] for key in ordered], np.float16)
    names = np.frombuffer(b"".join(ordered), np.uint8).reshape(-1, _KEY_BYTES)
    aside = path.with_name(f"{path.name}.new")
    with aside.open("wb") as file:
        np.savez_compressed(file, keys=names, vectors=stored)
    aside.replace(path)
