"""Conversations kept on the server, each for the one who had it, until they are old or deleted for good."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from sqlite3 import Connection

from guideqa.database import Database
from guideqa.errors import InputError, NotFoundError
from guideqa.history.records import Conversation, Exchange, KeptCitation, Listed
from guideqa.text.normalization import comparable

FILE = "conversations.sqlite"
MAX_TITLE_CHARS = 80
LISTED = 100
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, searched TEXT NOT NULL, used_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS exchanges (
    conversation TEXT NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, question TEXT NOT NULL,
    answer TEXT NOT NULL, shown TEXT NOT NULL, citations TEXT NOT NULL, searched TEXT NOT NULL,
    PRIMARY KEY (conversation, number));
CREATE INDEX IF NOT EXISTS conversations_of ON conversations (owner, used_at)
"""
_HOLDS_WORD = """
AND (instr(searched, ?) OR EXISTS (
    SELECT 1 FROM exchanges WHERE conversation = conversations.id AND instr(exchanges.searched, ?)))
"""


def _now() -> datetime:
    return datetime.now(UTC)


class ConversationStore:
    """One SQLite file, used by any number of threads and processes. Nobody is given what another one had."""

    def __init__(self, data_dir: Path, days: int, clock: Callable[[], datetime] = _now) -> None:
        """Nothing is opened or created yet. Conversations are kept for `days` after their last use; 0: none."""
        self._database = Database(data_dir / FILE, _SCHEMA, "会話の履歴を使えません")
        self._days = days
        self._clock = clock

    @property
    def is_on(self) -> bool:
        """Whether anything is kept at all."""
        return self._days > 0

    def add(self, owner: str, conversation: str, exchange: Exchange, instead_of: str = "") -> None:
        """Keep one more question with its answer; the first one begins the conversation and names it.

        `instead_of`: the id of an exchange that goes, with all that follow it. What has been added outlives a
        kill -9 of the process.

        Raises:
            NotFoundError: the conversation is somebody else's.
            GuideqaError: the data folder cannot be written.
        """
        if not self.is_on:
            return
        title = shortened(exchange.question)
        with self._database.opened() as connection:
            connection.execute(
                "INSERT INTO conversations VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
                " SET used_at = excluded.used_at WHERE owner = excluded.owner",
                (conversation, owner, title, comparable(title), self._moment()),
            )
            _check_owner(connection, owner, conversation)
            connection.execute(
                "DELETE FROM exchanges WHERE conversation = ?1 AND number >="
                " (SELECT number FROM exchanges WHERE conversation = ?1 AND id = ?2)",
                (conversation, instead_of),
            )
            connection.execute(
                "INSERT INTO exchanges SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7"
                " FROM exchanges WHERE conversation = ?1",
                (
                    conversation,
                    exchange.id,
                    _storable(exchange.question),
                    _storable(exchange.answer),
                    _storable(exchange.shown),
                    json.dumps([asdict(item) for item in exchange.citations]),
                    _storable(comparable(f"{exchange.question} {exchange.answer}")),
                ),
            )
        self.expire()

    def listed(self, owner: str, search: str = "") -> tuple[list[Listed], int]:
        """Up to `LISTED` of somebody's conversations, last used first, and how many there are.

        `search`: only those in whose title, questions or answers each of these words stands.

        Raises:
            GuideqaError: the file cannot be read.
        """
        self.expire()
        if not self._database.path.exists():
            return [], 0
        words = [word for word in map(comparable, search.split()) if word]
        where = "owner = ? " + _HOLDS_WORD * len(words)
        values = [owner, *(word for word in words for _ in range(2))]
        with self._database.opened() as connection:
            rows = connection.execute(
                f"SELECT id, title, used_at FROM conversations WHERE {where} ORDER BY used_at DESC LIMIT {LISTED}",
                values,
            ).fetchall()
            (count,) = connection.execute(
                f"SELECT count(*) FROM conversations WHERE {where}", values
            ).fetchone()
        return [Listed(key, title, datetime.fromisoformat(used)) for key, title, used in rows], count

    def get(self, owner: str, conversation: str) -> Conversation:
        """One of somebody's conversations.

        Raises:
            NotFoundError: it has been deleted, is too old, or somebody else's.
            GuideqaError: the file cannot be read.
        """
        self.expire()
        with self._database.opened() as connection:
            title = _check_owner(connection, owner, conversation)
            rows = connection.execute(
                "SELECT id, question, answer, shown, citations FROM exchanges WHERE conversation = ? ORDER BY number",
                (conversation,),
            ).fetchall()
        return Conversation(conversation, title, tuple(map(_exchange, rows)))

    def rename(self, owner: str, conversation: str, title: str) -> None:
        """Give a conversation another name.

        Raises:
            InputError: the name is empty.
            NotFoundError: there is no such conversation of this owner.
            GuideqaError: the data folder cannot be written.
        """
        short = shortened(title)
        if not short:
            raise InputError("名前が空です。会話の名前を入力してください。")
        with self._database.opened() as connection:
            connection.execute(
                "UPDATE conversations SET title = ?, searched = ? WHERE id = ? AND owner = ?",
                (short, comparable(short), conversation, owner),
            )
            _check_owner(connection, owner, conversation)
        self._database.shred()

    def forget(self, owner: str, conversation: str) -> None:
        """Delete a conversation for good: nothing of it stays in the file.

        Raises:
            NotFoundError: there is no such conversation of this owner.
            GuideqaError: the data folder cannot be written.
        """
        with self._database.opened() as connection:
            _check_owner(connection, owner, conversation)
            _delete(connection, [conversation])
        self._database.shred()

    def forget_all(self, owner: str) -> None:
        """Delete all of somebody's conversations for good.

        Raises:
            GuideqaError: the data folder cannot be written.
        """
        self._delete_where("owner = ?", owner)

    def expire(self) -> None:
        """Delete for good what is older than it may be; everything, where nothing is to be kept.

        Raises:
            GuideqaError: the data folder cannot be written.
        """
        oldest = self._clock() - timedelta(days=self._days)
        self._delete_where("used_at < ? OR ?", _text(oldest), not self.is_on)

    def _delete_where(self, condition: str, *values: object) -> None:
        if not self._database.path.exists():
            return
        with self._database.opened() as connection:
            rows = connection.execute(f"SELECT id FROM conversations WHERE {condition}", values).fetchall()
            _delete(connection, [key for (key,) in rows])
        if rows:
            self._database.shred()

    def _moment(self) -> str:
        return _text(self._clock())


