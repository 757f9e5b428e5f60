"""The documents page as an administrator uses it: in a browser, by keyboard, with nothing asked of the outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from looking_after import CLUB, CLUB_QUESTION, copied, held_up, sent
from playwright.sync_api import Browser, Page, expect
from serving import program
from test_chat_browser import CHROMIUM, Chat, browser, watched

from guideqa.settings import Settings

__all__ = ["browser"]

CANARY = "<img src=x onerror=window.canary=1>"
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"
)


@pytest.fixture(scope="module")
def settings(tiny_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return copied(tiny_settings, tmp_path_factory.mktemp("looked-after"))


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    """Two workers and the chat's process: a job that one has started is seen by all."""
    with program(settings, GUIDEQA_WORKERS="2") as address:
        yield address


@pytest.fixture
def chat(browser: Browser, address: str) -> Iterator[Chat]:
    """An administrator's page."""
    with watched(browser, address) as chat:
        yield chat


def by_link(chat: Chat) -> Page:
    """The page of documents, by the chat's link."""
    chat.page.get_by_role("link", name="文書の管理").click()
    expect(chat.page.locator("#documents tbody tr").first).to_be_visible()
    return chat.page


def directly(chat: Chat) -> Page:
    """The page of documents, by its address."""
    chat.page.goto(f"{chat.address}/documents")
    expect(chat.page.locator("#documents tbody tr").first).to_be_visible()
    return chat.page


def faults_of(page: Page) -> list[tuple[str, str]]:
    """What keeps somebody out, in both colour schemes."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += [(item["id"], item["impact"]) for item in Axe().run(page).response["violations"]]
    page.emulate_media(color_scheme="light")
    return found


def test_a_document_is_uploaded_followed_listed_asked_of_and_removed(
    chat: Chat, settings: Settings, tmp_path: Path
) -> None:
    club = tmp_path / "星の会.txt"
    club.write_text(CLUB, encoding="utf-8")
    page = by_link(chat.open())

    with held_up(settings):
        page.get_by_label("ファイルを選ぶ").set_input_files(club)
        expect(page.locator("#chosen")).to_contain_text("星の会.txt")
        page.get_by_text("題名・分類・日付など").click()
        page.get_by_label("題名").fill(f"星の会のきまり{CANARY}")
        page.get_by_role("button", name="加える").click()
        job = page.locator("#jobs li").first
        expect(job).to_contain_text("順番を待っています")
        page.reload()
        expect(job).to_contain_text("星の会.txt")
        expect(job.get_by_role("progressbar")).to_be_visible()
        expect(page.locator("#documents tbody tr")).to_have_count(2)
        assert faults_of(page) == []
    row = page.locator("#documents tr", has_text="星の会のきまり")
    expect(row).to_contain_text("索引 2")
    expect(job).to_contain_text("を索引に入れました")
    expect(page.get_by_role("status")).to_contain_text("終わりました")
    assert page.evaluate("window.canary") is None
    assert faults_of(page) == []

    page.get_by_role("link", name="チャットに戻る").click()
    chat.ask(CLUB_QUESTION)
    expect(page.locator("#gq-conversation .bot.message").last).to_contain_text("四百円")

    by_link(chat)
    page.get_by_role("button", name=re.compile("星の会のきまり.*を外す")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2ページ")
    assert faults_of(page) == []
    dialog.get_by_role("button", name="外す").click()

    expect(row).to_have_count(0)
    expect(page.locator("#jobs li").first).to_contain_text("外しました")


def test_the_keyboard_alone_adds_opens_the_ledger_and_thinks_better_of_removing(
    chat: Chat, tmp_path: Path
) -> None:
    page = directly(chat)
    page.get_by_role("link", name="チャットに戻る").focus()
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        )
    assert reached[:5] == ["files", "題名・分類・日付など（省けます）", "replace", "send", "verify"]

    page.locator("#send").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("加えるファイルを選んでください。")
    page.get_by_role("button", name="『はるかぜ自治体事例集』の台帳").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("10ページ = 索引 6 + 要確認 0 + 空 2 + 除外 2")
    expect(dialog.locator("tbody tr")).to_have_count(4)
    assert faults_of(page) == []
    dialog.get_by_label("すべてのページを示す").press("Space")
    expect(dialog.locator("tbody tr")).to_have_count(10)
    page.keyboard.press("Escape")
    removing = page.get_by_role("button", name="『はるかぜ自治体事例集』を外す")
    removing.press("Enter")
    page.keyboard.press("Enter")  # what has the focus first is the way out

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(removing).to_be_focused()
    expect(page.locator("#documents tr", has_text="はるかぜ自治体事例集")).to_have_count(1)


def test_what_is_refused_is_said_on_the_page_and_a_waiting_job_is_called_off(
    chat: Chat, settings: Settings, address: str, tmp_path: Path
) -> None:
    page = directly(chat)
    (tmp_path / "a.exe").write_bytes(b"MZ")
    page.get_by_label("ファイルを選ぶ").set_input_files(tmp_path / "a.exe")
    page.get_by_role("button", name="加える").click()
    expect(page.get_by_role("alert")).to_contain_text("読めない形式です")
    expect(page.locator("#chosen")).to_contain_text("a.exe")

    with held_up(settings):
        with httpx.Client(base_url=address) as api:
            sent(api, (f"{CANARY.replace('/', '')}.txt", CLUB))
        page.reload()
        page.get_by_role("button", name="取りやめる").click()
        expect(page.locator("#jobs li").first).to_contain_text("取りやめました")
    assert page.evaluate("window.canary") is None


def test_nothing_is_cut_off_at_any_width(chat: Chat) -> None:
    page = directly(chat)
    for width in (390, 683, 1366):
        page.set_viewport_size({"width": width, "height": 768})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for button in page.get_by_role("button", name="台帳").all():
            box = button.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= width
