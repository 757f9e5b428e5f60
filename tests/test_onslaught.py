"""Too much at once, too slowly, too large, or after what is not theirs: it is refused or queued, and others are answered."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPResponse
from urllib.parse import urlsplit

import httpx
import pytest
from conftest import PATIENCE_SECONDS
from serving import program, served

from guideqa.api import app
from guideqa.assistant import Assistant
from guideqa.settings import Settings
from ui.listening import allow_many_connections

CONNECTIONS = 1000
TEN_MEGABYTES = 10_000_000
PAGE = b"GET /v1/documents/harukaze/pages/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def address(tiny_settings: Settings) -> Iterator[str]:
    with program(tiny_settings) as address:
        yield address


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    """Somebody else. After whatever a test has done, the server answers them."""
    with httpx.Client(base_url=address, timeout=PATIENCE_SECONDS) as client:
        yield client
        assert_is_answered(client)


def assert_is_answered(client: httpx.Client) -> None:
    answer = client.post("/v1/ask", json={"question": "星見町の里親は何世帯？"})
    assert answer.raise_for_status().json()["status"] == "answered"


@contextmanager
def connected(address: str) -> Iterator[socket.socket]:
    """A bare connection."""
    place = urlsplit(address)
    assert place.hostname
    assert place.port
    with socket.create_connection((place.hostname, place.port), PATIENCE_SECONDS) as connection:
        yield connection


def status_of(connection: socket.socket) -> int:
    """The status of what is answered; 0 where the connection is closed instead."""
    with closing(HTTPResponse(connection)) as response:
        try:
            response.begin()
        except (ConnectionError, OSError):
            return 0
        response.read()
        return response.status


def test_a_thousand_requests_on_a_thousand_connections_are_all_answered_and_nobody_waits_for_their_end(
    address: str, client: httpx.Client
) -> None:
    allow_many_connections()
    with ExitStack() as connections:
        opened = [connections.enter_context(connected(address)) for _ in range(CONNECTIONS)]
        for connection in opened:
            connection.sendall(PAGE)
        assert client.get("/healthz").status_code == 200

        assert {status_of(connection) for connection in opened} == {200}


@pytest.mark.parametrize(
    "beginning", [b"", b"POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"]
)
def test_a_thousand_connections_that_do_not_go_on_keep_nobody_else_from_an_answer(
    address: str, client: httpx.Client, beginning: bytes
) -> None:
    allow_many_connections()
    with ExitStack() as connections:
        for _ in range(CONNECTIONS):
            connections.enter_context(connected(address)).sendall(beginning)

        assert_is_answered(client)


@pytest.mark.parametrize("is_announced", [True, False])
def test_ten_megabytes_are_refused_from_many_at_once(
    address: str, client: httpx.Client, is_announced: bool
) -> None:
    length = f"Content-Length: {TEN_MEGABYTES}" if is_announced else "Transfer-Encoding: chunked"
    head = f"POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{length}\r\n\r\n".encode()
    piece = b"x" * 100_000 if is_announced else b"186a0\r\n" + b"x" * 100_000 + b"\r\n"

    def send(_: int) -> int:
        with connected(address) as connection:
            connection.sendall(head)
            try:
                for _ in range(TEN_MEGABYTES // 100_000):
                    connection.sendall(piece)
            except ConnectionError:
                pass  # the server has heard enough
            return status_of(connection)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(8))) <= {413, 0}


def test_a_body_that_does_not_arrive_in_time_is_refused(
    tiny_assistant: Assistant, tiny_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "BODY_SECONDS", 0.2)
    with served(app.create_app(tiny_assistant, tiny_settings)) as client:
        with connected(str(client.base_url)) as connection:
            connection.sendall(b"POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
            assert status_of(connection) == 408
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/documents/../../../../../etc/passwd",
        "/v1/documents/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/v1/documents/harukaze/pages/../../../../../../etc/passwd",
        "/v1/documents/harukaze/pages/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/v1/documents/harukaze/pages/..%5c..%5cetc%5cpasswd",
        "/v1/documents/harukaze/pages/%00",
        "/v1/documents/..%2f..%2foriginals/images/1",
        "/v1/documents/harukaze/images/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/v1/documents/%252e%252e%252f/pages/1",
        "/static-offline-docs/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/static-offline-docs/../../../../../../etc/passwd",
        "//etc/passwd",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../../../etc/passwd",
        "/gradio_api/proxy=file:///etc/passwd",
        "/assets/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
    ],
)
def test_no_path_leads_out_of_the_documents(address: str, client: httpx.Client, path: str) -> None:
    with connected(address) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        with closing(HTTPResponse(connection)) as response:
            response.begin()
            body = response.read()

    assert 400 <= response.status < 500
    assert b"root:" not in body
