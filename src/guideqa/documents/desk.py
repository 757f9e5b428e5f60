"""Where an administrator's requests are taken: each becomes a job, done by a process of its own.

That process holds a lock, inherited from whoever started it, for as long as it lives: a job that is not over and
whose lock nobody holds was interrupted, whichever process of the server looks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

from guideqa.documents.jobs import Job, JobKind, JobState, JobStore, Stage
from guideqa.documents.uploads import UploadedFile, check_room, checked_names, keep
from guideqa.errors import BusyError, GuideqaError, InputError, StorageError
from guideqa.index.holding import is_locked
from guideqa.operation.audit import FOLDER as AUDIT_FOLDER
from guideqa.operation.audit import AuditLog, Caller, Deed, Entry
from guideqa.settings import Settings

FOLDER, FILES, LOCK = "uploads", "files", "alive"
# By name, not by import: the ingest is a program around the library.
PROGRAM = "ingest.job_process"
MAX_UNFINISHED = 10
_LEFT_OVER_SECONDS = 3600
_SINGLE = {"title": "題名", "supersedes": "旧版のID"}  # what only one document can be
INTERRUPTED = "途中で止まりました（サーバーが止められたか、落ちました）。索引は壊れていません。文書の一覧を確かめ、まだならもう一度行ってください。"
CANCELLED = "取りやめました。文書と索引は前のままです。"
DEEDS = {JobKind.ADD: Deed.ADD, JobKind.REMOVE: Deed.REMOVE, JobKind.VERIFY: Deed.VERIFY}


class Desk:
    """Takes requests, tells how far they are, and breaks them off."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is read or created yet."""
        self._settings = settings
        self._store = JobStore(settings.data_dir)

    def add(self, files: Sequence[UploadedFile], options: Mapping[str, Any], caller: Caller) -> Job:
        """Read files and add their documents.

        Raises:
            DocumentError: a name or a kind of file is off.
            InputError: the description fits one document, and there are several files.
            StorageError: there is no room.
            BusyError: too much is waiting already.
        """
        names = checked_names(files)
        several = len(names) > 1 or names[0].lower().endswith(".zip")
        wrong = [label for key, label in _SINGLE.items() if options.get(key) and several]
        if wrong:
            raise InputError(f"{'と'.join(wrong)}は、文書のファイルを1つだけ選んだときに付けられます。")
        check_room(self._settings.data_dir, sum(file.size for file in files))
        job = Job(uuid4().hex, JobKind.ADD, caller, tuple(names), options)
        with self._starting(job) as folder:
            keep(files, names, folder / FILES)
        return self.job(job.id)

    def remove(self, document_id: str, caller: Caller) -> Job:
        """Take a document out.

        Raises:
            BusyError: too much is waiting already.
        """
        return self._plain(Job(uuid4().hex, JobKind.REMOVE, caller, (document_id,)))

    def verify(self, caller: Caller) -> Job:
        """Prove the index.

        Raises:
            BusyError: too much is waiting already.
        """
        return self._plain(Job(uuid4().hex, JobKind.VERIFY, caller))

    def job(self, job_id: str) -> Job:
        """One job, as it stands.

        Raises:
            NotFoundError: there is none.
        """
        return self._as_it_stands(self._store.get(job_id))

    def jobs(self, count: int) -> list[Job]:
        """The latest jobs, newest first."""
        return [self._as_it_stands(job) for job in self._store.latest(count)]

    def cancel(self, job_id: str, caller: Caller) -> Job:
        """Break a job off.

        Raises:
            NotFoundError: there is none.
            BusyError: it is over, or too far.
        """
        job = self.job(job_id)
        if job.state.is_over or not self._store.ask_to_stop(job_id, caller.who):
            raise BusyError("この作業はもう終わっています。")
        if job.progress.stage is Stage.WRITING:
            raise BusyError("索引を書き込んでいるところなので、もう取りやめられません。まもなく終わります。")
        self._enter_into_log(Entry(caller, Deed.CANCEL, job.kind.value, documents=job.subjects))
        if job.process is not None and is_locked(self._folder(job.id) / LOCK):
            with suppress(ProcessLookupError):
                os.kill(job.process, signal.SIGTERM)
        return self.job(job_id)

    def _plain(self, job: Job) -> Job:
        with self._starting(job):
            pass
        return self.job(job.id)

    @contextmanager
    def _starting(self, job: Job) -> Iterator[Path]:
        """The job's folder, to be filled; then the job is entered and its process started."""
        unfinished = [item for item in self.jobs(4 * MAX_UNFINISHED) if not item.state.is_over]
        if len(unfinished) >= MAX_UNFINISHED:
            raise BusyError(
                f"{len(unfinished)}件の作業が待っています。終わってから、もう一度行ってください。"
            )
        self._tidy_up()
        folder = self._folder(job.id)
        lock = _locked(folder)
        try:
            yield folder
            self._store.enter(job)
            self._enter_into_log(Entry(job.caller, DEEDS[job.kind], "accepted", documents=job.subjects))
            self._start(job, lock)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            os.close(lock)

    def _start(self, job: Job, lock: int) -> None:
        """Start the process, which inherits the lock and outlives this server if need be."""
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", PROGRAM, job.id],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[lock],
                env=dict(os.environ) | _environment_of(self._settings),
                start_new_session=True,
            )
        except OSError as error:
            self._store.end(job.id, JobState.FAILED, f"作業を始められませんでした（{error.strerror}）。")
            shutil.rmtree(self._folder(job.id), ignore_errors=True)
            return
        self._store.entrust(job.id, process.pid)
        Thread(target=process.wait, name=f"job-{job.id[:8]}", daemon=True).start()

    def _as_it_stands(self, job: Job) -> Job:
        """The job; one whose process has gone without a word is over."""
        if job.state.is_over or is_locked(self._folder(job.id) / LOCK):
            return job
        job = self._store.get(job.id)  # it may have ended just now, and then let go
        if job.state.is_over:
            return job
        state = JobState.CANCELLED if job.cancelled_by else JobState.FAILED
        message = CANCELLED if job.cancelled_by else INTERRUPTED
        with suppress(GuideqaError):  # on a full disk it is told all the same
            if self._store.end(job.id, state, message):
                self._enter_into_log(Entry(job.caller, DEEDS[job.kind], state, documents=job.subjects))
        shutil.rmtree(self._folder(job.id), ignore_errors=True)
        return replace(job, state=state, message=message, ended_at=time.time())

    def _tidy_up(self) -> None:
        """What a server that was killed while it took files has left."""
        root = self._settings.data_dir / FOLDER
        for folder in root.iterdir() if root.is_dir() else ():
            with suppress(OSError):
                is_old = time.time() - folder.stat().st_mtime > _LEFT_OVER_SECONDS
                if is_old and not is_locked(folder / LOCK):
                    shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, job_id: str) -> Path:
        return self._settings.data_dir / FOLDER / job_id

    def _enter_into_log(self, entry: Entry) -> None:
        if self._settings.audit:
            AuditLog(self._settings.data_dir / AUDIT_FOLDER, self._settings.audit_months).write(entry)


def _locked(folder: Path) -> int:
    """A job's new folder; the descriptor of the lock in it, held from now on."""
    try:
        folder.mkdir(parents=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StorageError(
            f"データのフォルダーに書き込めません（{error.strerror}）。空き容量と権限を確かめてください。"
        ) from error
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _environment_of(settings: Settings) -> dict[str, str]:
    """What the process must agree on with the server, however that got its settings."""
    names = ("data_dir", "corpus_dir", "model", "threads", "chroma_url", "audit", "audit_months")
    return {f"GUIDEQA_{name.upper()}": str(getattr(settings, name)) for name in names}
