"""/mcp: the tools over streamable HTTP, behind the same guard as the API. Loaded when first asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from guideqa.api.middleware import ROUTE_KEY
from guideqa.api.problems import problem_of, response_of
from guideqa.assistant import Assistant

if TYPE_CHECKING:
    from starlette.applications import Starlette

PATH = "/mcp"


class McpEndpoint:
    """An ASGI application. Each request stands for itself: any worker can answer any."""

    def __init__(self, assistant: Assistant, cors_origins: str) -> None:
        """`cors_origins`: sites whose pages may call it; all other pages in browsers are refused."""
        self._assistant = assistant
        self._origins = frozenset(part.strip() for part in cors_origins.split(",") if part.strip())
        self._wanted, self._settled = asyncio.Event(), asyncio.Event()
        self._app: Starlette | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        scope[ROUTE_KEY] = PATH
        # A page of another site that has made its name mean this computer shows itself by its origin.
        origin = Headers(scope=scope).get("origin")
        if origin is not None and origin not in self._origins:
            refusal = problem_of(403, "ほかのサイトの画面から送られたため、受け付けません。", "origin")
            await response_of(refusal)(scope, receive, send)
            return
        self._wanted.set()
        await self._settled.wait()
        if self._app is None:
            await response_of(problem_of(500))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the server runs."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        """What the tools' own application opens and closes belongs in one task."""
        await self._wanted.wait()
        try:
            app = await asyncio.to_thread(self._load)
            async with app.router.lifespan_context(app):
                self._app = app
                self._settled.set()
                await asyncio.Event().wait()
        finally:
            self._app = None
            self._settled.set()

    def _load(self) -> Starlette:
        from mcp.server.transport_security import TransportSecuritySettings

        from guideqa.mcp.server import build_server

        return build_server(self._assistant).streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
