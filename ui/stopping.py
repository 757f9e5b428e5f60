"""A server that stops well: answers under way come to their end, and what never ends by itself is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from socket import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Every open page of the chat holds one of these for as long as it is open.
_HEARTBEAT = "/gradio_api/heartbeat/"


class StoppingServer(uvicorn.Server):
    """Uvicorn, but an open page of the chat does not make it wait until its patience ends."""

    def __init__(self, app: ASGIApp, **options: Any) -> None:
        """`options` are uvicorn's own."""
        self._heartbeats = Heartbeats(app)
        super().__init__(uvicorn.Config(self._heartbeats, **options))

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Take no more, and wait for what is being answered."""
        self._heartbeats.stop()
        await super().shutdown(sockets)


class Heartbeats:
    """Ends the streams that only say that the server is there."""

    def __init__(self, app: ASGIApp) -> None:
        """`app` is what answers."""
        self._app = app
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """End those that are open, and each that is still to come."""
        self._stopped.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        if scope["type"] != "http" or not scope["path"].startswith(_HEARTBEAT):
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        is_whole = await until(self._stopped.wait(), self._app(scope, receive, send_noting))
        if has_begun and not is_whole:
            await send({"type": "http.response.body"})


async def until(end: Awaitable[Any], work: Awaitable[Any]) -> bool:
    """Do the work until it is done, which is True, or until `end` comes: then it is given up."""
    working, ending = asyncio.ensure_future(work), asyncio.ensure_future(end)
    try:
        await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
            return True
        return False
    finally:
        working.cancel()
        ending.cancel()
        await asyncio.gather(working, ending, return_exceptions=True)
