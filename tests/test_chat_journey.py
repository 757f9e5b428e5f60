"""The whole way of a reader, from the first visit to the copied answer: by mouse, by keyboard, on any screen."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import pytest
from conftest import PATIENCE_SECONDS, eventually, pipeline_of
from pdf_books import Printed, printed_on, write_harukaze
from playwright.sync_api import Browser, Locator, Page, expect
from serving import program_with_id
from test_chat_browser import CHROMIUM, Chat, browser, kept, plain, violations
from test_workers import children_of

from guideqa.feedback import FeedbackStore, Verdict
from guideqa.page_images import FOLDER
from guideqa.settings import Settings
from ingest.pipeline import Request

__all__ = ["browser"]

PRICE = "星見町のショートステイの利用料は1泊いくら？"
TITLE = "はるかぜ自治体事例集"
MANY_TABS = 300
ONE_COLUMN = 860  # pixels of width, and less
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"
)


class Hands(Protocol):
    """How a reader works the page."""

    def press(self, target: Locator, /) -> None:
        """A button, a link, or a part that opens."""
        ...

    def choose(self, page: Page, facet: str, value: str, /) -> None:
        """One of the values of a filter."""
        ...


class Mouse:
    """With a pointer, or a finger."""

    def press(self, target: Locator, /) -> None:
        target.click()

    def choose(self, page: Page, facet: str, value: str, /) -> None:
        page.get_by_label(facet, exact=True).click()
        page.get_by_role("option", name=value).click()
        page.keyboard.press("Escape")


class Keyboard:
    """With nothing but keys."""

    def press(self, target: Locator, /) -> None:
        self._reach(target)
        target.page.keyboard.press("Enter")

    def choose(self, page: Page, facet: str, value: str, /) -> None:
        self._reach(page.get_by_label(facet, exact=True))
        page.keyboard.type(value)
        expect(page.get_by_role("option")).to_have_count(1)
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")

    def _reach(self, target: Locator) -> None:
        """Go on from part to part until this one has the focus."""
        expect(target).to_be_visible()
        for _ in range(MANY_TABS):
            if target.evaluate("part => part === document.activeElement"):
                return
            target.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")


@dataclass(frozen=True, slots=True)
class Way:
    """A screen, and how it is worked."""

    width: int
    height: int
    hands: Hands
    scheme: Any = "light"
    scale: float = 1


WAYS = {
    "office": Way(1366, 768, Mouse()),
    "keyboard, in the dark": Way(1366, 768, Keyboard(), "dark"),
    "phone": Way(390, 844, Mouse(), scale=3),
    "zoom 200 %": Way(683, 384, Mouse(), scale=2),  # what 1366×768 is at that zoom
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, tiny_settings: Settings, encoder: Any) -> Settings:
    """The invented book as a PDF, kept as `guideqa ingest` keeps it."""
    folder = tmp_path_factory.mktemp("journey")
    settings = Settings(data_dir=folder / "data", corpus_dir=tiny_settings.corpus_dir)
    pdf = settings.data_dir / FOLDER / "harukaze" / "harukaze.pdf"
    pdf.parent.mkdir(parents=True)
    pipeline_of(settings, encoder).ingest(Request((write_harukaze(pdf),)))
    return settings


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[tuple[str, int]]:
    """Two workers, and the chat in a process of its own."""
    with program_with_id(settings, GUIDEQA_WORKERS="2") as started:
        yield started


def opened(browser: Browser, address: str, way: Way) -> Chat:
    """A reader's first visit."""
    context = browser.new_context(
        viewport={"width": way.width, "height": way.height},
        device_scale_factor=way.scale,
        color_scheme=way.scheme,
        locale="ja-JP",
    )
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return Chat(context.new_page(), address).open()


