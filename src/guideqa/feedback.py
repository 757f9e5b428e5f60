"""What readers say of an answer, kept in the data folder: it becomes a question that is tried from then on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from guideqa.database import Database
from guideqa.errors import InputError

FILE = "feedback.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    answer_id TEXT NOT NULL, verdict TEXT NOT NULL, question TEXT NOT NULL, cited TEXT NOT NULL,
    right_page TEXT, given_at TEXT NOT NULL, PRIMARY KEY (answer_id, verdict));
CREATE TABLE IF NOT EXISTS reviews (subject TEXT PRIMARY KEY, outcome TEXT NOT NULL)
"""
_SENT = """
CREATE TABLE IF NOT EXISTS sent (key TEXT PRIMARY KEY, content TEXT NOT NULL, sent_at TEXT NOT NULL)
"""


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
        self._database = Database(data_dir / FILE, _SCHEMA, "感想を記録できませんでした")

    def add(self, feedback: Feedback, key: str = "") -> None:
        """Keep it, once: the same verdict on the same answer replaces the one before.

        What was already kept under the same `key` is not kept again, even where something newer has replaced
        it since. What has been added outlives a kill -9 of the process.

        Raises:
            InputError: something else was kept under this key.
            GuideqaError: the data folder cannot be written.
        """
        right = feedback.right_page
        row = (
            feedback.answer_id,
            feedback.verdict.value,
            feedback.question,
            json.dumps([(page.document, page.label) for page in feedback.cited]),
            right and json.dumps((right.document, right.label)),
        )
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.opened() as connection:
            if key:
                content = hashlib.sha256(repr(row).encode()).hexdigest()
                connection.execute(_SENT)
                connection.execute("INSERT OR IGNORE INTO sent VALUES (?, ?, ?)", (key, content, now))
                (known,) = connection.execute("SELECT content FROM sent WHERE key = ?", (key,)).fetchone()
                if known != content:
                    raise InputError("同じ Idempotency-Key で、違う内容の感想がすでに送られています。")
                if not connection.execute("SELECT changes()").fetchone()[0]:
                    return
            connection.execute("INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?, ?)", (*row, now))

    def review(self, subject: str, outcome: str) -> None:
        """Keep what somebody who looked at a piece of feedback has made of it.

        Raises:
            GuideqaError: the data folder cannot be written.
        """
        with self._database.opened() as connection:
            connection.execute("INSERT OR REPLACE INTO reviews VALUES (?, ?)", (subject, outcome))

    def reviews(self) -> dict[str, str]:
        """What has been made of all that was looked at.

        Raises:
            GuideqaError: the file cannot be read.
        """
        if not self._database.path.exists():
            return {}
        with self._database.opened() as connection:
            return dict(connection.execute("SELECT subject, outcome FROM reviews").fetchall())

    def all(self) -> list[Feedback]:
        """Everything that has been said, oldest first.

        Raises:
            GuideqaError: the file cannot be read.
        """
        if not self._database.path.exists():
            return []
        with self._database.opened() as connection:
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
