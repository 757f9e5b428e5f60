"""What goes wrong while an index is written, in the reader's words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from guideqa.errors import GuideqaError


@contextmanager
def write_errors() -> Iterator[None]:
    """A full or read-only disk in words: whichever library meets it first."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise GuideqaError(
            f"索引を書き込めません（{error}）。空き容量と権限を確かめてください。前の索引はそのままです。"
        ) from error
