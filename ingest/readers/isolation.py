"""Each file is read in a process of its own, within limits: what breaks there breaks nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from guideqa.errors import DocumentError
from ingest.source import Source, SourceFormat, SourcePage


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one document may take."""

    seconds: int = 600  # on the clock; a scan of a hundred pages takes about half of it
    processor_seconds: int = 600  # of one process: a helper of the worker has as many of its own
    memory_bytes: int = 4 * 1024**3
    file_bytes: int = 300 * 1024**2
    characters: int = 30_000_000  # 3,000 pages of Japanese have about three million


DEFAULT_LIMITS = Limits()


def read_isolated(path: Path, limits: Limits = DEFAULT_LIMITS) -> Source:
    """Read a file as `read_document` does, in another process.

    Raises:
        DocumentError: whatever `read_document` says, a limit that is exceeded, or a reader that crashed.
    """
    size = path.stat().st_size if path.is_file() else 0
    if size > limits.file_bytes:
        raise DocumentError(
            f"ファイルが大きすぎます（{size / 1024**2:.0f}MB、上限{limits.file_bytes // 1024**2}MB）: {path.name}"
        )
    with tempfile.TemporaryFile() as answer:
        command = [
            sys.executable,
            "-m",
            "ingest.readers.worker",
            str(path.resolve()),
            json.dumps(asdict(limits)),
        ]
        worker = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=answer, stderr=subprocess.PIPE, start_new_session=True
        )
        try:
            _, complaints = worker.communicate(timeout=limits.seconds)
        except subprocess.TimeoutExpired as error:
            raise _too_slow(limits.seconds, path.name) from error
        finally:
            _kill_all(worker)
        if worker.returncode == -signal.SIGXCPU:
            raise _too_slow(limits.processor_seconds, path.name)
        answer.seek(0)
        return _source(answer.read(), worker.returncode, complaints, path.name)


def _too_slow(seconds: int, name: str) -> DocumentError:
    """One message for both clocks: a busy reader runs into either first."""
    return DocumentError(f"読み取りが{seconds}秒で終わらないため、やめました: {name}")


def _kill_all(worker: subprocess.Popen[bytes]) -> None:
    """End a worker that still runs, and whatever it has started: they share a process group."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.communicate()


def _source(answer: bytes, code: int | None, complaints: bytes, name: str) -> Source:
    try:
        content: dict[str, Any] = json.loads(answer)
    except ValueError as error:
        last = complaints.decode("utf-8", "replace").strip().splitlines()[-1:]
        reason = "メモリーの上限を超えました" if b"MemoryError" in complaints else f"終了コード {code}"
        detail = f"、{last[0]}" if last and b"MemoryError" not in complaints else ""
        raise DocumentError(f"読み取りの途中で止まりました（{reason}{detail}）: {name}") from error
    if "error" in content:
        raise DocumentError(content["error"])
    pages = tuple(SourcePage(*page) for page in content["pages"])
    return Source(content["title"], pages, SourceFormat(content["format"]))
