"""Keys of programs: what each may do over HTTP, and that no file tells what they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Guideqa
from serving import served

from guideqa.access.identity import Scope
from guideqa.access.keys import FILE, KeyStore, now
from guideqa.api.app import create_app
from guideqa.assistant import Assistant
from guideqa.cli import main
from guideqa.settings import Access, Settings

QUESTION = "星見町のショートステイの利用料は1泊いくら？"
ASK: dict[str, Any] = {"method": "POST", "url": "/v1/ask", "json": {"question": QUESTION}}
CHAT: dict[str, Any] = {
    "method": "POST",
    "url": "/v1/chat/completions",
    "json": {"messages": [{"role": "user", "content": QUESTION}]},
}
SEARCH: dict[str, Any] = {"method": "POST", "url": "/v1/search", "json": {"query": "里親"}}
PAGE: dict[str, Any] = {"method": "GET", "url": "/v1/documents/harukaze/pages/3"}
MODELS: dict[str, Any] = {"method": "GET", "url": "/v1/models"}
CHANGE: dict[str, Any] = {"method": "DELETE", "url": "/v1/documents/harukaze"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def keys(data_dir: Path) -> KeyStore:
    return KeyStore(data_dir)


@pytest.fixture(scope="module")
def api(tiny_assistant: Assistant, tiny_settings: Settings, data_dir: Path) -> Iterator[httpx.Client]:
    settings = tiny_settings.model_copy(update={"data_dir": data_dir, "access": Access.REQUIRED})
    with served(create_app(tiny_assistant, settings)) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def refused(response: httpx.Response, status: int) -> str:
    """What a refusal says, in Japanese and as a problem."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    detail: str = response.json()["detail"]
    assert any("ぁ" <= character <= "ん" for character in detail)
    return detail


@pytest.mark.parametrize("request_", [ASK, CHAT, SEARCH, PAGE, MODELS, CHANGE])
def test_without_a_key_nothing_is_answered(api: httpx.Client, request_: dict[str, Any]) -> None:
    response = api.request(**request_)

    refused(response, 401)
    assert response.headers["www-authenticate"] == 'Bearer realm="guideqa"'


@pytest.mark.parametrize(
    "path", ["/docs", "/openapi.json", "/static-offline-docs/swagger-ui.css", "/v1/x", "/x"]
)
def test_the_documentation_and_what_is_not_there_are_closed_too(api: httpx.Client, path: str) -> None:
    refused(api.get(path), 401)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_whoever_watches_the_server_needs_no_key(api: httpx.Client, path: str) -> None:
    assert api.get(path).status_code == 200


@pytest.mark.parametrize(
    ("scope", "allowed", "forbidden"),
    [
        (Scope.READ, [SEARCH, PAGE, MODELS], [ASK, CHAT, CHANGE]),
        (Scope.ASK, [ASK, CHAT, MODELS], [SEARCH, PAGE, CHANGE]),
        (Scope.ADMIN, [MODELS], [ASK, CHAT, SEARCH, PAGE]),
    ],
)
def test_a_key_is_good_for_its_scope_alone(
    api: httpx.Client,
    keys: KeyStore,
    scope: Scope,
    allowed: list[dict[str, Any]],
    forbidden: list[dict[str, Any]],
) -> None:
    _, token = keys.create(f"only-{scope}", {scope})

    for request in allowed:
        assert api.request(**request, headers=bearer(token)).status_code == 200, request
    for request in forbidden:
        response = api.request(**request, headers=bearer(token))
        assert "権限" in refused(response, 403)
        assert 'error="insufficient_scope"' in response.headers["www-authenticate"]


def test_the_scope_that_is_missing_is_named(api: httpx.Client, keys: KeyStore) -> None:
    _, token = keys.create("reader", {Scope.READ})

    response = api.request(**ASK, headers=bearer(token))

    assert "ask" in refused(response, 403)
    assert 'scope="ask"' in response.headers["www-authenticate"]


@pytest.mark.parametrize("wrong", ["x", "gqa_00000000_" + "A" * 43, "é" * 60, "a b", "gqa__"])
def test_a_wrong_key_is_refused(api: httpx.Client, keys: KeyStore, wrong: str) -> None:
    response = api.get("/v1/documents", headers={"Authorization": f"Bearer {wrong}".encode()})

    refused(response, 401)
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


