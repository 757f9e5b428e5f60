"""Start-up: take the port, open the index in a thread, answer at once, load the chat behind it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from socket import socket
from threading import Thread
from typing import TYPE_CHECKING

from guideqa.access.gate import Gate
from guideqa.errors import GuideqaError, IndexUnavailableError
from guideqa.index.folder import IndexFolder
from guideqa.operation.logs import start_logging
from guideqa.settings import Settings
from guideqa.types import Question
from guideqa.wiring import build_assistant
from ui.listening import Address, allow_many_connections, listen

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp
    from uvicorn import Server

# Loads what the first question would otherwise wait for: dictionary, model, vector index.
_WARM_UP = "この資料には何が書かれていますか"


def serve(settings: Settings, address: Address, *, ingests: bool = False) -> None:
    """Serve until interrupted. `ingests`: an index that is missing or cannot be opened is built first.

    Raises:
        SettingsError: the address cannot be listened on, or would be open to all.
        ModelError: the encoder cannot be loaded.
        IndexUnavailableError: there is an index, but it is damaged or of another model.
    """
    Gate.of(settings).refuse_to_be_open_to_all(address.host)
    allow_many_connections()
    listener = listen(address)
    with listener:
        if settings.workers > 1:
            from ui.workers import supervise

            if ingests:
                ingest_if_missing()
            supervise(settings, listener, lambda: announce(address))
        else:
            start_logging(settings.log_format)
            start = Start(settings, lambda: announce(address), ingest_if_missing if ingests else None)
            start.serve(_application(settings, start), listener)


def ingest_if_missing() -> bool:
    """Build the index where there is none to open, in a process of its own; False where that failed, in its words.

    Where nothing else is wrong it takes two seconds to say so: one process asks only when it could not open one.
    """
    ingest = [sys.executable, "-c", "from guideqa.cli import run; run()", "ingest", "--if-missing"]
    # Its report goes where the other messages go: the first line on stdout is the address.
    return subprocess.run(ingest, stdout=sys.stderr, check=False).returncode == 0


def announce(address: Address) -> None:
    """Tell where to point the browser."""
    others = "（他のパソコンからは、このパソコンの名前かIPアドレスで）" if address.is_open_to_others else ""
    print(
        f"ブラウザーで {address.url} を開いてください{others}。終わるには Ctrl+C を押します。",
        flush=True,
    )


class Start:
    """Opens the index beside the web server's own start, and says when it can answer."""

    def __init__(
        self, settings: Settings, ready: Callable[[], None], prepare: Callable[[], bool] | None = None
    ) -> None:
        """The index is being opened from now on, in a thread; `ready` is called when it is open.

        `prepare` is called where it cannot be opened, and says whether it is worth another try.

        Raises:
            ModelError: the encoder cannot be loaded.
        """
        signal.signal(signal.SIGTERM, _end_in_good_order)
        self.assistant = build_assistant(settings)
        self._stop_seconds = settings.stop_seconds
        self._failure: GuideqaError | None = None
        self._server: Server | None = None
        self._folder = IndexFolder(settings.index_dir)
        self._ready = ready
        self._prepare = prepare
        self._thread = Thread(target=self._open, name="open-index", daemon=True)
        self._thread.start()

    def serve(self, app: ASGIApp, listener: socket) -> None:
        """Serve until interrupted.

        Raises:
            GuideqaError: the index or its model cannot be opened.
        """
        self._server = server_of(app, self._stop_seconds)
        self._server.run(sockets=[listener])
        if self._failure is not None:
            raise self._failure

    def wait(self) -> None:
        """Until the index is open, or known to be missing or broken. Then the server stops."""
        self._thread.join()
        if self._failure is not None and self._server is not None:
            self._server.should_exit = True

    def _open(self) -> None:
        try:
            self._answer_once()
        except IndexUnavailableError as error:
            if self._folder.current_name() is not None:
                self._failure = error
                return
            print(
                f"guideqa: {error} できあがれば、再起動しなくても答え始めます。", file=sys.stderr, flush=True
            )
        except GuideqaError as error:
            self._failure = error
            return
        self._ready()

    def _answer_once(self) -> None:
        try:
            self.assistant.ask(Question(_WARM_UP), written=False)
        except IndexUnavailableError:
            if self._prepare is None or not self._prepare():
                raise
            self.assistant.ask(Question(_WARM_UP), written=False)


def server_of(app: ASGIApp, stop_seconds: int) -> Server:
    """The web server of an application; told to stop, it waits so long for the answers under way."""
    from ui.patience import ImpatientProtocol
    from ui.stopping import StoppingServer

    return StoppingServer(
        app,
        http=ImpatientProtocol,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whom a request comes from is decided in one place: TrustedProxy
        timeout_graceful_shutdown=stop_seconds,
    )


def _end_in_good_order(*_: object) -> None:
    """What whoever stops a service expects: exit code 0. Uvicorn hands the signal on when it has stopped."""
    sys.exit(0)


def _application(settings: Settings, start: Start) -> FastAPI:
    from guideqa.api.app import create_app
    from ui.frontend import LateFrontend

    return create_app(start.assistant, settings, LateFrontend(lambda: _chat(settings, start)))


def _chat(settings: Settings, start: Start) -> FastAPI:
    start.wait()
    from ui.mount import chat_application

    return chat_application(start.assistant, settings)
