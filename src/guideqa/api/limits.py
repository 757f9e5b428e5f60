"""How often somebody may ask, and how long an answer may take."""

from __future__ import annotations

import asyncio
import logging
import math

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guideqa.access.identity import Identity, Kind
from guideqa.access.rates import Limit
from guideqa.api.middleware import IDENTITY, brings_files
from guideqa.api.problems import problem_of, response_of

_log = logging.getLogger(__name__)


class RateGuard:
    """Answers 429 to whoever asks too often. Pictures and the parts of the page do not count."""

    def __init__(self, app: ASGIApp, limit: Limit) -> None:
        """`limit` counts."""
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        wait = self._limit.take(str(scope[IDENTITY])) if _counts(scope) else 0.0
        if wait <= 0:
            await self._app(scope, receive, send)
            return
        seconds = math.ceil(wait)
        detail = f"要求が多すぎます。{seconds}秒待ってから送ってください。"
        response = response_of(problem_of(429, detail, "rate"), {"Retry-After": str(seconds)})
        await response(scope, receive, send)


def _counts(scope: Scope) -> bool:
    identity: Identity | None = scope.get(IDENTITY)
    if scope["type"] != "http" or identity is None or identity.kind is Kind.ANYONE:
        return False
    path: str = scope["path"]
    is_picture = scope["method"] == "GET" and "/images/" in path
    return path == "/gradio_api/queue/join" or (path.startswith("/v1/") and not is_picture)


class Deadline:
    """Answers 504 where the API has not begun to answer in time. A stream that has begun may go on."""

    def __init__(self, app: ASGIApp, seconds: float, upload_seconds: float) -> None:
        """`seconds`: until an answer must have begun; `upload_seconds` where files have to arrive first."""
        self._app = app
        self._seconds = seconds
        self._upload_seconds = max(seconds, upload_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        seconds = self._upload_seconds if brings_files(scope) else self._seconds
        begun, is_late = asyncio.Event(), False

        async def send_in_time(message: Message) -> None:
            if not is_late:
                begun.set()
                await send(message)

        answering = asyncio.ensure_future(self._app(scope, receive, send_in_time))
        beginning = asyncio.ensure_future(begun.wait())
        try:
            await asyncio.wait({answering, beginning}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if answering.done() or begun.is_set():
                await answering
                return
            # What runs in a thread cannot be stopped: it ends by itself, and what it says is not sent.
            is_late = True
            answering.add_done_callback(_forget)
            await response_of(problem_of(504))(scope, receive, send)
        except asyncio.CancelledError:
            answering.cancel()
            raise
        finally:
            beginning.cancel()


def _forget(answering: asyncio.Future[None]) -> None:
    error = None if answering.cancelled() else answering.exception()
    if error is not None:
        _log.warning("A request that was given up ended in %s", type(error).__name__)
