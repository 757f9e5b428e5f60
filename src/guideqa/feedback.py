"""What readers say of an answer, kept in the data folder: it becomes a question that is tried from then on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from guideqa.errors import GuideqaError

FILE = "feedback.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    answer_id TEXT NOT NULL, verdict TEXT NOT NULL, question TEXT NOT NULL, cited TEXT NOT NULL,
    right_page TEXT, given_at TEXT NOT NULL, PRIMARY KEY (answer_id, verdict))
"""
_WAIT_SECONDS = 10


class Verdict(StrEnum):
    """What a reader found."""

    USEFUL = "useful"
    WRONG = "wrong"
    WRONG_PAGE = "wrong_page"

    @property
    def label(self) -> str:
        """The word that the interface shows."""
        return {"useful": "役に立った", "wrong": "違う", "wrong_page": "ページが違う"}[self.value]


@dataclass(frozen=True, slots=True)
class PagePlace:
    """A page as a reader names it: by its document and its printed number."""

    document: str
    label: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's verdict on one answer; `right_page` is where the answer stands, where the reader knows."""

    answer_id: str
    verdict: Verdict
    question: str
    cited: tuple[PagePlace, ...] = ()
    right_page: PagePlace | None = None


class FeedbackStore:
    """One SQLite file, written by any number of threads and processes."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is opened or created yet."""
        self._path = data_dir / FILE

    def add(self, feedback: Feedback) -> None:
        """Keep it, once: the same verdict on the same answer replaces the one before.

        What has been added outlives a kill -9 of the process.

        Raises:
            GuideqaError: the data folder cannot be written.
        """
        with self._connection() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?, ?)",
                (
                    feedback.answer_id,
                    feedback.verdict.value,
                    feedback.question,
                    json.dumps([(page.document, page.label) for page in feedback.cited]),
                    feedback.right_page
                    and json.dumps((feedback.right_page.document, feedback.right_page.label)),
                    datetime.now(UTC).isoformat(timespec="seconds"),
                ),
            )

    def all(self) -> list[Feedback]:
        """Everything that has been said, oldest first.

        Raises:
            GuideqaError: the file cannot be read.
        """
        if not self._path.exists():
            return []
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT answer_id, verdict, question, cited, right_page FROM feedback ORDER BY given_at, rowid"
            ).fetchall()
        return [
            Feedback(
                answer_id,
                Verdict(verdict),
                question,
                tuple(PagePlace(*page) for page in json.loads(cited)),
                PagePlace(*json.loads(right_page)) if right_page else None,
            )
            for answer_id, verdict, question, cited, right_page in rows
        ]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=_WAIT_SECONDS)
            try:
                with connection:
                    connection.execute(_SCHEMA)
                    yield connection
            finally:
                connection.close()
        except (OSError, sqlite3.Error) as error:
            raise GuideqaError(f"感想を記録できませんでした（{self._path}）: {error}") from error
