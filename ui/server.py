"""Start-up: take the port, open the index in a thread, answer at once, load the chat behind it."""

from __future__ import annotations

import sys
from threading import Thread
from typing import TYPE_CHECKING

from guideqa.access.gate import Gate
from guideqa.assistant import Assistant
from guideqa.errors import GuideqaError, IndexUnavailableError
from guideqa.index.folder import IndexFolder
from guideqa.operation.logs import start_logging
from guideqa.settings import Settings
from guideqa.types import Question
from guideqa.wiring import build_assistant
from ui.listening import Address, listen

if TYPE_CHECKING:
    from fastapi import FastAPI
    from uvicorn import Server

# Long enough for an answer that is under way; open pages hold their connections for ever.
_GRACE_SECONDS = 5
# Loads what the first question would otherwise wait for: dictionary, model, vector index.
_WARM_UP = "この資料には何が書かれていますか"


def serve(settings: Settings, address: Address) -> None:
    """Serve until interrupted.

    Raises:
        SettingsError: the address cannot be listened on, or would be open to all.
        ModelError: the encoder cannot be loaded.
        IndexUnavailableError: there is an index, but it is damaged or of another model.
    """
    Gate.of(settings).refuse_to_be_open_to_all(address.host)
    listener = listen(address)
    start_logging(settings.log_format)
    start = Start(build_assistant(settings), IndexFolder(settings.index_dir), address)
    start.begin()
    server = _server(start.assistant, settings, start)
    start.server = server
    with listener:
        server.run(sockets=[listener])
    if start.failure is not None:
        raise start.failure


class Start:
    """Opens the index beside the web server's own start, and tells where to point the browser."""

    def __init__(self, assistant: Assistant, folder: IndexFolder, address: Address) -> None:
        """Nothing is opened yet."""
        self.assistant = assistant
        self.failure: GuideqaError | None = None
        self.server: Server | None = None
        self._folder = folder
        self._address = address
        self._thread = Thread(target=self._open, name="open-index", daemon=True)

    def begin(self) -> None:
        """Open the index in a thread of its own."""
        self._thread.start()

    def wait(self) -> None:
        """Until the index is open, or known to be missing or broken."""
        self._thread.join()
        if self.failure is not None and self.server is not None:
            self.server.should_exit = True

    def _open(self) -> None:
        try:
            self.assistant.ask(Question(_WARM_UP), written=False)
        except IndexUnavailableError as error:
            if self._folder.current_name() is not None:
                self.failure = error
                return
            print(
                f"guideqa: {error} できあがれば、再起動しなくても答え始めます。", file=sys.stderr, flush=True
            )
        except GuideqaError as error:
            self.failure = error
            return
        others = (
            "（他のパソコンからは、このパソコンの名前かIPアドレスで）"
            if self._address.is_open_to_others
            else ""
        )
        print(
            f"ブラウザーで {self._address.url} を開いてください{others}。終わるには Ctrl+C を押します。",
            flush=True,
        )


def _server(assistant: Assistant, settings: Settings, start: Start) -> Server:
    import uvicorn

    from guideqa.api.app import create_app
    from ui.frontend import LateFrontend
    from ui.patience import ImpatientProtocol

    app = create_app(assistant, settings, LateFrontend(lambda: _chat(assistant, settings, start)))
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=ImpatientProtocol,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whom a request comes from is decided in one place: TrustedProxy
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )


def _chat(assistant: Assistant, settings: Settings, start: Start) -> FastAPI:
    start.wait()
    from ui.mount import chat_application

    return chat_application(assistant, settings)
