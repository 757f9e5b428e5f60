"""What every encoder offers, and how an index names the one that it was built with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_SAMPLE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Name, dimension and fingerprint; two encoders with equal identities give interchangeable vectors."""

    name: str
    dimension: int
    fingerprint: str


class Encoder(Protocol):
    """Turns text into L2-normalised float32 vectors of shape (n, dimension)."""

    @property
    def identity(self) -> ModelIdentity:
        """The model behind the vectors."""
        ...

    def encode_queries(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of questions, shape (n, dimension)."""
        ...

    def encode_passages(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of passages, shape (n, dimension)."""
        ...


def fingerprint_of(files: Iterable[Path], *extra: str) -> str:
    """16 hex digits over names, sizes, and the first, middle and last MiB of each file.

    Hashing a whole model takes longer than starting a server with it; a changed model differs in these.
    """
    digest = hashlib.sha256("\0".join(extra).encode())
    for path in files:
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}".encode())
        with path.open("rb") as file:
            for offset in sorted({0, size // 2, max(0, size - _SAMPLE_BYTES)}):
                file.seek(offset)
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:16]
