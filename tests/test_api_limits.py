"""How often, how long, from where: what the server does with those who ask too much of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from conftest import PATIENCE_SECONDS
from serving import served

from guideqa.access.identity import Scope
from guideqa.access.keys import KeyStore
from guideqa.access.rates import RateLimit, SharedRateLimit
from guideqa.api.app import create_app
from guideqa.assistant import Assistant
from guideqa.errors import SettingsError
from guideqa.feedback import FeedbackStore
from guideqa.settings import Access, Settings
from ui import patience

PORTAL = "https://portal.example.lg.jp"
FEEDBACK: dict[str, Any] = {"answer_id": "a", "verdict": "useful", "question": "里親は何世帯？"}


@pytest.fixture
def settings(tiny_settings: Settings, tmp_path: Path) -> Settings:
    return tiny_settings.model_copy(update={"data_dir": tmp_path, "cors_origins": PORTAL})


@pytest.fixture
def api(tiny_assistant: Assistant, settings: Settings) -> Iterator[httpx.Client]:
    with served(create_app(tiny_assistant, settings)) as client:
        yield client


def key_of(settings: Settings, name: str) -> dict[str, str]:
    """The header of a new key that may do anything."""
    return {"Authorization": f"Bearer {KeyStore(settings.data_dir).create(name, set(Scope))[1]}"}


def test_each_key_has_a_rate_of_its_own(tiny_assistant: Assistant, settings: Settings) -> None:
    limited = settings.model_copy(update={"rate_per_minute": 3})
    one, other = key_of(settings, "one"), key_of(settings, "other")
    with served(create_app(tiny_assistant, limited)) as api:
        answers = [api.get("/v1/models", headers=one) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
        assert "秒待って" in answers[-1].json()["detail"]
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert api.get("/v1/models", headers=other).status_code == 200
        assert api.get("/healthz", headers=one).status_code == 200
        picture = api.get("/v1/documents/harukaze/images/1", headers=one)
        assert picture.status_code == 404, "pictures do not count, and this document has none"


def test_where_nobody_is_told_apart_nobody_is_limited(tiny_assistant: Assistant, settings: Settings) -> None:
    with served(create_app(tiny_assistant, settings.model_copy(update={"rate_per_minute": 1}))) as api:
        assert {api.get("/v1/models").status_code for _ in range(5)} == {200}


def test_a_bucket_fills_again_with_time() -> None:
    clock = [0.0]
    limit = RateLimit(60, lambda: clock[0])
    assert [limit.take("a") for _ in range(61)] == [0.0] * 60 + [1.0]

    clock[0] = 2.0

    assert [limit.take("a") for _ in range(3)] == [0.0, 0.0, 1.0]
    assert limit.take("b") == 0
    assert RateLimit(0).take("a") == 0


def test_processes_that_share_a_folder_count_together(tmp_path: Path) -> None:
    clock = [0.0]
    one, other = (SharedRateLimit(60, tmp_path, lambda: clock[0]) for _ in range(2))

    waits = [limit.take("a") for _ in range(31) for limit in (one, other)]
    clock[0] = 2.0

    assert waits == [0.0] * 60 + [1.0] * 2
    assert [one.take("a"), other.take("a"), one.take("a")] == [0.0, 0.0, 1.0]
    assert other.take("b") == 0
    assert SharedRateLimit(0, tmp_path).take("a") == 0


def test_where_nothing_can_be_counted_nobody_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert SharedRateLimit(1, tmp_path / "nothing").take("a") == 0
    assert "not counted" in caplog.text


def test_an_answer_that_does_not_begin_in_time_is_given_up_and_the_server_goes_on(
    tiny_assistant: Assistant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Event()

    def search(*_: object) -> None:
        released.wait(PATIENCE_SECONDS)
        raise RuntimeError("nobody waits for this any more")

    monkeypatch.setattr(tiny_assistant, "search", search)
    with served(create_app(tiny_assistant, settings.model_copy(update={"request_seconds": 0.2}))) as api:
        try:
            answer = api.post("/v1/search", json={"query": "里親"})
        finally:
            released.set()

        assert answer.status_code == 504
        assert "時間内" in answer.json()["detail"]
        assert api.get("/healthz").status_code == 200


def test_only_pages_of_named_sites_may_call_the_api(api: httpx.Client) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}

    named = api.options("/v1/ask", headers={"Origin": PORTAL, **asked})
    other = api.options("/v1/ask", headers={"Origin": "https://elsewhere.example", **asked})

    assert named.headers["access-control-allow-origin"] == PORTAL
    assert "access-control-allow-credentials" not in named.headers
    assert "access-control-allow-origin" not in other.headers


def test_a_named_site_is_told_what_it_lacks(tiny_assistant: Assistant, settings: Settings) -> None:
    closed = settings.model_copy(update={"access": Access.REQUIRED})
    with served(create_app(tiny_assistant, closed)) as api:
        answer = api.get("/v1/documents", headers={"Origin": PORTAL})

    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == PORTAL


@pytest.mark.parametrize("origins", ["*", "portal.example", f"{PORTAL}/path", "ftp://x"])
def test_what_is_no_site_is_refused(tiny_assistant: Assistant, settings: Settings, origins: str) -> None:
    with pytest.raises(SettingsError, match="GUIDEQA_CORS_ORIGINS"):
        create_app(tiny_assistant, settings.model_copy(update={"cors_origins": origins}))


def test_feedback_sent_again_late_does_not_undo_what_came_after(
    api: httpx.Client, settings: Settings
) -> None:
    first, second = {"Idempotency-Key": "1"}, {"Idempotency-Key": "2"}
    corrected = FEEDBACK | {"question": "星見町の里親は何世帯？"}
    for body, key in ((FEEDBACK, first), (corrected, second), (FEEDBACK, first)):
        assert api.post("/v1/feedback", json=body, headers=key).json() == {"status": "recorded"}

    assert [item.question for item in FeedbackStore(settings.data_dir).all()] == ["星見町の里親は何世帯？"]
    assert api.post("/v1/feedback", json=corrected, headers=first).status_code == 422
    assert api.post("/v1/feedback", json=FEEDBACK, headers={"Idempotency-Key": "x" * 201}).status_code == 422


def test_a_connection_that_never_says_what_it_wants_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    monkeypatch.setattr(patience, "HEADER_SECONDS", 0.2)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def heard(beginning: bytes) -> bytes:
        config = uvicorn.Config(app, http=patience.ImpatientProtocol, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            serving = asyncio.create_task(server.serve([listener]))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(beginning)
            said = await reader.read()
            writer.close()
            await writer.wait_closed()
            server.should_exit = True
            await serving
        return said

    assert asyncio.run(heard(b"")) == b""
    assert asyncio.run(heard(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")) == b""
    whole = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert asyncio.run(heard(whole)).startswith(b"HTTP/1.1 204")