@pytest.mark.parametrize("name", WAYS)
def test_from_the_first_visit_to_the_copied_answer(
    name: str, browser: Browser, server: tuple[str, int], settings: Settings
) -> None:
    way = WAYS[name]
    chat = opened(browser, server[0], way)
    page, press = chat.page, way.hands.press
    pdf = settings.data_dir / FOLDER / "harukaze" / "harukaze.pdf"
    answers = page.locator("#gq-conversation .bot.message")
    told = len(FeedbackStore(settings.data_dir).all())

    expect(page.get_by_role("heading", name="資料に聞く")).to_have_count(2)
    found = violations(page)

    press(page.locator("#gq-conversation .example").first)
    settled(page, 1)
    marker = answers.last.locator("a.gq-marker").first
    press(marker)
    expect(marker).to_have_attribute("aria-current", "true")
    quote = page.locator("#gq-evidence .gq-card .gq-quote").first.inner_text()
    index = shown_index(marker)
    assert boxed(page, printed_on(pdf, index)) == plain(quote)
    found += violations(page)

    folio = page.locator(".gq-page-head .gq-folio")
    before = folio.inner_text()
    press(page.get_by_role("button", name="次のページ"))
    expect(folio).not_to_have_text(before)
    expect(page.locator(".gq-box")).to_have_count(0)
    expect(page.locator(".gq-page-title")).to_contain_text(TITLE)

    ask(page, PRICE, 2)
    ask(page, "送迎は？", 3)
    expect(answers.last.locator(".gq-rewritten")).to_contain_text("星見町")

    press(page.get_by_role("button", name="絞り込み"))
    way.hands.choose(page, "資料", TITLE)
    ask(page, "費用はいくら？", 4)
    expect(answers.last.locator(".gq-rewritten").last).to_contain_text(f"絞り込み：{TITLE}")
    if way.width > ONE_COLUMN:
        expect(page.locator(".gq-box").first).to_be_in_viewport(ratio=1)  # though the cards took of its room
    found += violations(page)

    press(answers.last.get_by_role("button", name="役に立った"))
    expect(page.get_by_text("感想を記録しました")).to_be_visible()
    assert kept(page, settings, told + 1)[-1].verdict is Verdict.USEFUL

    press(answers.nth(1).get_by_role("button", name="出典付きでコピー"))
    expect(page.get_by_role("button", name="コピーしました")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "2,000円" in copied
    assert f"『{TITLE}』" in copied
    assert "p.3" in copied
    with page.expect_popup() as sheet:
        press(answers.nth(1).get_by_role("button", name="根拠の一覧"))
    expect(sheet.value.locator("blockquote").first).to_contain_text("2,000円")
    sheet.value.close()

    page.reload()
    expect(page.locator(".gq-documents li").first).to_be_visible()
    press(page.get_by_role("button", name="これまでの会話"))
    press(page.get_by_role("list", name="会話").locator(".gq-talk").first)
    expect(answers).to_have_count(4)
    found += violations(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= way.width
    page.context.close()
    assert found == []
    assert chat.outside == []


def ask(page: Page, question: str, count: int) -> None:
    """Type a question, send it, and wait until there are so many whole answers."""
    page.get_by_role("textbox", name="質問").focus()
    page.keyboard.type(question)
    page.keyboard.press("Enter")
    settled(page, count)


def settled(page: Page, count: int) -> None:
    """Wait until there are so many answers, each of them whole."""
    expect(page.locator("#gq-conversation .bot.message .gq-verdicts")).to_have_count(count)
    expect(page.get_by_role("button", name="送信")).to_be_visible()


def shown_index(marker: Locator) -> int:
    """The physical page that a citation opens, from 1."""
    href = marker.get_attribute("href") or ""
    return int(httpx.URL("/?" + href.partition("?")[2]).params["page"])


def boxed(page: Page, printed: list[Printed]) -> str:
    """What the PDF has printed where the picture is marked."""
    picture = page.locator(".gq-picture img")
    expect(picture).to_be_visible()
    page.wait_for_function("document.querySelector('.gq-picture img').naturalWidth > 0")
    expect(page.locator(".gq-box").first).to_be_visible()
    return plain("".join(item.character for item in printed if is_in_a_box(item, boxes_of(page))))


def boxes_of(page: Page) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of each mark, as parts of the picture, as the browser has drawn them."""
    return [
        tuple(box)  # type: ignore[misc]
        for box in page.evaluate(
            """() => {
              const picture = document.querySelector(".gq-picture img").getBoundingClientRect();
              return [...document.querySelectorAll(".gq-box")].map((mark) => {
                const box = mark.getBoundingClientRect();
                return [
                  (box.left - picture.left) / picture.width, (box.top - picture.top) / picture.height,
                  (box.right - picture.left) / picture.width, (box.bottom - picture.top) / picture.height,
                ];
              });
            }"""
        )
    ]


def is_in_a_box(item: Printed, boxes: list[tuple[float, float, float, float]]) -> bool:
    return any(left < item.x < right and top < item.y < bottom for left, top, right, bottom in boxes)


def test_an_answer_and_a_verdict_that_were_shown_are_there_after_their_process_is_killed(
    browser: Browser, server: tuple[str, int], settings: Settings
) -> None:
    address, parent = server
    chat = opened(browser, address, WAYS["office"])
    page = chat.page
    told = len(FeedbackStore(settings.data_dir).all())
    ask(page, PRICE, 1)
    page.get_by_role("button", name="役に立った").click()
    expect(page.get_by_text("感想を記録しました")).to_be_visible()

    for victim in children_of(parent):
        os.kill(victim, signal.SIGKILL)

    assert eventually(lambda: httpx.get(f"{address}/", timeout=PATIENCE_SECONDS).status_code == 200)
    page.reload()
    expect(page.locator(".gq-documents li").first).to_be_visible()
    page.get_by_role("button", name="これまでの会話").click()
    page.get_by_role("list", name="会話").locator(".gq-talk").first.click()
    expect(page.locator("#gq-conversation .user.message")).to_contain_text(PRICE)
    expect(page.locator("#gq-conversation a.gq-marker").first).to_be_visible()
    assert len(FeedbackStore(settings.data_dir).all()) == told + 1
    page.context.close()
