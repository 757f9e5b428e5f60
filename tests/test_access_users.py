"""Signing in to the chat: over HTTP, as a browser does it, and from the command line."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import PATIENCE_SECONDS, Guideqa
from serving import free_port, served
from starlette.responses import PlainTextResponse

from guideqa.access.gate import Gate
from guideqa.access.proxy import TrustedProxy
from guideqa.access.sessions import COOKIE, Sessions
from guideqa.access.throttle import FREE_FAILURES, MAX_WAIT_SECONDS, Attempt, Throttle
from guideqa.access.users import FILE, UserStore
from guideqa.api.app import create_app
from guideqa.assistant import Assistant
from guideqa.cli import main
from guideqa.errors import SettingsError
from guideqa.settings import Access, Settings

NAME, PASSWORD = "山田", "はるかぜ-2026"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def users_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of one user; made once, because a hash is slow on purpose."""
    folder = tmp_path_factory.mktemp("users")
    UserStore(folder).add(NAME, PASSWORD)
    return (folder / FILE).read_bytes()


@pytest.fixture
def settings(tmp_path: Path, tiny_settings: Settings, users_file: bytes) -> Settings:
    (tmp_path / FILE).write_bytes(users_file)
    return tiny_settings.model_copy(update={"data_dir": tmp_path})


@pytest.fixture
def api(tiny_assistant: Assistant, settings: Settings) -> Iterator[httpx.Client]:
    with served(create_app(tiny_assistant, settings)) as client:
        yield client


def sign_in(client: httpx.Client, name: str = NAME, password: str = PASSWORD, **more: str) -> httpx.Response:
    """Fill in the form as it is shown."""
    page = client.get("/signin", params={"next": more.pop("next", "/")})
    fields = dict(re.findall(r'name="(token|next)" value="([^"]*)"', page.text))
    return client.post("/signin", data={**fields, "user": name, "password": password, **more})


def test_a_user_signs_in_and_may_ask_and_read_until_they_sign_out(api: httpx.Client) -> None:
    assert api.get("/v1/documents").status_code == 401

    answered = sign_in(api, next="/docs")

    assert (answered.status_code, answered.headers["location"]) == (303, "/docs")
    cookie = next(value for value in answered.headers.get_list("set-cookie") if value.startswith(COOKIE))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Max-Age=43200" in cookie
    assert "Secure" not in cookie
    assert api.get("/v1/documents").status_code == 200
    assert api.post("/v1/ask", json={"question": "里親は何世帯？"}).status_code == 200
    assert api.delete("/v1/documents/harukaze").status_code == 403

    assert NAME in api.get("/signout").text
    assert api.post("/signout").status_code == 303
    assert api.get("/v1/documents").status_code == 401


def test_full_width_typing_is_the_same_name_and_password(api: httpx.Client) -> None:
    assert sign_in(api, password="はるかぜ－２０２６").status_code == 303


