"""Spans for OpenTelemetry, where an administrator names an endpoint. A span has the route, never what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guideqa import __version__
from guideqa.api.middleware import method_of, route_of
from guideqa.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider


class Tracing:
    """A span for each HTTP request."""

    def __init__(self, app: ASGIApp, provider: TracerProvider) -> None:
        """`provider` takes the spans."""
        self._app = app
        self._tracer = provider.get_tracer("guideqa", __version__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # An exception's text may hold the question, so spans do not take it down.
        with self._tracer.start_as_current_span("http", record_exception=False) as span:

            async def send_with_status(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            try:
                await self._app(scope, receive, send_with_status)
            finally:
                method, route = method_of(scope), route_of(scope)
                span.update_name(f"{method} {route}")
                span.set_attributes({"http.request.method": method, "http.route": route})


def provider_of(endpoint: str) -> TracerProvider:
    """Sends spans to an OTLP endpoint (gRPC), in the background.

    Raises:
        SettingsError: OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise SettingsError(
            "GUIDEQA_OTEL_ENDPOINT を使うには opentelemetry-exporter-otlp-proto-grpc を入れてください。"
        ) from error
    exporter = OTLPSpanExporter(endpoint, insecure=not endpoint.startswith("https://"))
    return provider_with(BatchSpanProcessor(exporter))


def provider_with(processor: SpanProcessor) -> TracerProvider:
    """Gives spans to a processor, under the name of this program."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    resource = Resource({"service.name": "guideqa", "service.version": __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider
