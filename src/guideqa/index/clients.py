"""Clients of Chroma, embedded or of a server: how they are opened, and when they are closed."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit
from weakref import finalize

from guideqa.errors import SettingsError
from guideqa.index.closing import closer
from guideqa.index.holding import Hold

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.client import Client
    from chromadb.config import Settings as ChromaSettings

# Chroma counts who has a folder open, but looks and counts in two steps: one thread at a time.
_counting = Lock()


def embedded(folder: Path, user: object, hold: Hold | None) -> tuple[Client, Callable[[], None]]:
    """A client of a folder for `user`, and what closes it at once.

    Without that it is closed soon after `user` has gone; else it would stay for ever. `hold` is let go of once it
    is closed. When the process ends, what is open is left as it is: all has been written by then.
    """
    closer.start()
    with _counting:
        client = _persistent(folder)
    close = partial(_close, client, hold)
    unused = finalize(user, closer.later, close)
    unused.atexit = False

    def close_now() -> None:
        if unused.detach():
            close()

    return client, close_now


def _persistent(folder: Path) -> Client:
    import chromadb

    return cast("Client", chromadb.PersistentClient(path=str(folder), settings=_settings()))


def _close(client: Client, hold: Hold | None) -> None:
    """Close a client; only then may its folder go, which `hold` keeps as long as it is referred to."""
    with _counting:
        client.close()


@cache
def of_server(url: str) -> ClientAPI:
    """The one client of a server: Chroma never closes the connections of an HTTP client."""
    import chromadb

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"GUIDEQA_CHROMA_URL は http://ホスト:ポート の形で指定してください: {url}")
    return chromadb.HttpClient(
        host=parts.hostname,
        port=parts.port or 8000,
        ssl=parts.scheme == "https",
        settings=_settings(),
    )


def _settings() -> ChromaSettings:
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)
