"""The HTTP application: the API at /v1, its documentation at /docs, and whatever page is put before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Protocol

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from guideqa import __version__
from guideqa.access.gate import Gate
from guideqa.access.rates import Limit, RateLimit
from guideqa.api.cors import add_cors
from guideqa.api.document_routes import administration
from guideqa.api.guard import Guard
from guideqa.api.limits import Deadline, RateGuard
from guideqa.api.middleware import ROUTE_KEY, BodyBounds, BodyGuard, RequestRecord, SecurityHeaders
from guideqa.api.monitoring import Recording, monitoring
from guideqa.api.problems import Problem, install_handlers
from guideqa.api.routes import documents, operation, questions
from guideqa.api.signin import signin
from guideqa.api.tracing import Tracing, provider_of
from guideqa.assistant import Assistant
from guideqa.documents.desk import Desk
from guideqa.mcp.endpoint import PATH, McpEndpoint
from guideqa.operation.recording import Recorder
from guideqa.page_images import FOLDER, PageImages
from guideqa.settings import Settings

MAX_BODY_BYTES = 1_000_000
BODY_SECONDS = 30.0
UPLOAD_SECONDS = 600.0
_DESCRIPTION = (
    "行政文書への質問に、ページと引用を示して答えます。誤りは application/problem+json で返します。"
)
_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "guideqa keys create で作った鍵。権限は read（文書・検索・計測値）、ask（質問・感想）、admin（変える操作）。",
}


class Frontend(Protocol):
    """A page that answers every path that is not the API's."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        ...

    def running(self) -> AbstractAsyncContextManager[None]:
        """What must be open while the server runs."""
        ...


def create_app(
    assistant: Assistant, settings: Settings, frontend: Frontend | None = None, limit: Limit | None = None
) -> FastAPI:
    """The application over an assistant. The index need not be there yet: /readyz says so.

    `limit`: how often somebody may ask, where other processes count too.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            async with frontend.running() if frontend is not None else nullcontext(), tools.running():
                yield
        finally:
            if spans is not None:
                spans.shutdown()

    spans = provider_of(settings.otel_endpoint) if settings.otel_endpoint else None
    app = FastAPIOffline(
        title="guideqa",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
    )
    app.state.assistant, app.state.settings = assistant, settings
    app.state.desk = Desk(settings)
    app.state.images = PageImages(settings.data_dir / FOLDER)
    gate = app.state.gate = Gate.of(settings)
    recorder = app.state.recorder = Recorder.of(settings)
    for router in (questions, documents, administration, operation, monitoring, signin):
        app.include_router(router)
    tools = McpEndpoint(assistant, settings.cors_origins)
    app.router.routes.append(Route(PATH, tools, methods=["POST"]))
    if frontend is not None:
        app.router.default = _beside_the_api(frontend)
    install_handlers(app)
    uploads = BodyBounds(settings.upload_mb * 1_000_000, UPLOAD_SECONDS)
    app.add_middleware(BodyGuard, bounds=BodyBounds(MAX_BODY_BYTES, BODY_SECONDS), uploads=uploads)
    app.add_middleware(Recording, recorder=recorder, gate=gate)
    app.add_middleware(Deadline, seconds=settings.request_seconds, upload_seconds=UPLOAD_SECONDS)
    app.add_middleware(RateGuard, limit=limit or RateLimit(settings.rate_per_minute))
    opened = frozenset({"/metrics"} if settings.metrics_open else ())
    app.add_middleware(Guard, gate=gate, also_free=opened)
    add_cors(app, settings.cors_origins)
    app.add_middleware(RequestRecord, metrics=recorder.metrics)
    if spans is not None:
        app.add_middleware(Tracing, provider=spans)
    app.add_middleware(SecurityHeaders)
    _complete_description(app)
    return app


def _beside_the_api(frontend: ASGIApp) -> ASGIApp:
    """What no route of the API answers; an unknown path below /v1 is a problem, not a page.

    As the router's default, not as a mount at "/": that would swallow the API's 405.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            raise HTTPException(404)
        scope[ROUTE_KEY] = "chat"
        await frontend(scope, receive, send)

    return answer


def _complete_description(app: FastAPI) -> None:
    """Add to the OpenAPI document the problem's schema, in the place of FastAPI's own error form, and the key."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            document["components"]["securitySchemes"] = {"key": _KEY}
            document["security"] = [{"key": []}, {}]  # needed or not, as the server is set up
            schemas = document["components"]["schemas"]
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs"), Problem=problem)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
