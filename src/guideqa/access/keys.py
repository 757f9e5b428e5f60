"""Keys of programs, kept as hashes.

A key's secret is 256 random bits, so nobody can try them all, and a plain SHA-256 is the right hash: a slow one
(argon2, as passwords need) would protect nothing more and cost every request its time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from guideqa.access.identity import Identity, Kind, Scope
from guideqa.database import Database
from guideqa.errors import InputError, NotFoundError

FILE = "keys.sqlite"
MAX_NAME_CHARS = 64
_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, hash BLOB NOT NULL, scopes TEXT NOT NULL, created_at TEXT NOT NULL,
    expires_at TEXT, revoked_at TEXT, last_used_at TEXT)
"""
_COLUMNS = "id, name, scopes, created_at, expires_at, revoked_at, last_used_at"
_TOKEN = re.compile(r"gqa_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")
_NO_HASH = bytes(32)
# The time of use is kept to a minute: a write for every request would be the dearest part of it.
_USE_GRAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it can be shown: without its secret."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def is_valid(self) -> bool:
        """Neither revoked nor past its time."""
        return self.revoked_at is None and (self.expires_at is None or now() < self.expires_at)

    @property
    def identity(self) -> Identity:
        """Who uses it."""
        return Identity(Kind.KEY, self.name, self.scopes)


class KeyStore:
    """All keys, in one SQLite file that any number of processes may use."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is opened or created yet."""
        self._database = Database(data_dir / FILE, _SCHEMA, "鍵のファイルを使えません")

    @property
    def was_used(self) -> bool:
        """Whether a key was ever made: from then on keys are asked for, even when the last one is revoked."""
        return self._database.path.exists()

    def create(
        self, name: str, scopes: Iterable[Scope], expires_at: datetime | None = None
    ) -> tuple[Key, str]:
        """A new key, and the token that its holder sends. The token cannot be shown a second time.

        Raises:
            InputError: the name is empty, too long, or that of another valid key.
        """
        check_name(name)
        if any(key.name == name and key.is_valid for key in self.all()):
            raise InputError(
                f"同じ名前の鍵があります: {name}（別の名前にするか、guideqa keys revoke で無効にしてください）"
            )
        key = Key(secrets.token_hex(4), name, frozenset(scopes), now(), expires_at, None, None)
        secret = secrets.token_urlsafe(32)
        with self._database.opened() as connection:
            connection.execute(
                f"INSERT INTO keys ({_COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, NULL, NULL, ?)",
                (
                    key.id,
                    name,
                    " ".join(sorted(key.scopes)),
                    _text(key.created_at),
                    expires_at and _text(expires_at),
                    _hash(secret),
                ),
            )
        return key, f"gqa_{key.id}_{secret}"

    def all(self) -> list[Key]:
        """Every key that was made, oldest first."""
        if not self.was_used:
            return []
        with self._database.opened() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY created_at, rowid").fetchall()
        return [_key(row) for row in rows]

    def revoke(self, id_or_name: str) -> Key:
        """Let a key be valid no more.

        Raises:
            NotFoundError: there is no valid key of this ID or name.
        """
        found = [key for key in self.all() if key.is_valid and id_or_name in (key.id, key.name)]
        if not found:
            raise NotFoundError(f"有効な鍵がありません: {id_or_name}（guideqa keys list で確かめてください）")
        with self._database.opened() as connection:
            connection.execute("UPDATE keys SET revoked_at = ? WHERE id = ?", (_text(now()), found[0].id))
        return found[0]

    def check(self, token: str) -> Key | None:
        """The valid key that a token belongs to. Takes the same time wherever a token is wrong."""
        parts = _TOKEN.fullmatch(token)
        if parts is None or not self.was_used:
            return None
        with self._database.opened() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS}, hash FROM keys WHERE id = ?", (parts[1],)
            ).fetchone()
        is_right = hmac.compare_digest(_hash(parts[2]), row[-1] if row else _NO_HASH)
        key = _key(row[:-1]) if row else None
        if key is None or not is_right or not key.is_valid:
            return None
        if key.last_used_at is None or now() - key.last_used_at >= _USE_GRAIN:
            with self._database.opened() as connection:
                connection.execute("UPDATE keys SET last_used_at = ? WHERE id = ?", (_text(now()), key.id))
        return key


def check_name(name: str) -> None:
    """Refuse what could not be told apart in a log.

    Raises:
        InputError: it is empty, too long, or has spaces or signs that cannot be seen.
    """
    if not 1 <= len(name) <= MAX_NAME_CHARS or not name.isprintable() or any(map(str.isspace, name)):
        raise InputError(f"名前は、空白のない1〜{MAX_NAME_CHARS}文字にしてください: {name[:80]!r}")


def now() -> datetime:
    """This second; what is kept has no finer time."""
    return datetime.now(UTC).replace(microsecond=0)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")


def _key(row: tuple[str, str, str, str, str | None, str | None, str | None]) -> Key:
    created, expires, revoked, used = (time and datetime.fromisoformat(time) for time in row[3:7])
    assert isinstance(created, datetime)
    return Key(
        row[0],
        row[1],
        frozenset(map(Scope, row[2].split())),
        created,
        expires or None,
        revoked or None,
        used or None,
    )
