"""A SQLite file in the data folder, shared by threads and processes. What is committed outlives a kill -9."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from guideqa.errors import GuideqaError

_WAIT_SECONDS = 10
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Database:
    """One file with its tables, and what to say when it cannot be used."""

    path: Path
    schema: str  # CREATE TABLE IF NOT EXISTS …; several statements are separated by semicolons
    failure: str  # e.g. "感想を記録できませんでした"

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end of the block, or rolled back where it fails.

        Raises:
            GuideqaError: the file cannot be read or written.
        """
        try:
            connection = self._connect()
            try:
                with connection:
                    for statement in self.schema.split(";"):
                        connection.execute(statement)
                    yield connection
            finally:
                connection.close()
        except (OSError, sqlite3.Error) as error:
            raise GuideqaError(f"{self.failure}（{self.path}）: {error}") from error

    def shred(self) -> None:
        """After a deletion: let nothing of it stay in the write-ahead log either.

        Where somebody is reading at this moment, it stays until the next time.

        Raises:
            GuideqaError: the file cannot be read or written.
        """
        with self.opened() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _connect(self) -> sqlite3.Connection:
        """New files can be read by their owner only, and by readers while somebody writes (WAL)."""
        is_new = not self.path.exists()
        if is_new:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(_OWNER_ONLY)
        connection = sqlite3.connect(self.path, timeout=_WAIT_SECONDS)
        connection.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten
        if is_new:
            with suppress(sqlite3.OperationalError):  # another process is doing the same at this moment
                connection.execute("PRAGMA journal_mode=WAL")
        return connection
