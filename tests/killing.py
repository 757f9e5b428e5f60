"""Runs the command line in forks of a process that has imported everything, and kills it where it is told to.

`python tests/killing.py`: a request in JSON a line on stdin → the exit status in JSON a line on stdout. The
encoder is the deterministic one; no model's engine is ever loaded here, since it must not be forked.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from conftest import PATIENCE_SECONDS, REPOSITORY, environment_of, line_from

from guideqa.settings import Settings

# Steps that leave no trace in Python's audit events: they happen in libraries, or between two files.
WATCHED = (
    "ingest.adding:Shelf.of",
    "ingest.ledger:Ledger.of",
    "ingest.settling:settle",
    "guideqa.testing:BigramEncoder.encode_passages",
    "guideqa.index.vectors:VectorIndex.add",
    "guideqa.index.build_manifest:BuildManifest.write",
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A step of a command: an audit event of Python, or the `call` or `return` of a function in WATCHED."""

    event: str
    detail: str  # stands in the event's arguments
    count: int = 1  # it is the n-th such event


@dataclass(frozen=True, slots=True)
class Forks:
    """A process that runs commands in forks of itself."""

    process: subprocess.Popen[str]

    def run(self, settings: Settings, *arguments: object, kill_at: Moment | None = None) -> int:
        """The exit code of a command; minus the signal's number where it was killed."""
        assert self.process.stdin is not None
        request = {
            "environment": environment_of(settings, TMPDIR=str(settings.data_dir.parent)),
            "arguments": [str(argument) for argument in arguments],
            "kill_at": asdict(kill_at) if kill_at else None,
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return int(json.loads(line_from(self.process)))


@contextlib.contextmanager
def forks() -> Iterator[Forks]:
    """The process, for as long as the block lasts. What its commands say goes to this process's stderr."""
    tests = Path(__file__).parent
    with subprocess.Popen(
        [sys.executable, str(tests / "killing.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    ) as process:
        try:
            yield Forks(process)
            assert process.stdin is not None
            process.stdin.close()
            process.wait(PATIENCE_SECONDS)
        finally:
            process.kill()


def main() -> None:
    """Answer requests until there are no more."""
    for name in ("chromadb", "guideqa.cli", "guideqa.wiring", "ingest.pipeline", "ingest.verification"):
        importlib.import_module(name)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(run(json.loads(line)))
        _, status = os.waitpid(child, 0)
        answers.write(json.dumps(os.waitstatus_to_exitcode(status)) + "\n")
        answers.flush()


def run(request: dict[str, Any]) -> int:
    """Run one command, in a process that is given up afterwards."""
    import tempfile

    from guideqa import wiring
    from guideqa.cli import main as guideqa
    from guideqa.testing import BigramEncoder

    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None
    encoder: Any = BigramEncoder()
    wiring.open_encoder = lambda settings: encoder
    if request["kill_at"]:
        kill_at(Moment(**request["kill_at"]))
    return guideqa(request["arguments"])


def kill_at(moment: Moment) -> None:
    """End this process without warning when the moment comes."""
    for place in WATCHED:
        report_calls(place)
    seen = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event == moment.event and moment.detail in " ".join(map(str, arguments)):
            seen += 1
            if seen == moment.count:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def report_calls(place: str) -> None:
    """Make a function say when it is called and when it returns, wherever it is known by its name."""
    module, _, path = place.partition(":")
    holder = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        holder = getattr(holder, part)
    static = vars(holder)[name]
    function: Callable[..., Any] = static.__func__ if isinstance(static, classmethod) else static

    @wraps(function)
    def reporting(*positional: Any, **named: Any) -> Any:
        sys.audit("call", path)
        result = function(*positional, **named)
        sys.audit("return", path)
        return result

    replacement = classmethod(reporting) if isinstance(static, classmethod) else reporting
    setattr(holder, name, replacement)
    if not outer:
        for other in list(sys.modules.values()):
            if getattr(other, name, None) is function:
                setattr(other, name, replacement)


if __name__ == "__main__":
    main()
