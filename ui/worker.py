"""One process of several: `python -m ui.worker DESCRIPTOR SOCKET api|chat`, started by ui.workers."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from socket import AF_UNIX, socket
from threading import Thread

from guideqa.access.rates import SharedRateLimit
from guideqa.errors import GuideqaError
from guideqa.operation.logs import start_logging
from guideqa.settings import Settings, load_settings
from ui.server import Start
from ui.workers import READY


def main(descriptor: int, chat: Path, role: str) -> None:
    """Serve until told to stop.

    Raises:
        GuideqaError: the model or the index cannot be opened.
    """
    Thread(target=_end_with_the_parent, daemon=True).start()
    settings = load_settings()
    start_logging(settings.log_format)
    if role == "chat":
        _serve_chat(settings, chat)
    else:
        _serve_api(settings, socket(fileno=descriptor), chat)


def _serve_api(settings: Settings, listener: socket, chat: Path) -> None:
    from guideqa.api.app import create_app
    from ui.remote import RemoteFrontend

    start = Start(settings, _say_ready)
    limit = SharedRateLimit(settings.rate_per_minute, chat.parent)
    app = create_app(start.assistant, settings, RemoteFrontend(chat, start.wait), limit)
    with listener:
        start.serve(app, listener)


def _serve_chat(settings: Settings, chat: Path) -> None:
    from ui.mount import chat_application
    from ui.remote import Believing

    start = Start(settings, lambda: None)
    start.wait()
    chat.unlink(missing_ok=True)
    with socket(AF_UNIX) as listener:
        listener.bind(str(chat))
        listener.listen(512)
        app = Believing(chat_application(start.assistant, settings), settings)
        _say_ready()
        start.serve(app, listener)


def _say_ready() -> None:
    print(READY, flush=True)


def _end_with_the_parent() -> None:
    """The parent holds the other end: it closes when the parent is gone, however it went."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    except GuideqaError as error:
        print(f"guideqa: {error}", file=sys.stderr)
        sys.exit(1)
