"""Passage vectors by content and model, so that no unchanged text is embedded twice."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from guideqa.encoder.protocol import Encoder, ModelIdentity, Vectors
from guideqa.errors import GuideqaError
from guideqa.index.shipped import ShippedVectors

# Embedded and saved together: what a killed ingest loses at most.
SAVE_EVERY = 64


def cache_key(model: ModelIdentity, text: str) -> bytes:
    """SHA-256 of model and text."""
    content = f"{model.name}\0{model.dimension}\0{model.fingerprint}\0{text}"
    return hashlib.sha256(content.encode("utf-8", errors="surrogatepass")).digest()


class EmbeddingCache:
    """A SQLite file of float32 vectors, and beside it a file that came with the project."""

    def __init__(self, path: Path, shipped: Path | None = None) -> None:
        """The file at `path` is created when first used; the one at `shipped` is never written."""
        self._path = path
        self._shipped = shipped

    def embed(
        self,
        encoder: Encoder,
        texts: Sequence[str],
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> Vectors:
        """Vectors of shape (len(texts), dimension): stored ones where there are, the rest embedded and stored.

        `progress` is called with how many of the missing ones are done.

        Raises:
            GuideqaError: the file is damaged.
        """
        model = encoder.identity
        keys = [cache_key(model, text) for text in texts]
        vectors = np.zeros((len(texts), model.dimension), np.float32)
        with closing(self._connect()) as connection:
            known = dict(_stored(connection, keys))
            known |= self._found_in_shipped(set(keys) - known.keys(), model.dimension)
            missing: list[int] = []
            for number, key in enumerate(keys):
                if key in known:
                    vectors[number] = known[key]
                else:
                    missing.append(number)
            # Texts of like length share a batch, which wastes no work on padding.
            missing.sort(key=lambda number: len(texts[number]))
            for begin in range(0, len(missing), SAVE_EVERY):
                batch = missing[begin : begin + SAVE_EVERY]
                vectors[batch] = encoder.encode_passages([texts[number] for number in batch])
                rows = [(keys[number], vectors[number].tobytes()) for number in batch]
                with connection:
                    connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
                progress(begin + len(batch), len(missing))
        return vectors

    def _found_in_shipped(self, keys: Iterable[bytes], dimension: int) -> dict[bytes, Vectors]:
        wanted = list(keys)
        if self._shipped is None or not wanted:
            return {}
        shipped = ShippedVectors.read(self._shipped)
        found = ((key, shipped.get(key, dimension)) for key in wanted)
        return {key: vector for key, vector in found if vector is not None}

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
            )
        except sqlite3.OperationalError:
            connection.close()
            raise  # a full or read-only disk
        except sqlite3.DatabaseError as error:
            connection.close()
            raise GuideqaError(
                f"埋め込みの控えが壊れています（{self._path}）。このファイルを消してやり直してください。"
            ) from error
        return connection


def _stored(connection: sqlite3.Connection, keys: Sequence[bytes]) -> Iterator[tuple[bytes, Vectors]]:
    for begin in range(0, len(keys), 500):
        some = keys[begin : begin + 500]
        marks = ",".join("?" * len(some))
        query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"
        for key, vector in connection.execute(query, some):
            yield key, np.frombuffer(vector, np.float32)