def test_a_key_with_another_secret_is_refused(api: httpx.Client, keys: KeyStore) -> None:
    _, token = keys.create("changed", {Scope.READ})
    changed = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")

    refused(api.get("/v1/documents", headers=bearer(changed)), 401)


def test_a_revoked_key_is_refused_from_the_next_request_on(api: httpx.Client, keys: KeyStore) -> None:
    key, token = keys.create("leaked", {Scope.READ})
    assert api.get("/v1/documents", headers=bearer(token)).status_code == 200

    keys.revoke(key.id)

    refused(api.get("/v1/documents", headers=bearer(token)), 401)


def test_a_key_past_its_time_is_refused(api: httpx.Client, keys: KeyStore) -> None:
    _, old = keys.create("old", {Scope.READ}, now() - timedelta(seconds=1))
    _, new = keys.create("new", {Scope.READ}, now() + timedelta(days=1))

    refused(api.get("/v1/documents", headers=bearer(old)), 401)
    assert api.get("/v1/documents", headers=bearer(new)).status_code == 200


def test_its_last_use_is_kept(api: httpx.Client, keys: KeyStore) -> None:
    key, token = keys.create("used", {Scope.READ})
    assert key.last_used_at is None

    api.get("/v1/documents", headers=bearer(token))

    used = next(item for item in keys.all() if item.id == key.id)
    assert used.last_used_at is not None


def test_no_file_holds_a_key_and_only_the_owner_may_read_it(keys: KeyStore, data_dir: Path) -> None:
    _, token = keys.create("secret", {Scope.READ})

    secret = token.rpartition("_")[2].encode()
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    assert (data_dir / FILE) in files
    assert not [path for path in files if secret in path.read_bytes()]
    assert (data_dir / FILE).stat().st_mode & 0o077 == 0
    with sqlite3.connect(data_dir / FILE) as connection:
        hashes = connection.execute("SELECT length(hash) FROM keys").fetchall()
    connection.close()
    assert set(hashes) == {(32,)}


def test_the_openai_client_sends_its_key(api: httpx.Client, keys: KeyStore) -> None:
    import openai

    _, token = keys.create("openai", {Scope.ASK})
    messages: Any = CHAT["json"]["messages"]
    base = f"{str(api.base_url).rstrip('/')}/v1"
    with openai.OpenAI(base_url=base, api_key=token, max_retries=0) as client:
        assert client.models.list().data[0].id == "guideqa"
        assert client.chat.completions.create(model="guideqa", messages=messages).choices
    with (
        openai.OpenAI(base_url=base, api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.chat.completions.create(model="guideqa", messages=messages)


def test_keys_are_made_listed_and_revoked_on_the_command_line(guideqa: Guideqa, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    made = guideqa(
        "keys", "create", "庁内ポータル", "--scopes", "ask", "--expires", "2999-12-31", settings=settings
    )
    token = made.out.strip()
    assert made.code == 0
    assert KeyStore(settings.data_dir).check(token)

    listed = guideqa("keys", "list", "--json", settings=settings).json
    assert [(item["name"], item["scopes"], item["valid"]) for item in listed] == [
        ("庁内ポータル", ["ask"], True)
    ]
    assert token not in guideqa("keys", "list", settings=settings).out

    assert guideqa("keys", "revoke", "庁内ポータル", settings=settings).code == 0
    assert KeyStore(settings.data_dir).check(token) is None
    assert "庁内ポータル" in guideqa("keys", "revoke", "庁内ポータル", settings=settings).refused()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["", "--scopes", "read"], "名前"),
        (["a b"], "名前"),
        (["x" * 65], "名前"),
        (["a", "--scopes", "all"], "admin"),
        (["a", "--scopes", ""], "admin"),
        (["a", "--expires", "2020-01-01"], "期限"),
        (["a", "--expires", "tomorrow"], "日付"),
    ],
)
def test_a_key_that_cannot_be_meant_is_refused_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.setenv("GUIDEQA_DATA_DIR", str(tmp_path))

    assert main(["keys", "create", *arguments]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / FILE).exists()
