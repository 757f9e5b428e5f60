"""Closes what nobody uses any more, on a thread of its own.

A finalizer runs wherever Python happens to collect garbage: in any thread, in the middle of anything, perhaps under
the very lock that closing needs. There it is only noted what is to be closed.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Lock, Thread

_log = logging.getLogger(__name__)
_PATIENCE_SECONDS = 10.0


class Closer:
    """The thread, and what it has been left to close."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._owed: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._starting = Lock()
        self._thread: Thread | None = None

    def start(self) -> None:
        """See that it runs: before there is anything to close, since a finalizer must start no thread."""
        with self._starting:
            if not self._is_running():
                self._thread = Thread(target=self._run, name="guideqa-closer", daemon=True)
                self._thread.start()

    def later(self, close: Callable[[], object]) -> None:
        """Have it closed soon. Finalizers may call this: `SimpleQueue.put` never waits and can be interrupted."""
        self._owed.put(close)

    def wait(self, seconds: float = _PATIENCE_SECONDS) -> bool:
        """Until all that has been noted so far is closed; False where that takes longer than `seconds`."""
        if not self._is_running():
            return True
        is_done = Event()
        self._owed.put(is_done.set)
        return is_done.wait(seconds)

    def stop(self) -> None:
        """Close what has been noted, and end: no thread may be in Chroma's core when Python goes."""
        if self._thread is not None and self._is_running():
            self._owed.put(None)
            self._thread.join(_PATIENCE_SECONDS)

    def _is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        while (close := self._owed.get()) is not None:
            try:
                close()
            except Exception:
                _log.warning("Something that nobody uses any more cannot be closed.", exc_info=True)
            del close  # with what it refers to, before the next is waited for


closer = Closer()
atexit.register(closer.stop)
