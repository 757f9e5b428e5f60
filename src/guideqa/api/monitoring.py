"""Each request is counted, logged and, where an administrator wants it, traced; /metrics tells the sums."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from guideqa.access.gate import Gate
from guideqa.access.identity import Identity
from guideqa.access.identity import Scope as Right
from guideqa.api.guard import claim_of
from guideqa.api.middleware import IDENTITY, REQUEST_ID_KEY
from guideqa.operation.audit import Caller
from guideqa.operation.metrics import CONTENT_TYPE
from guideqa.operation.recording import RECORD, Record, Recorder

monitoring = APIRouter(tags=["運用"])


@monitoring.get(
    "/metrics",
    summary="計測値（Prometheus）",
    response_class=Response,
    responses={200: {"content": {CONTENT_TYPE: {"schema": {"type": "string"}}}}},
)
def metrics(request: Request) -> Response:
    """要求と回答の数、かかった時間、索引の古さを、Prometheusの形で返します。"""
    recorder: Recorder = request.app.state.recorder
    return Response(recorder.metrics.exposition(), media_type=CONTENT_TYPE)


class Recording:
    """Gives each request its record (`scope[RECORD]`): who asks, from where, under which id."""

    def __init__(self, app: ASGIApp, recorder: Recorder, gate: Gate) -> None:
        """`gate` knows which proxy is to be believed when it says where a request comes from."""
        self._app = app
        self._recorder = recorder
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        if scope["type"] == "http":
            address = self._gate.proxy.address(Headers(scope=scope), claim_of(scope).peer)
            who: Identity | None = scope.get(IDENTITY)
            may = who is not None and Right.ADMIN in who.scopes
            caller = Caller(str(who) if who else "", address, scope.get(REQUEST_ID_KEY, ""), may)
            scope[RECORD] = Record(self._recorder, caller)
        await self._app(scope, receive, send)
