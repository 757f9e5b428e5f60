"""How often somebody may ask: a token bucket for each key and user."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

_MAX_SUBJECTS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float  # seconds of the clock


class RateLimit:
    """Buckets that hold a minute's worth. Each process of the server has its own."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute`: how many requests; 0 for any number. `clock` gives seconds."""
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, subject: str) -> float:
        """0 where the request may be answered; else after how many seconds one may be."""
        if not self._per_minute:
            return 0.0
        now, per_second = self._clock(), self._per_minute / 60
        bucket = self._buckets.setdefault(subject, _Bucket(self._per_minute, now))
        bucket.tokens = min(self._per_minute, bucket.tokens + (now - bucket.filled_at) * per_second)
        bucket.filled_at = now
        if len(self._buckets) > _MAX_SUBJECTS:
            self._forget_the_full(now - 60)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / per_second
        bucket.tokens -= 1
        return 0.0

    def _forget_the_full(self, before: float) -> None:
        """A bucket that nobody has used for a minute is full, as a new one is."""
        self._buckets = {name: item for name, item in self._buckets.items() if item.filled_at > before}
