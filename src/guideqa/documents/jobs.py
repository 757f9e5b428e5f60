"""Jobs on documents, in one SQLite file of the data folder: every process of a server sees the same ones."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from guideqa.database import Database
from guideqa.errors import NotFoundError
from guideqa.operation.audit import Caller

FILE = "jobs.sqlite"
_KEPT = 200  # jobs; what was done longer ago stands in the audit log
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
  number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  caller TEXT NOT NULL, subjects TEXT NOT NULL, options TEXT NOT NULL, created_at REAL NOT NULL,
  ended_at REAL, process INTEGER, cancelled_by TEXT NOT NULL DEFAULT '', progress TEXT NOT NULL DEFAULT '{}',
  message TEXT NOT NULL DEFAULT '', result TEXT NOT NULL DEFAULT '{}')
"""


class JobKind(StrEnum):
    """What is to be done."""

    ADD = "add"
    REMOVE = "remove"
    VERIFY = "verify"


class JobState(StrEnum):
    """How far it has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self not in (JobState.WAITING, JobState.RUNNING)


class Stage(StrEnum):
    """What a running job is busy with."""

    STARTING = "starting"
    BLOCKED = "blocked"  # somebody else is writing the index
    READING = "reading"
    EMBEDDING = "embedding"
    WRITING = "writing"  # from here on it cannot be broken off
    VERIFYING = "verifying"


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Where a job stands: `done` of `total` files or passages; 0 of 0 where that is not counted."""

    stage: Stage = Stage.STARTING
    detail: str = ""  # the file that is being read
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is being done to the documents, or was."""

    id: str
    kind: JobKind
    caller: Caller  # who asked for it
    subjects: tuple[str, ...] = ()  # names of files, ids of documents
    options: Mapping[str, Any] = field(default_factory=dict)
    state: JobState = JobState.WAITING
    created_at: float = field(default_factory=time.time)  # seconds of the epoch
    ended_at: float | None = None
    process: int | None = None
    cancelled_by: str = ""
    progress: JobProgress = JobProgress()
    message: str = ""  # what came of it, in a sentence
    result: Mapping[str, Any] = field(default_factory=dict)


class JobStore:
    """All jobs. A job that is over never changes again."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is opened or created yet."""
        self._database = Database(data_dir / FILE, _SCHEMA, "文書の作業を記録できませんでした")

    def enter(self, job: Job) -> None:
        """A new job, which waits; the oldest that are over go."""
        values = (
            job.id,
            job.kind,
            job.state,
            _json(asdict(job.caller)),
            _json(job.subjects),
            _json(job.options),
            job.created_at,
        )
        names = "id, kind, state, caller, subjects, options, created_at"
        with self._database.opened() as connection:
            connection.execute(f"INSERT INTO jobs ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            connection.execute(
                "DELETE FROM jobs WHERE ended_at IS NOT NULL AND number <= (SELECT MAX(number) FROM jobs) - ?",
                (_KEPT,),
            )

    def get(self, job_id: str) -> Job:
        """One job.

        Raises:
            NotFoundError: there is none, or not any more.
        """
        with self._database.opened() as connection:
            connection.row_factory = sqlite3.Row
            row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"この番号の作業はありません: {job_id}")
        return _job(row)

    def latest(self, count: int) -> list[Job]:
        """The latest jobs, newest first."""
        with self._database.opened() as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute("SELECT * FROM jobs ORDER BY number DESC LIMIT ?", (count,)).fetchall()
        return [_job(row) for row in rows]

    def begin(self, job_id: str) -> bool:
        """It runs from now on; False where it is not to."""
        return self._change("state = 'running'", (), job_id, "state = 'waiting' AND cancelled_by = ''")

    def entrust(self, job_id: str, process: int) -> None:
        """Which process is to do it."""
        self._change("process = ?", (process,), job_id)

    def note(self, job_id: str, progress: JobProgress) -> None:
        """How far it has come."""
        self._change("progress = ?", (_json(asdict(progress)),), job_id, "state = 'running'")

    def ask_to_stop(self, job_id: str, who: str) -> bool:
        """Somebody does not want it any more; False where it is over."""
        return self._change("cancelled_by = ?", (who,), job_id)

    def end(
        self, job_id: str, state: JobState, message: str, result: Mapping[str, Any] | None = None
    ) -> bool:
        """It is over; False where it was already."""
        values = (state, message, _json(result or {}), time.time())
        return self._change("state = ?, message = ?, result = ?, ended_at = ?", values, job_id)

    def _change(
        self, what: str, values: tuple[Any, ...], job_id: str, where: str = "ended_at IS NULL"
    ) -> bool:
        with self._database.opened() as connection:
            changed = connection.execute(
                f"UPDATE jobs SET {what} WHERE id = ? AND {where}", (*values, job_id)
            )
            return changed.rowcount == 1


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=True)  # file names may hold what cannot be encoded


def _job(row: sqlite3.Row) -> Job:
    progress = json.loads(row["progress"])
    return Job(
        row["id"],
        JobKind(row["kind"]),
        Caller(**json.loads(row["caller"])),
        tuple(json.loads(row["subjects"])),
        json.loads(row["options"]),
        JobState(row["state"]),
        row["created_at"],
        row["ended_at"],
        row["process"],
        row["cancelled_by"],
        JobProgress(**progress | {"stage": Stage(progress["stage"])}) if progress else JobProgress(),
        row["message"],
        json.loads(row["result"]),
    )
