"""Documents are changed by administrators alone, whichever way they show who they are; others are told so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Guideqa
from fastapi import FastAPI
from looking_after import CLUB, sent
from serving import served
from test_access_users import PASSWORD, sign_in

from guideqa.access.identity import Scope
from guideqa.access.keys import KeyStore
from guideqa.access.users import UserStore
from guideqa.api.app import create_app
from guideqa.assistant import Assistant
from guideqa.documents import desk
from guideqa.settings import Access, Settings
from ui.documents import documents_page

ADMIN, STAFF = "管理", "山田"
PAGE = {"Accept": "text/html"}
CHANGES: list[tuple[str, str]] = [
    ("POST", "/v1/documents"),
    ("DELETE", "/v1/documents/harukaze"),
    ("POST", "/v1/index/verify"),
    ("GET", "/v1/jobs"),
    ("GET", "/v1/jobs/x"),
    ("DELETE", "/v1/jobs/x"),
    ("GET", "/v1/ledger"),
    ("GET", "/v1/ledger/harukaze"),
    ("GET", "/documents"),
    ("GET", "/documents/documents.js"),
]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an administrator and a user."""
    folder = tmp_path_factory.mktemp("administering")
    users = UserStore(folder)
    users.add(ADMIN, PASSWORD, admin=True)
    users.add(STAFF, PASSWORD)
    return folder


@pytest.fixture
def api(tiny_assistant: Assistant, tiny_settings: Settings, data_dir: Path) -> Iterator[httpx.Client]:
    settings = tiny_settings.model_copy(update={"data_dir": data_dir})
    with served(create_app(tiny_assistant, settings)) as client:
        yield client


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that were started; none of them is done."""
    jobs: list[str] = []
    monkeypatch.setattr(desk.Desk, "_start", lambda self, job, lock: jobs.append(job.kind))
    return jobs


def test_nobody_who_is_not_known_and_no_other_key_changes_anything(api: httpx.Client, data_dir: Path) -> None:
    _, token = KeyStore(data_dir).create("ポータル", {Scope.READ, Scope.ASK})
    for method, path in CHANGES:
        assert api.request(method, path).status_code == 401, path
        refused = api.request(method, path, headers={"Authorization": f"Bearer {token}"})
        assert refused.status_code == 403, path
        assert "admin" in refused.json()["detail"]


def test_a_key_for_administration_does(api: httpx.Client, data_dir: Path, started: list[str]) -> None:
    _, token = KeyStore(data_dir).create("登録", {Scope.ADMIN})
    api.headers["Authorization"] = f"Bearer {token}"

    assert sent(api, ("a.txt", CLUB)).status_code == 202
    assert api.post("/v1/index/verify").status_code == 202
    assert started == ["add", "verify"]
    (audited,) = (data_dir / "audit").glob("*.jsonl")
    assert json.loads(audited.read_text(encoding="utf-8").splitlines()[-1])["who"] == "key:登録"


def test_a_user_who_is_no_administrator_is_told_so_on_a_page(api: httpx.Client) -> None:
    sign_in(api, STAFF)

    page = api.get("/documents", headers=PAGE)

    assert (page.status_code, page.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "管理者だけが使えます" in page.text
    assert sent(api, ("a.txt", CLUB)).status_code == 403


def test_a_user_becomes_an_administrator_at_once_and_stops_being_one_at_once(
    api: httpx.Client, data_dir: Path, guideqa_here: Guideqa, tiny_settings: Settings
) -> None:
    settings = tiny_settings.model_copy(update={"data_dir": data_dir})
    sign_in(api, STAFF)
    assert api.get("/v1/jobs").status_code == 403

    assert (
        guideqa_here("users", "role", STAFF, "admin", settings=settings).out.strip()
        == f"管理者にしました: {STAFF}"
    )
    assert api.get("/v1/jobs").status_code == 200
    assert guideqa_here("users", "role", STAFF, "staff", settings=settings).code == 0
    assert api.get("/v1/jobs").status_code == 403
    assert "利用者がいません" in guideqa_here("users", "role", "佐藤", "admin", settings=settings).refused()


def test_who_opens_the_page_without_having_signed_in_comes_back_to_it(api: httpx.Client) -> None:
    assert api.get("/documents", headers=PAGE).headers["location"] == "/signin?next=/documents"

    assert sign_in(api, ADMIN, next="/documents").headers["location"] == "/documents"


def test_a_proxy_names_administrators_where_the_settings_do(
    tiny_assistant: Assistant, tiny_settings: Settings, tmp_path: Path
) -> None:
    proxy: dict[str, Any] = {"proxy_user_header": "X-User", "proxy_addresses": "127.0.0.1"}
    settings = tiny_settings.model_copy(
        update={**proxy, "data_dir": tmp_path, "proxy_admins": "kanri, ｓｕｂ"}
    )
    with served(create_app(tiny_assistant, settings)) as api:
        told = {
            name: api.get("/v1/jobs", headers={"X-User": name}).status_code for name in ("kanri", "sub", "x")
        }

    assert told == {"kanri": 200, "sub": 200, "x": 403}


def test_where_everybody_may_come_in_nobody_changes_documents(
    tiny_assistant: Assistant, tiny_settings: Settings, tmp_path: Path
) -> None:
    opened = {"data_dir": tmp_path, "access": Access.OPEN, "host": "0.0.0.0"}
    with served(create_app(tiny_assistant, tiny_settings.model_copy(update=opened))) as api:
        assert api.get("/v1/documents").status_code == 200
        assert sent(api, ("a.txt", CLUB)).status_code == 403
        assert api.get("/documents", headers=PAGE).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "elsewhere.example", "Origin": "http://elsewhere.example"},
    ],
)
def test_on_this_computer_alone_another_sites_page_changes_nothing_without_a_sign_in(
    tiny_assistant: Assistant,
    tiny_settings: Settings,
    tmp_path: Path,
    headers: dict[str, str],
    started: list[str],
) -> None:
    settings = tiny_settings.model_copy(update={"data_dir": tmp_path})
    with served(create_app(tiny_assistant, settings)) as api:
        assert sent(api, ("a.txt", CLUB)).status_code == 202
        api.headers.update(headers)
        refused = sent(api, ("a.txt", CLUB))

    assert refused.status_code == 403
    assert "ほかのサイト" in refused.json()["detail"]
    assert started == ["add"]


def test_the_page_holds_nothing_of_its_own_and_may_load_nothing_from_elsewhere() -> None:
    app = FastAPI()
    app.include_router(documents_page)
    with served(app) as chat:
        page = chat.get("/documents")
        parts = [chat.get(f"/documents/documents.{kind}") for kind in ("css", "js")]

    assert "default-src 'none'; script-src 'self'" in page.headers["content-security-policy"]
    assert [part.status_code for part in parts] == [200, 200]
    assert not [
        text for text in (page.text, *(part.text for part in parts)) if "//" in text.replace("// ", "")
    ]
