"""The audit log: who, when, which pages. Never what was asked.

One file a month, one JSON object a line, appended by any number of processes: a line is one write to a file that
is open for appending, so lines never mix, and what was written before an answer went out outlives a kill -9.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from guideqa.types import PageRef

FOLDER = "audit"
_log = logging.getLogger(__name__)


class Deed(StrEnum):
    """What somebody did."""

    ASK = "ask"
    SEARCH = "search"
    PAGE = "page"
    IMAGE = "image"
    FEEDBACK = "feedback"
    HISTORY = "history"  # a conversation that had been kept was opened again
    ADD = "documents_add"
    REMOVE = "documents_remove"
    VERIFY = "index_verify"
    CANCEL = "job_cancel"
    SIGN_IN = "signin"
    SIGN_IN_FAILED = "signin_failed"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, and where it comes from."""

    who: str  # "user:山田", "key:庁内ポータル", "proxy:…", "anyone"
    address: str
    request_id: str
    may_administer: bool = False  # what the page offers them; not written down


@dataclass(frozen=True, slots=True)
class Entry:
    """A line: what somebody did, what came of it, and the pages that they were shown or the documents changed."""

    caller: Caller
    deed: Deed
    outcome: str = ""
    pages: tuple[PageRef, ...] = ()
    documents: tuple[str, ...] = ()  # ids, or names of files that are to become documents

    def line(self, at: datetime) -> bytes:
        """One line of JSON."""
        pages = [{"document": page.document_id, "page": page.label} for page in dict.fromkeys(self.pages)]
        content = {
            "at": at.isoformat(timespec="milliseconds"),
            "who": self.caller.who,
            "address": self.caller.address,
            "did": self.deed.value,
            "outcome": self.outcome,
            "pages": pages,
            "request": self.caller.request_id,
            **({"documents": self.documents} if self.documents else {}),
        }
        return (json.dumps(content, ensure_ascii=False) + "\n").encode()


class AuditLog:
    """Files of one month each in a folder; those older than `months` are deleted, none where it is 0."""

    def __init__(
        self,
        folder: Path,
        months: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        """Nothing is opened or created yet."""
        self._folder = folder
        self._months = months
        self._clock = clock
        self.failures = 0  # lines that could not be written

    def write(self, entry: Entry) -> None:
        """Append a line. Where that fails, the server says so and goes on answering."""
        at = self._clock()
        path = self._folder / f"{at:%Y-%m}.jsonl"
        try:
            if not path.exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                self._delete_before(at)
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, entry.line(at))
            finally:
                os.close(file)
        except OSError as error:
            self.failures += 1
            _log.error("The audit log cannot be written (%s): %s", error.strerror, path)

    def _delete_before(self, at: datetime) -> None:
        first_kept = (at.year * 12 + at.month - 1) - self._months
        for path in self._folder.glob("????-??.jsonl") if self._months else ():
            with suppress(ValueError, FileNotFoundError):
                year, month = map(int, path.stem.split("-"))
                if year * 12 + month - 1 < first_kept:
                    path.unlink()
