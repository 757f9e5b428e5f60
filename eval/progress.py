"""A progress bar with the time that is left; silent where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 30


class ProgressBar:
    """Draws itself on a terminal. Time left is judged from the steps of this process alone."""

    def __init__(
        self,
        label: str = "質問",
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`stream`: stderr, and only where it is a terminal, unless another is given."""
        self._label = label
        self._stream = stream or (sys.stderr if sys.stderr.isatty() else None)
        self._clock = clock
        self._first: tuple[int, float] | None = None

    def __call__(self, done: int, of: int) -> None:
        """Show how many are done, and of how many."""
        now = self._clock()
        if self._first is None:
            self._first = (done, now)
        if self._stream is None:
            return
        filled = "█" * (_WIDTH * done // of)
        end = "\n" if done == of else ""
        left = self._left(done, of, now)
        self._stream.write(f"\r{self._label} {done}/{of} |{filled:<{_WIDTH}}| 残り{left}{end}")
        self._stream.flush()

    def _left(self, done: int, of: int, now: float) -> str:
        first_done, began = self._first or (done, now)
        if done == first_done:
            return "…"
        seconds = round((now - began) / (done - first_done) * (of - done))
        return f"{seconds // 60}分{seconds % 60:02d}秒"
