"""The chat beside the API, loaded while the API already answers: Gradio alone takes two seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

# Gradio takes files from anybody and fetches from elsewhere; this page needs neither.
_CLOSED = ("/gradio_api/upload", "/gradio_api/proxy")
_log = logging.getLogger(__name__)


def refuse_what_is_closed(scope: Scope) -> None:
    """Raise a 404 for what the chat would do for anybody and never needs."""
    if scope["type"] == "http" and scope["path"].startswith(_CLOSED):
        raise HTTPException(404)


class LateFrontend:
    """A page that is built in a thread. Who asks for it before it is there waits."""

    def __init__(self, build: Callable[[], FastAPI]) -> None:
        """`build` makes the page's application; it is called once, when the server has started."""
        self._build = build
        self._app: FastAPI | None = None
        self._settled = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        refuse_what_is_closed(scope)
        await self._settled.wait()
        if self._app is None:
            text = "画面を用意できませんでした。管理者に知らせてください。APIは使えます（/docs）。"
            await PlainTextResponse(text, 503)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Load in the background while the server runs."""
        stopped = asyncio.Event()
        task = asyncio.create_task(self._run(stopped))
        try:
            yield
        finally:
            stopped.set()
            await task

    async def _run(self, stopped: asyncio.Event) -> None:
        """The page's own start and end belong in one task."""
        try:
            app = await asyncio.to_thread(self._build)
            async with app.router.lifespan_context(app):
                self._app = app
                self._settled.set()
                await stopped.wait()
        except Exception:
            _log.exception("The chat could not be loaded; the API goes on answering.")
        finally:
            self._settled.set()
