"""How far an ingest has come."""

from __future__ import annotations

from collections.abc import Callable

from guideqa.documents.jobs import JobProgress

Progress = Callable[[int, int], None]  # passages embedded, and of how many
Watch = Callable[[JobProgress], None]  # what is being done now


class Counter:
    """Passes progress on and remembers how far it came."""

    def __init__(self, progress: Progress) -> None:
        """Nothing is done yet."""
        self.done = 0
        self._progress = progress

    def __call__(self, done: int, of: int) -> None:
        """So many are done."""
        self.done = done
        self._progress(done, of)
