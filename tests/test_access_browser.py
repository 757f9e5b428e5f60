"""Signing in as staff do it: in a browser, by keyboard, without a script, and out again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from serving import program
from test_chat_browser import CHROMIUM, browser, context_of

from guideqa.access.users import UserStore
from guideqa.settings import Settings

__all__ = ["browser"]

NAME, PASSWORD = "山田", "はるかぜ-2026"
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"
)


@pytest.fixture(scope="module")
def address(tiny_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("users")
    shutil.copytree(tiny_settings.data_dir, data_dir, dirs_exist_ok=True)
    UserStore(data_dir).add(NAME, PASSWORD)
    with program(tiny_settings.model_copy(update={"data_dir": Path(data_dir)})) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = context_of(browser)
    yield context.new_page()
    context.close()


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    expect(page.get_by_label("名前")).to_be_focused()
    page.keyboard.type(NAME)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".gq-documents li").first).to_be_visible()


def test_a_reader_signs_in_by_keyboard_and_out_again(page: Page, address: str) -> None:
    sign_in(page, address)

    page.get_by_role("link", name=NAME).click()
    page.get_by_role("button", name="サインアウト").click()

    expect(page.get_by_role("button", name="サインイン")).to_be_visible()
    page.goto(f"{address}/")
    expect(page.get_by_label("パスワード")).to_be_visible()


def test_a_session_that_has_ended_leads_to_where_one_signs_in(page: Page, address: str) -> None:
    sign_in(page, address)
    page.context.clear_cookies()

    box = page.get_by_role("textbox", name="質問")
    box.fill("里親は何世帯？")
    box.press("Enter")

    expect(page.get_by_label("パスワード")).to_be_visible()


def test_the_page_of_a_failed_sign_in_has_no_fault_that_keeps_anybody_out(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    page.get_by_label("名前").fill(NAME)
    page.get_by_label("パスワード").fill("wrong-password")
    page.get_by_role("button", name="サインイン").click()

    expect(page.get_by_role("alert")).to_have_text("名前かパスワードが違います。")
    expect(page.get_by_label("名前")).to_have_value(NAME)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = Axe().run(page).response["violations"]
        assert [(item["id"], item["impact"]) for item in found] == []
