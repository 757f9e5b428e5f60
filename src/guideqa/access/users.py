"""Users of the chat, in one file of the data folder: names, and argon2id hashes of their passwords."""

from __future__ import annotations

import fcntl
import json
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from guideqa.access.identity import STAFF, Identity, Kind, Scope
from guideqa.access.keys import check_name, now
from guideqa.errors import GuideqaError, InputError, NotFoundError, SettingsError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FILE = "users.json"
MIN_PASSWORD_CHARS, MAX_PASSWORD_CHARS = 8, 1000
# One check takes 64 MiB and a tenth of a second: a flood of them must not take the machine.
_CHECKS = BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class User:
    """A user, with the hash of the password."""

    name: str
    hash: str
    admin: bool
    created_at: str

    @property
    def identity(self) -> Identity:
        """Who they are and what they may do."""
        return Identity(Kind.USER, self.name, STAFF | {Scope.ADMIN} if self.admin else STAFF)


class UserStore:
    """All users. The file is replaced as a whole, so that readers see the old one or the new one."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is read or created yet."""
        self._path = data_dir / FILE
        self._read: tuple[tuple[int, int, int], dict[str, User]] | None = None

    @property
    def was_used(self) -> bool:
        """Whether there ever was a user: from then on signing in is asked for, even when none is left."""
        return self._path.exists()

    def all(self) -> dict[str, User]:
        """Users by name. Read anew only when the file has changed.

        Raises:
            SettingsError: the file is damaged or cannot be read.
        """
        try:
            status = self._path.stat()
            state = (status.st_mtime_ns, status.st_size, status.st_ino)
            if self._read is None or self._read[0] != state:
                content = json.loads(self._path.read_text(encoding="utf-8"))
                self._read = state, {name: User(name, **rest) for name, rest in content.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise SettingsError(
                f"利用者のファイルを読めません（壊れているか、権限がありません）: {self._path}"
            ) from error
        return self._read[1]

    def add(self, name: str, password: str, *, admin: bool = False) -> None:
        """A new user.

        Raises:
            InputError: name or password is off, or the name is taken.
        """
        name = folded(name)
        check_name(name)
        hashed = _hashed(password)
        with self._changing() as users:
            if name in users:
                raise InputError(
                    f"同じ名前の利用者がいます: {name}（パスワードを変えるには guideqa users passwd）"
                )
            users[name] = User(name, hashed, admin, now().isoformat())

    def change_password(self, name: str, password: str) -> None:
        """Another password; whoever is signed in with the old one is signed out.

        Raises:
            NotFoundError: there is no such user.
            InputError: the password is off.
        """
        hashed = _hashed(password)
        with self._changing() as users:
            old = _found(users, folded(name))
            users[old.name] = User(old.name, hashed, old.admin, old.created_at)

    def set_admin(self, name: str, admin: bool) -> None:
        """Let a user change documents and settings, or not any more; at once.

        Raises:
            NotFoundError: there is no such user.
        """
        with self._changing() as users:
            old = _found(users, folded(name))
            users[old.name] = replace(old, admin=admin)

    def remove(self, name: str) -> None:
        """Take a user away; they are signed out at once.

        Raises:
            NotFoundError: there is no such user.
        """
        with self._changing() as users:
            del users[_found(users, folded(name)).name]

    def verify(self, name: str, password: str) -> User | None:
        """The user, where the password is theirs. A name that is not there takes as long as a wrong password."""
        from argon2.exceptions import VerificationError

        user = self.all().get(folded(name))
        with _CHECKS:
            try:
                _hasher().verify(user.hash if user else _hash_of_nobody(), folded(password))
            except VerificationError:
                return None
        return user

    @contextmanager
    def _changing(self) -> Iterator[dict[str, User]]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                users = dict(self.all())
                yield users
                self._write(users)
        except OSError as error:
            raise GuideqaError(
                f"利用者のファイルに書き込めません（{error.strerror}）: {self._path}"
            ) from error

    def _write(self, users: dict[str, User]) -> None:
        content = {
            name: {k: v for k, v in asdict(user).items() if k != "name"} for name, user in users.items()
        }
        aside = self._path.with_name(f"{FILE}.{os.getpid()}")
        with open(
            os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, self._path)


def folded(text: str) -> str:
    """A name or password as it is compared: full-width letters are typed without noticing."""
    return unicodedata.normalize("NFKC", text)


def _found(users: dict[str, User], name: str) -> User:
    if name not in users:
        raise NotFoundError(f"利用者がいません: {name}（guideqa users list で確かめてください）")
    return users[name]


def _hashed(password: str) -> str:
    password = folded(password)
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise InputError(f"パスワードは{MIN_PASSWORD_CHARS}文字以上にしてください。")
    return _hasher().hash(password)


@cache
def _hasher() -> PasswordHasher:
    """Argon2id with the parameters that its RFC 9106 recommends where memory is scarce (64 MiB)."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _hash_of_nobody() -> str:
    return _hasher().hash("nobody has this password")
