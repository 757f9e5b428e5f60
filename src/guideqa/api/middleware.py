"""What every request passes: an id, a log line without what was asked, and the last net for errors."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import traceback
from dataclasses import dataclass
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guideqa.api.problems import TooLargeError, problem_of, response_of
from guideqa.operation.logs import FIELDS
from guideqa.operation.metrics import Metrics

_log = logging.getLogger("guideqa.requests")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
IDENTITY = "guideqa.identity"  # where a request's scope holds who asks
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
REQUEST_ID = "X-Request-ID"
REQUEST_ID_KEY = "guideqa.request_id"  # where a request's scope holds it
UPLOADS = "/v1/documents"
ROUTE_KEY = "guideqa.route"  # a name for what answers, where no route of the API does


class RequestRecord:
    """Gives each request an id, logs and counts it, and turns the unforeseen into a plain 500."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """`metrics` counts."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope[REQUEST_ID_KEY] = _request_id(scope)
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
            took = time.perf_counter() - began
            self._metrics.count_request(method_of(scope), route_of(scope), status, took)
            _log_request(scope, status, took * 1000, request_id)


def _log_request(scope: Scope, status: int, milliseconds: float, request_id: str) -> None:
    path = _printable(scope["path"])
    fields = {
        "method": scope["method"],
        "path": path,
        "status": status,
        "ms": round(milliseconds, 1),
        "request": request_id,
        "who": str(scope.get(IDENTITY) or ""),
    }
    text = "%s %s %s %.0fms %s"
    _log.info(text, scope["method"], path, status, milliseconds, request_id, extra={FIELDS: fields})


def route_of(scope: Scope) -> str:
    """The route's template, never the path: Prometheus keeps a series for every value."""
    named = scope.get(ROUTE_KEY)
    return str(named or getattr(scope.get("route"), "path", "other"))


def method_of(scope: Scope) -> str:
    """The request's method; "other" for one that HTTP does not know."""
    return scope["method"] if scope["method"] in _METHODS else "other"


# Gradio evaluates its templates and writes its own styles and one script into the page; all of it is
# served from here, so that the rest can be closed: nothing is loaded from or sent to another host.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class SecurityHeaders:
    """Tells browsers to load nothing from other hosts and to show this page in no other one."""

    def __init__(self, app: ASGIApp) -> None:
        """`app` is what answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        is_api = scope["type"] == "http" and scope["path"].startswith("/v1/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if is_api:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


@dataclass(frozen=True, slots=True)
class BodyBounds:
    """How large a body may be, and how long it may take to arrive."""

    max_bytes: int
    seconds: float


def brings_files(scope: Scope) -> bool:
    """Whether a request is one that documents are uploaded with."""
    return (scope["method"], scope["path"]) == ("POST", UPLOADS)


class BodyGuard:
    """Refuses a body that is too large, whatever length it tells, or that does not arrive in time."""

    def __init__(self, app: ASGIApp, bounds: BodyBounds, uploads: BodyBounds) -> None:
        """How large a whole body may be, and how long it may take; `uploads` is for requests that bring files."""
        self._app = app
        self._bounds = bounds
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        if scope["type"] == "http":
            bounds = self._uploads if brings_files(scope) else self._bounds
            receive = self._guarded(receive, _told_length(scope), bounds)
        await self._app(scope, receive, send)

    def _guarded(self, receive: Receive, length: int, bounds: BodyBounds) -> Receive:
        """Raises HTTPException where the app reads; the app's own handler turns it into a problem."""
        deadline = time.monotonic() + bounds.seconds
        received, complete = 0, False

        async def guarded() -> Message:
            nonlocal received, complete
            if complete:  # what follows the body is only the news that the client has gone
                return await receive()
            if length > bounds.max_bytes:
                raise TooLargeError(bounds.max_bytes)
            try:
                message = await asyncio.wait_for(receive(), max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                raise HTTPException(408) from None
            received += len(message.get("body", b""))
            if received > bounds.max_bytes:
                raise TooLargeError(bounds.max_bytes)
            complete = not message.get("more_body", False)
            return message

        return guarded


def _told_length(scope: Scope) -> int:
    told = Headers(scope=scope).get("content-length", "0")
    return int(told[:18]) if told.isascii() and told.isdecimal() else 0


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
