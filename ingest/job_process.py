"""The process of one job on documents: `python -m ingest.job_process JOB`, started by guideqa.documents.desk.

It waits until no other job runs, does its own, and writes down what came of it. Whatever becomes of it, the server
goes on answering from the index before.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from guideqa.documents.desk import CANCELLED, DEEDS, FILES, FOLDER, INTERRUPTED
from guideqa.documents.jobs import Job, JobKind, JobProgress, JobState, JobStore, Stage
from guideqa.errors import BusyError, GuideqaError
from guideqa.operation import audit
from guideqa.operation.logs import start_logging
from guideqa.settings import Settings, load_settings

if TYPE_CHECKING:
    from ingest.job_outcomes import Outcome

ORDER = "jobs.lock"  # whoever holds it is the job that runs
_PATIENCE_SECONDS = 3600.0  # with who writes the index from the command line
_NOTE_SECONDS = 0.3  # between two notes of one stage
_NICENESS = 10  # answers come first
_log = logging.getLogger(__name__)


class _Stopped(BaseException):
    """Somebody wants this process to end. No error, so that nothing that handles errors handles it."""


class Work:
    """One job, being done."""

    def __init__(self, settings: Settings, job: Job) -> None:
        """Nothing is done yet."""
        self._settings = settings
        self._job = job
        self._store = JobStore(settings.data_dir)
        self._folder = settings.data_dir / FOLDER / job.id  # what has been uploaded for it
        self._noted, self._noted_at = JobProgress(), 0.0
        self._may_stop = True

    def do(self) -> None:
        """Wait for its turn, do it, and write down how it ended."""
        signal.signal(signal.SIGTERM, self._stop)
        try:
            with self._in_turn():
                if self._store.begin(self._job.id):
                    self._succeed(self._outcome())
                else:
                    self._end(JobState.CANCELLED, CANCELLED)
        except _Stopped:
            is_wanted = bool(self._store.get(self._job.id).cancelled_by)
            self._end(*((JobState.CANCELLED, CANCELLED) if is_wanted else (JobState.FAILED, INTERRUPTED)))
        except GuideqaError as error:
            self._end(JobState.FAILED, self._in_words(str(error)))
        except Exception:
            _log.exception("A job on documents failed")
            self._end(JobState.FAILED, INTERRUPTED)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def watch(self, progress: JobProgress) -> None:
        """Write down how far it has come, a few times a second at the most."""
        if progress.stage is Stage.WRITING:
            self._may_stop = False
        now, is_same = time.monotonic(), progress.stage is self._noted.stage
        if is_same and progress.done != progress.total and now - self._noted_at < _NOTE_SECONDS:
            return
        self._noted, self._noted_at = progress, now
        name = self._in_words(progress.detail)
        self._store.note(self._job.id, replace(progress, detail=name))

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        with (self._settings.data_dir / ORDER).open("a") as order:
            fcntl.flock(order, fcntl.LOCK_EX)
            yield

    def _stop(self, number: int, frame: object) -> None:
        if self._may_stop:
            self._may_stop = False  # once is enough: what follows puts things in order
            raise _Stopped

    def _outcome(self) -> Outcome:
        os.nice(_NICENESS)
        from ingest.command_parts import open_pipeline
        from ingest.job_outcomes import changed, verified

        if self._job.kind is JobKind.VERIFY:
            self.watch(JobProgress(Stage.VERIFYING))
            return verified(self._settings)
        pipeline = open_pipeline(self._settings, watch=self.watch)
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return changed(self._job, pipeline, self._folder / FILES, self.watch)
            except BusyError:
                if time.monotonic() > end:
                    raise
                self.watch(JobProgress(Stage.BLOCKED))
                time.sleep(0.5)

    def _succeed(self, outcome: Outcome) -> None:
        result: dict[str, Any] = dict(outcome.result)
        if "failures" in result:
            result["failures"] = [self._in_words(failure) for failure in result["failures"]]
        self._end(JobState.DONE, self._in_words(outcome.message), result, outcome.documents)

    def _in_words(self, message: str) -> str:
        """A message without the folder where uploads lie for the moment."""
        return message.replace(f"{self._folder / FILES}{os.sep}", "")

    def _end(
        self,
        state: JobState,
        message: str,
        result: dict[str, Any] | None = None,
        documents: tuple[str, ...] = (),
    ) -> None:
        self._store.end(self._job.id, state, message, result)
        if self._settings.audit:
            log = audit.AuditLog(self._settings.data_dir / audit.FOLDER, self._settings.audit_months)
            changed = documents or self._job.subjects
            log.write(audit.Entry(self._job.caller, DEEDS[self._job.kind], state, documents=changed))


def main(job_id: str) -> None:
    """Do a job.

    Raises:
        GuideqaError: there is no such job, or it cannot be read.
    """
    settings = load_settings()
    start_logging(settings.log_format)
    Work(settings, JobStore(settings.data_dir).get(job_id)).do()


if __name__ == "__main__":
    main(sys.argv[1])
