"""The chat in another process: requests are handed on over a Unix socket that only this user can reach."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guideqa.operation.audit import Caller
from guideqa.operation.recording import RECORD, Record, Recorder, record_of
from guideqa.settings import Settings
from ui.frontend import refuse_what_is_closed
from ui.stopping import until

if TYPE_CHECKING:
    from httpx import AsyncClient

_CALLER = b"x-guideqa-caller"
# Of the connection, not of the message; or decided anew on this side.
_NOT_HANDED_ON = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"content-length", _CALLER})
_log = logging.getLogger(__name__)


class RemoteFrontend:
    """Hands on what comes, with the name of who sends it, and what is answered as it is answered."""

    def __init__(self, path: Path, check: Callable[[], None]) -> None:
        """`path`: the chat's socket. `check` is called in a thread when the server has started."""
        self._path = path
        self._check = check
        self._client: AsyncClient | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the server runs there is a client of the chat's process."""
        import httpx

        checking = asyncio.create_task(asyncio.to_thread(self._check))
        transport = httpx.AsyncHTTPTransport(uds=str(self._path), limits=httpx.Limits(max_connections=None))
        async with httpx.AsyncClient(transport=transport, base_url="http://chat", timeout=None) as client:
            self._client = client
            yield
        await checking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        refuse_what_is_closed(scope)
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        body = await _body(receive)
        await until(_left(receive), self._hand_on(scope, body, send))

    async def _hand_on(self, scope: Scope, body: bytes, send: Send) -> None:
        import httpx

        assert self._client is not None
        url = httpx.URL(path=scope["path"], query=scope["query_string"])
        headers = [*_kept(scope["headers"]), *_caller_header(scope)]
        request = self._client.build_request(scope["method"], url, headers=headers, content=body)
        try:
            answer = await self._client.send(request, stream=True)
        except httpx.TransportError as error:
            _log.error("The chat's process does not answer: %s", type(error).__name__)
            text = "画面を用意しています。少し待ってから、もう一度開いてください。APIは使えます（/docs）。"
            await PlainTextResponse(text, 503, {"Retry-After": "5"})(scope, _nothing_more, send)
            return
        try:
            length = [
                (name, value) for name, value in answer.headers.raw if name.lower() == b"content-length"
            ]
            told = [*_kept(answer.headers.raw), *length]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": told})
            async for piece in answer.aiter_raw():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            await answer.aclose()


class Believing:
    """In the chat's process: takes the sender's name from the worker, which has checked it."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """`app` is the chat."""
        self._app = app
        self._recorder = Recorder.of(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        if scope["type"] == "http":
            said = [value for name, value in scope["headers"] if name == _CALLER]
            if said:
                scope[RECORD] = Record(self._recorder, Caller(**json.loads(said[0])))
        await self._app(scope, receive, send)


def _kept(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() not in _NOT_HANDED_ON]


def _caller_header(scope: Scope) -> list[tuple[bytes, bytes]]:
    record = record_of(scope)
    return [(_CALLER, json.dumps(asdict(record.caller)).encode())] if record else []


async def _body(receive: Receive) -> bytes:
    """The whole body; the API's own guard has limited it."""
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}


async def _left(receive: Receive) -> None:
    """Until the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