def new_id() -> str:
    """An id that nobody can guess."""
    return token_hex(16)


def shortened(text: str) -> str:
    """A text as the name of a conversation: one line, and not too long."""
    printable = (character if character.isprintable() else " " for character in text)
    line = " ".join("".join(printable).split())
    return line if len(line) <= MAX_TITLE_CHARS else f"{line[: MAX_TITLE_CHARS - 1]}…"


def _storable(text: str) -> str:
    """Half a pair of surrogates, which no file can hold, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _check_owner(connection: Connection, owner: str, conversation: str) -> str:
    """The title of somebody's conversation."""
    row = connection.execute(
        "SELECT owner, title FROM conversations WHERE id = ?", (conversation,)
    ).fetchone()
    if row is None or row[0] != owner:
        raise NotFoundError("この会話は、もう残っていません。")
    title: str = row[1]
    return title


def _delete(connection: Connection, conversations: Iterable[str]) -> None:
    keys = [(key,) for key in conversations]
    connection.executemany("DELETE FROM exchanges WHERE conversation = ?", keys)
    connection.executemany("DELETE FROM conversations WHERE id = ?", keys)


def _exchange(row: tuple[str, str, str, str, str]) -> Exchange:
    key, question, answer, shown, citations = row
    kept = tuple(KeptCitation(**item) for item in json.loads(citations))
    return Exchange(key, question, answer, shown, kept)
