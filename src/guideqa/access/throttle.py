"""Passwords cannot be tried at will: after some failures, every next one has to wait twice as long."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from guideqa.database import Database

FILE = "signin.sqlite"
FREE_FAILURES = 5
_FIRST_WAIT_SECONDS = 4.0
# Somebody who only mistyped waits no longer than this; 1,440 tries a day find no password of eight characters.
MAX_WAIT_SECONDS = 60.0
_FORGOTTEN_AFTER_SECONDS = 900.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS failures (subject TEXT PRIMARY KEY, count INTEGER NOT NULL, last REAL NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody who wants to sign in: a name, from an address."""

    name: str
    address: str

    @property
    def limits(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """What failures are counted for, and how many each may have. Many may share an address."""
        return (
            (f"user:{self.name[:64]}@{self.address}", FREE_FAILURES),
            (f"address:{self.address}", 4 * FREE_FAILURES),
        )


class Throttle:
    """Failures, in a SQLite file that all processes of the server share."""

    def __init__(self, data_dir: Path, clock: Callable[[], float] = time.time) -> None:
        """Nothing is opened or created yet. `clock` gives seconds, the same for all processes."""
        self._clock = clock
        self._database = Database(data_dir / FILE, _SCHEMA, "サインインの記録を使えません")

    def admit(self, attempt: Attempt) -> float:
        """0 where somebody may try now; else how many seconds they have to wait.

        A try counts as a failure until `succeeded`: many at the same moment are no way round.
        """
        now = self._clock()
        with self._database.opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM failures WHERE last < ?", (now - _FORGOTTEN_AFTER_SECONDS,))
            wait = max(self._wait(connection, *limit, now) for limit in attempt.limits)
            for subject, _ in attempt.limits if wait <= 0 else ():
                connection.execute(
                    "INSERT INTO failures VALUES (?, 1, ?) "
                    "ON CONFLICT (subject) DO UPDATE SET count = count + 1, last = excluded.last",
                    (subject, now),
                )
        return wait

    def succeeded(self, attempt: Attempt) -> None:
        """Forget the failures of this name from this address; of the address, only this try."""
        (user, _), (address, _) = attempt.limits
        with self._database.opened() as connection:
            connection.execute("DELETE FROM failures WHERE subject = ?", (user,))
            connection.execute("UPDATE failures SET count = count - 1 WHERE subject = ?", (address,))

    def _wait(self, connection: Connection, subject: str, free: int, now: float) -> float:
        row = connection.execute("SELECT count, last FROM failures WHERE subject = ?", (subject,)).fetchone()
        count, last = row or (0, 0.0)
        if count < free:
            return 0.0
        wait = _FIRST_WAIT_SECONDS * 2.0 ** min(count - free, 10)
        return max(0.0, float(last) + min(wait, MAX_WAIT_SECONDS) - now)
