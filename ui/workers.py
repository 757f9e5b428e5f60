"""Several processes on one socket: workers that answer the API, and one that holds the chat.

Gradio keeps a reader's conversation in the process that began it, so there is one process for the chat, and the
workers hand on to it what is not the API's. Each worker opens the same index, and follows each switch by itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from socket import socket
from tempfile import TemporaryDirectory
from threading import Thread

from guideqa.errors import GuideqaError
from guideqa.operation.metrics import WORKERS_FOLDER
from guideqa.settings import Settings

READY = "ready"
END_SECONDS = 5  # what a process may take when its answers have come to their end
_PAUSE_SECONDS = 1.0  # before a process that has died is started again


@dataclass(slots=True)
class _Child:
    """A process, and how to start it again."""

    command: list[str]
    descriptor: int
    environment: dict[str, str]
    process: subprocess.Popen[str] = field(init=False)
    is_ready: bool = False

    def start(self, events: Queue[_Child]) -> None:
        """Start it. It ends when this process does: its stdin closes then."""
        self.is_ready = False
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[self.descriptor],
            env=self.environment,
            text=True,
            start_new_session=True,  # Ctrl+C is for the one that stops them
        )
        Thread(target=self._listen, args=[self.process, events], daemon=True).start()

    def _listen(self, process: subprocess.Popen[str], events: Queue[_Child]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.is_ready = self.is_ready or line.strip() == READY
            events.put(self)
        process.wait()
        events.put(self)


def supervise(settings: Settings, listener: socket, announce: Callable[[], None]) -> None:
    """Serve until interrupted; a process that dies is started again. `announce` is called once all are ready.

    Raises:
        GuideqaError: a process could not start. It has said why.
    """
    events: Queue[_Child] = Queue()
    with TemporaryDirectory(prefix="guideqa-") as folder:
        children = list(_children(settings, listener, Path(folder)))
        stopping: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda got, _: stopping.append(got))
        try:
            for child in children:
                child.start(events)
            _watch(children, events, stopping, announce)
        finally:
            listener.close()  # who comes now is refused at once, and does not wait for nobody
            _stop(children, settings.stop_seconds + END_SECONDS)


def _children(settings: Settings, listener: socket, folder: Path) -> list[_Child]:
    """The chat's process, and the workers."""
    metrics = folder / "metrics"
    metrics.mkdir()
    own = {"GUIDEQA_HOST": settings.host, "GUIDEQA_PORT": str(settings.port), WORKERS_FOLDER: str(metrics)}
    command = [sys.executable, "-m", "ui.worker", str(listener.fileno()), str(folder / "chat.sock")]
    environment = dict(os.environ) | own
    return [
        _Child([*command, role], listener.fileno(), environment)
        for role in ("chat", *["api"] * settings.workers)
    ]


def _watch(
    children: list[_Child], events: Queue[_Child], stopping: list[int], announce: Callable[[], None]
) -> None:
    has_announced = False
    while not stopping:
        try:
            child = events.get(timeout=0.2)
        except Empty:
            continue
        if child.process.poll() is not None and not stopping:
            if not (child.is_ready or has_announced):
                raise GuideqaError("サーバーのプロセスを始められませんでした（理由は上にあります）。")
            time.sleep(_PAUSE_SECONDS)
            child.start(events)
        elif not has_announced and all(one.is_ready for one in children):
            has_announced = True
            announce()


def _stop(children: list[_Child], seconds: int) -> None:
    """Let all end what they are answering; what does not end in time is killed."""
    started = [child.process for child in children if hasattr(child, "process")]
    for process in started:
        process.terminate()
    end = time.monotonic() + seconds
    for process in started:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
