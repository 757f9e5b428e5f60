"""A connection that ends when its time is over or too much has come, whatever the server goes on sending."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx

from guideqa.llm.model import Deadline

MAX_BYTES = 4_000_000
_CONNECT_SECONDS = 5.0


def bounded_client(deadline: Deadline, certificates: ssl.SSLContext) -> httpx.Client:
    """A client that heeds no proxy of the environment and follows no redirect: what is sent stays inside."""
    seconds = max(0.01, deadline.seconds_left)
    timeout = httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))
    inner = httpx.HTTPTransport(verify=certificates, trust_env=False)
    return httpx.Client(transport=_Bounded(inner, deadline), timeout=timeout, trust_env=False)


class _Bounded(httpx.BaseTransport):
    """Another transport, its responses bounded."""

    def __init__(self, inner: httpx.BaseTransport, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _BoundedStream(response.stream, self._deadline)
        return response

    def close(self) -> None:
        self._inner.close()


class _BoundedStream(httpx.SyncByteStream):
    """Signs of life that carry nothing (": ping") would otherwise keep a reader waiting for ever."""

    def __init__(self, inner: httpx.SyncByteStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        come = 0
        for piece in self._inner:
            come += len(piece)
            if self._deadline.seconds_left <= 0:
                raise httpx.ReadTimeout("The time for the whole answer is over.")
            if come > MAX_BYTES:
                raise httpx.ReadError(f"More than {MAX_BYTES:,} bytes have come.")
            yield piece

    def close(self) -> None:
        self._inner.close()
