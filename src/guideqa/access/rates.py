"""How often somebody may ask: a token bucket for each key and user, in this process or shared by several."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

_log = logging.getLogger(__name__)
SECONDS_TO_FILL = 60
_MAX_SUBJECTS = 10_000
_WAIT_SECONDS = 1.0
_FILE = "rates.sqlite"
_SCHEMA = "CREATE TABLE IF NOT EXISTS buckets (subject TEXT PRIMARY KEY, tokens REAL NOT NULL, filled_at REAL NOT NULL)"


class Limit(Protocol):
    """Says whether somebody may ask now."""

    def take(self, subject: str, /) -> float:
        """0 where the request may be answered; else after how many seconds one may be."""
        ...


@dataclass(frozen=True, slots=True)
class Bucket:
    """A minute's worth of requests that fills again with time."""

    tokens: float
    filled_at: float  # seconds of the clock

    def taken(self, per_minute: int, now: float) -> tuple[Bucket, float]:
        """The bucket after a request, and 0; or as it is, and the seconds until it holds one."""
        per_second = per_minute / SECONDS_TO_FILL
        tokens = min(per_minute, self.tokens + (now - self.filled_at) * per_second)
        if tokens < 1:
            return Bucket(tokens, now), (1 - tokens) / per_second
        return Bucket(tokens - 1, now), 0.0


class RateLimit:
    """The buckets of one process."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute`: how many requests; 0 for any number. `clock` gives seconds."""
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    def take(self, subject: str, /) -> float:
        """0 where the request may be answered; else after how many seconds one may be."""
        if not self._per_minute:
            return 0.0
        now = self._clock()
        bucket = self._buckets.get(subject, Bucket(self._per_minute, now))
        self._buckets[subject], wait = bucket.taken(self._per_minute, now)
        if len(self._buckets) > _MAX_SUBJECTS:
            self._forget_the_full(now - SECONDS_TO_FILL)
        return wait

    def _forget_the_full(self, before: float) -> None:
        """A bucket that nobody has used for a minute is full, as a new one is."""
        self._buckets = {name: item for name, item in self._buckets.items() if item.filled_at > before}


class SharedRateLimit:
    """The buckets of several processes of one computer, in a file of a folder that lasts as long as they do."""

    def __init__(self, per_minute: int, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """As of `RateLimit`; the clock must be the same in all processes, as the monotonic one is."""
        self._per_minute = per_minute
        self._path = folder / _FILE
        self._clock = clock

    def take(self, subject: str, /) -> float:
        """0 where the request may be answered; else after how many seconds one may be.

        Where the file cannot be used, the request is let through: a full disk must not silence the server.
        """
        if not self._per_minute:
            return 0.0
        try:
            return self._take(subject)
        except sqlite3.Error as error:
            _log.warning("Requests are not counted: %s", error)
            return 0.0

    def _take(self, subject: str) -> float:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")  # nobody else takes between the reading and the writing
        try:
            now = self._clock()
            found = connection.execute("SELECT tokens, filled_at FROM buckets WHERE subject = ?", [subject])
            bucket, wait = Bucket(*(found.fetchone() or (self._per_minute, now))).taken(self._per_minute, now)
            row = (subject, bucket.tokens, bucket.filled_at)
            connection.execute("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?)", row)
            connection.execute("DELETE FROM buckets WHERE filled_at < ?", [now - SECONDS_TO_FILL])
        finally:
            connection.execute("COMMIT")
        return wait

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        """Kept open: opening it takes ten times as long as counting. Nothing in it outlives the server."""
        connection = sqlite3.connect(
            self._path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=MEMORY")
        connection.execute(_SCHEMA)
        return connection