@pytest.mark.parametrize(("name", "password"), [(NAME, "wrong-password"), ("鈴木", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_are_told_the_same(
    api: httpx.Client, name: str, password: str
) -> None:
    answered = sign_in(api, name, password)

    assert answered.status_code == 401
    assert "名前かパスワードが違います。" in answered.text
    assert 'role="alert"' in answered.text
    assert api.get("/v1/documents").status_code == 401


def test_after_some_failures_even_the_right_password_has_to_wait(
    api: httpx.Client, settings: Settings
) -> None:
    later = Throttle(settings.data_dir, lambda: time.time() + 600)
    waits = [later.admit(Attempt(NAME, "127.0.0.1")) for _ in range(FREE_FAILURES)]

    answered = sign_in(api)

    assert waits == [0] * FREE_FAILURES
    assert answered.status_code == 429
    assert int(answered.headers["retry-after"]) >= 1
    assert "秒" in answered.text


def test_each_failure_more_waits_twice_as_long_and_success_forgets_them(tmp_path: Path) -> None:
    clock = [1000.0]
    throttle = Throttle(tmp_path, lambda: clock[0])
    attempt, other = Attempt(NAME, "192.0.2.1"), Attempt("鈴木", "192.0.2.1")
    waits = []
    for _ in range(FREE_FAILURES + 7):
        waits.append(throttle.admit(attempt))
        if waits[-1]:
            clock[0] += waits[-1]
            throttle.admit(attempt)

    assert waits == [0] * FREE_FAILURES + [4, 8, 16, 32, MAX_WAIT_SECONDS, MAX_WAIT_SECONDS, MAX_WAIT_SECONDS]
    assert throttle.admit(other) == 0, "another name from the same address"
    clock[0] += MAX_WAIT_SECONDS
    assert throttle.admit(attempt) == 0
    throttle.succeeded(attempt)
    assert throttle.admit(attempt) == 0


def test_a_form_that_was_not_shown_to_this_browser_is_not_taken(api: httpx.Client) -> None:
    fields = {"user": NAME, "password": PASSWORD, "next": "/"}
    token = re.search(
        r'name="token" value="([^"]*)"', httpx.get(f"{api.base_url}/signin", timeout=PATIENCE_SECONDS).text
    )
    assert token

    for given in ({}, {"token": "x"}, {"token": token[1]}):
        answered = api.post("/signin", data={**fields, **given})
        assert answered.status_code == 403
        assert COOKIE not in api.cookies


@pytest.fixture
def signed_in(api: httpx.Client, settings: Settings) -> httpx.Client:
    """A client with the cookie that signing in gives; without the slow check of the password."""
    users = UserStore(settings.data_dir)
    api.cookies[COOKIE] = Sessions(settings.data_dir, users, 3600).begin(users.all()[NAME])
    return api


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_what_another_site_makes_a_browser_send_is_not_taken(
    signed_in: httpx.Client, headers: dict[str, str]
) -> None:
    answered = signed_in.post("/v1/ask", json={"question": "里親は何世帯？"}, headers=headers)

    assert answered.status_code == 403
    assert signed_in.post("/signout", headers=headers).headers["location"] == "/"
    assert signed_in.get("/v1/documents").status_code == 200


def test_signing_in_leads_to_no_other_site(api: httpx.Client) -> None:
    for elsewhere in (
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
    ):
        page = api.get("/signin", params={"next": elsewhere})
        assert 'name="next" value="/"' in page.text
    assert sign_in(api, next="//elsewhere.example").headers["location"] == "/"


def test_what_is_typed_never_becomes_a_part_of_the_page(api: httpx.Client) -> None:
    canary = '/"><script>window.canary=1</script>'
    page = api.get("/signin", params={"next": canary})
    failed = sign_in(api, name=canary, password="wrong-password", next=canary)

    assert "<script" not in page.text + failed.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_an_opened_page_leads_to_the_form_and_a_program_gets_a_problem(api: httpx.Client) -> None:
    page = api.get("/docs", headers=HTML)

    assert (page.status_code, page.headers["location"]) == (303, "/signin?next=/docs")
    assert api.get("/v1/documents", headers=HTML).status_code == 401
    assert api.post("/x", headers=HTML).status_code == 401


def test_a_changed_cookie_signs_nobody_in(signed_in: httpx.Client) -> None:
    value = signed_in.cookies[COOKIE]
    signed_in.cookies.clear()

    for spoilt in (value + "0", "x" + value, value.rpartition(".")[0], ""):
        sent = {"Cookie": f"{COOKIE}={spoilt}"}
        assert signed_in.get("/v1/documents", headers=sent).status_code == 401
    beside = {"Cookie": f"a b; x={{}}; {COOKIE}={value}"}
    assert signed_in.get("/v1/documents", headers=beside).status_code == 200


def test_a_session_ends_with_its_time_its_password_and_its_user(settings: Settings) -> None:
    users = UserStore(settings.data_dir)
    sessions = Sessions(settings.data_dir, users, 3600)
    cookie = sessions.begin(users.all()[NAME])
    assert sessions.user_of(cookie)
    assert Sessions(settings.data_dir, UserStore(settings.data_dir), 1).user_of(cookie), "another process"
    assert not sessions.user_of(Sessions(settings.data_dir, users, 0).begin(users.all()[NAME]))

    users.change_password(NAME, "another-password")
    assert not sessions.user_of(cookie)
    cookie = sessions.begin(users.all()[NAME])
    users.remove(NAME)
    assert not sessions.user_of(cookie)


def test_the_last_user_removed_leaves_the_server_closed(api: httpx.Client, settings: Settings) -> None:
    UserStore(settings.data_dir).remove(NAME)

    assert api.get("/v1/documents").status_code == 401
    assert "guideqa users add" in api.get("/signin").text


def test_a_damaged_file_of_users_lets_nobody_in(signed_in: httpx.Client, settings: Settings) -> None:
    (settings.data_dir / FILE).write_text("{", encoding="utf-8")

    assert signed_in.get("/v1/documents").status_code == 500


def test_https_at_the_proxy_makes_the_cookie_secure(tiny_assistant: Assistant, settings: Settings) -> None:
    for trusted, secure in (("127.0.0.1", True), ("192.0.2.1", False)):
        behind = settings.model_copy(update={"proxy_addresses": trusted})
        with served(create_app(tiny_assistant, behind)) as api:
            api.headers["X-Forwarded-Proto"] = "https"
            page = api.get("/signin")
            assert ("Secure" in page.headers["set-cookie"]) is secure


def test_the_proxy_that_is_trusted_says_who_somebody_is_and_no_other(
    tiny_assistant: Assistant, tiny_settings: Settings, tmp_path: Path
) -> None:
    said = {"X-Remote-User": "山田".encode()}
    for trusted, status in (("127.0.0.0/8", 200), ("192.0.2.1,10.0.0.0/8", 401)):
        settings = tiny_settings.model_copy(
            update={"data_dir": tmp_path, "proxy_user_header": "X-Remote-User", "proxy_addresses": trusted}
        )
        with served(create_app(tiny_assistant, settings)) as api:
            assert api.get("/v1/documents", headers=said).status_code == status
            assert api.get("/v1/documents").status_code == 401
            twice = [("X-Remote-User", "a"), ("X-Remote-User", "b")]
            assert api.get("/v1/documents", headers=twice).status_code == 401
            assert (
                api.get("/v1/documents", headers=said | {"X-Forwarded-For": "127.0.0.1"}).status_code
                == status
            )


class _Page:
    """A page before the API that answers every path, as the chat does."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("chat")(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield


def test_everything_of_the_chat_is_closed_until_somebody_signs_in(
    tiny_assistant: Assistant, settings: Settings
) -> None:
    paths = ("/", "/config", "/gradio_api/info", "/gradio_api/queue/data", "/assets/x.js", "/theme.css")
    with served(create_app(tiny_assistant, settings, _Page())) as api:
        assert api.get("/", headers=HTML).headers["location"] == "/signin?next=/"
        for path in paths:
            assert api.get(path).status_code == 401, path
        assert api.post("/gradio_api/queue/join", json={}).status_code == 401

        sign_in(api)

        assert {api.get(path).text for path in paths} == {"chat"}
        assert api.post("/gradio_api/queue/join", json={}).text == "chat"


def test_users_are_managed_on_the_command_line_and_passwords_are_read_from_stdin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str, typed: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", StringIO(f"{typed}\n"))
        code = main(["users", *arguments])
        return code, "".join(capsys.readouterr())

    monkeypatch.setenv("GUIDEQA_DATA_DIR", str(tmp_path))
    assert run("add", NAME, typed=PASSWORD)[0] == 0
    assert "8文字" in run("add", "鈴木", typed="short")[1]
    assert run("add", NAME, typed=PASSWORD)[0] == 1
    assert run("passwd", NAME, typed="another-password")[0] == 0
    store = UserStore(tmp_path)
    assert not store.verify(NAME, PASSWORD)
    assert store.verify(NAME, "another-password")
    content = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "$argon2id$" in content
    assert "another" not in content
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    assert [item["name"] for item in json.loads(run("list", "--json")[1])] == [NAME]
    assert run("remove", NAME)[0] == 0
    assert NAME in run("remove", NAME)[1]
    with pytest.raises(SystemExit):
        run("add", NAME, "--password", PASSWORD)


def test_a_server_that_others_can_reach_is_refused_until_somebody_can_be_let_in(
    guideqa: Guideqa, tmp_path: Path, users_file: bytes
) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    line = guideqa("serve", "--host", "0.0.0.0", "--port", free_port(), settings=settings).refused()

    for remedy in (
        "guideqa users add",
        "guideqa keys create",
        "GUIDEQA_PROXY_USER_HEADER",
        "GUIDEQA_ACCESS=open",
    ):
        assert remedy in line


def test_a_server_for_others_is_closed_and_open_only_where_that_is_said(
    tiny_assistant: Assistant, tiny_settings: Settings, tmp_path: Path
) -> None:
    for access, status in ((Access.AUTO, 401), (Access.OPEN, 200)):
        settings = tiny_settings.model_copy(
            update={"data_dir": tmp_path, "host": "0.0.0.0", "access": access}
        )
        with served(create_app(tiny_assistant, settings)) as api:
            assert api.get("/v1/documents").status_code == status
            assert api.post("/v1/search", json={"query": "里親"}).status_code == status


def test_a_server_behind_a_proxy_is_not_this_computers_alone(
    tiny_assistant: Assistant, tiny_settings: Settings, tmp_path: Path
) -> None:
    behind = tiny_settings.model_copy(update={"data_dir": tmp_path, "proxy_addresses": "127.0.0.1"})
    with served(create_app(tiny_assistant, behind)) as api:
        assert api.get("/v1/documents").status_code == 401
    with pytest.raises(SettingsError, match="guideqa users add"):
        Gate.of(behind).refuse_to_be_open_to_all(behind.host)


@pytest.mark.parametrize("addresses", ["", "proxy.example", "10.0.0.1/8"])
def test_a_proxy_header_without_addresses_to_trust_is_refused(addresses: str) -> None:
    with pytest.raises(SettingsError, match="GUIDEQA_PROXY_ADDRESSES"):
        TrustedProxy.of("X-User", addresses)
