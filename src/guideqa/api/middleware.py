"""What every request passes: an id, a log line without what was asked, and the last net for errors."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import traceback
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guideqa.api.problems import problem_of, response_of

_log = logging.getLogger("guideqa.requests")
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
REQUEST_ID = "X-Request-ID"


class RequestRecord:
    """Gives each request an id, logs method, path and status, and turns the unforeseen into a plain 500."""

    def __init__(self, app: ASGIApp) -> None:
        """`app` is what answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        began = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            _log_unforeseen(error, request_id)
            if status:
                raise ConnectionAbortedError(request_id) from None
            await response_of(problem_of(500))(scope, receive, send_with_id)
        finally:
            took = (time.perf_counter() - began) * 1000
            _log.info(
                "%s %s %s %.0fms %s", scope["method"], _printable(scope["path"]), status, took, request_id
            )


class BodyDeadline:
    """Refuses a request body that does not arrive in time: a slow sender must not hold a place for ever."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        """`seconds`: how long a whole body may take."""
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline = time.monotonic() + self._seconds
        complete = False

        async def receive_in_time() -> Message:
            nonlocal complete
            if complete:  # what follows the body is only the news that the client has gone
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                raise HTTPException(408) from None
            complete = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        await self._app(scope, receive_in_time, send)


def _request_id(scope: Scope) -> str:
    """The client's own id where it is harmless, else a new one."""
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if _CLIENT_ID.fullmatch(given) else uuid4().hex


def _log_unforeseen(error: Exception, request_id: str) -> None:
    """Where it happened, not its message: that may hold what was asked."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("Unforeseen %s in request %s\n%s", type(error).__name__, request_id, frames)


def _printable(path: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in path[:200])
