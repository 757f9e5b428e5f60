"""The chat in a real browser, with every request to the outside blocked and counted."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import PATIENCE_SECONDS
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright
from serving import program

from guideqa.feedback import Feedback, FeedbackStore, PagePlace, Verdict
from guideqa.settings import Settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
]
PRICE = "星見町のショートステイの利用料は1泊いくら？"
CANARY = "window.canary=1"

PATIENCE = PATIENCE_SECONDS * 1000
expect.set_options(timeout=PATIENCE)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"
)


@dataclass
class Chat:
    """A reader's page, and what it asked of the outside world."""

    page: Page
    address: str
    outside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """From now on, whatever the page asks for is judged."""
        self.page.route("**/*", self.judge)

    def open(self) -> Chat:
        """The page, ready for a question."""
        self.page.goto(self.address)
        expect(self.page.locator(".gq-documents li").first).to_be_visible()
        return self

    def ask(self, question: str) -> None:
        """Type a question, send it, and wait for the end of what is said to it."""
        box = self.page.get_by_role("textbox", name="質問")
        told = self.page.locator("#gq-conversation .bot.message").count()
        box.fill(question)
        box.press("Enter")
        expect(self.page.locator("#gq-conversation .bot.message")).to_have_count(told + 1)
        expect(self.page.get_by_text("資料を探しています…")).to_have_count(0)
        expect(self.page.get_by_role("button", name="送信")).to_be_visible()

    def judge(self, route: Route) -> None:
        """Let a request pass to our own server; block and count any other."""
        url = route.request.url
        if url.startswith((self.address, "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(url)
            route.abort()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def context_of(browser: Browser) -> BrowserContext:
    """A reader of their own."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="ja-JP")
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture(scope="module")
def address(tiny_settings: Settings) -> Iterator[str]:
    with program(tiny_settings) as address:
        yield address


@contextmanager
def watched(browser: Browser, address: str) -> Iterator[Chat]:
    """A reader's page, not yet opened; whatever is done with it, it asks nobody outside and shows no error."""
    context = context_of(browser)
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    chat = Chat(page, address)
    yield chat
    context.close()
    assert chat.outside == []
    assert errors == []


@pytest.fixture
def chat(browser: Browser, address: str) -> Iterator[Chat]:
    """A reader's page of the chat."""
    with watched(browser, address) as chat:
        yield chat.open()


def test_an_example_is_answered_and_its_citation_opens_the_page_with_the_quote_marked(chat: Chat) -> None:
    page = chat.page
    page.locator("#gq-conversation .example").first.click()
    marker = page.locator("#gq-conversation a.gq-marker").first
    expect(marker).to_be_visible()
    expect(page.locator("#gq-evidence .gq-card")).not_to_have_count(0)

    page.get_by_role("button", name="次のページ").click()
    expect(page.locator(".gq-sheet mark")).to_have_count(0)
    marker.click()

    expect(page.locator(".gq-sheet mark").first).to_be_visible()
    quote = page.locator("#gq-evidence .gq-card .gq-quote").first.inner_text()
    marked = "".join(page.locator(".gq-sheet mark").all_inner_texts())
    assert plain(marked) in plain(quote)
    expect(marker).to_have_attribute("aria-current", "true")


def plain(text: str) -> str:
    """Text without its breaks and brackets."""
    return "".join(character for character in text if not character.isspace() and character not in "「」")


def test_title_kind_and_printed_page_stand_beside_the_text(chat: Chat) -> None:
    chat.ask(PRICE)

    head = chat.page.locator(".gq-page-head")
    expect(head).to_contain_text("『はるかぜ自治体事例集』")
    expect(head).to_contain_text("原文")
    expect(head.locator(".gq-folio")).to_have_text("p.3")
    expect(chat.page.locator(".gq-sheet mark").first).to_contain_text("2,000円")


def test_a_follow_up_shows_the_question_that_was_searched(chat: Chat) -> None:
    chat.ask(PRICE)
    chat.ask("送迎は？")

    expect(chat.page.locator(".gq-rewritten")).to_contain_text("星見町")
    expect(chat.page.locator("#gq-conversation .bot.message").last).to_contain_text("社会福祉協議会")


def test_a_refusal_offers_the_nearest_pages(chat: Chat) -> None:
    chat.ask("月の裏側の気温と火山の高さ")

    expect(chat.page.locator(".gq-refusal")).to_contain_text("見つかりませんでした")
    nearest = chat.page.locator(".gq-nearest a").first
    nearest.click()
    expect(chat.page.locator(".gq-page-head .gq-folio")).to_have_text(nearest.inner_text())


def test_an_empty_question_is_met_kindly_and_asks_nothing(chat: Chat) -> None:
    box = chat.page.get_by_role("textbox", name="質問")
    box.fill("　 ")
    box.press("Enter")

    expect(chat.page.get_by_text("質問を入力してください").first).to_be_visible()
    expect(chat.page.locator("#gq-conversation .message")).to_have_count(0)


@pytest.mark.parametrize(
    "canary",
    [
        f"<img src=x onerror={CANARY}><script>{CANARY}</script>",
        f"[x](javascript:{CANARY}) ![x](http://outside.example/x.png) http://outside.example/",
        "</p></div><iframe srcdoc='<script>parent.canary=1</script>'></iframe>\u202e逆\u202c",
        "${" + CANARY + "} {{constructor.constructor('" + CANARY + "')()}} **太字** <b>b</b>",
    ],
)
def test_a_question_is_shown_as_it_was_typed_and_runs_nothing(chat: Chat, canary: str) -> None:
    chat.ask(f"星見町の利用料 {canary}")

    shown = chat.page.locator("#gq-conversation .user.message").last
    visible = "".join(character for character in canary if character not in "\u202e\u202c")
    expect(shown).to_contain_text(visible)
    assert chat.page.evaluate("window.canary") is None
    assert chat.page.locator("#gq-conversation :is(img, iframe, script, .user b, .user strong)").count() == 0


def test_the_keyboard_alone_reaches_an_answer_and_its_page(chat: Chat) -> None:
    page = chat.page
    page.get_by_role("textbox", name="質問").focus()
    page.keyboard.type(PRICE)
    page.keyboard.press("Enter")
    marker = page.locator("#gq-conversation a.gq-marker").first
    expect(marker).to_be_visible()
    page.get_by_role("button", name="次のページ").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".gq-page-head .gq-folio")).to_have_text("p.4")

    marker.focus()
    page.keyboard.press(" ")

    expect(page.locator(".gq-page-head .gq-folio")).to_have_text("p.3")


@pytest.mark.parametrize("size", [(390, 844), (683, 384), (1366, 768)])
def test_nothing_is_cut_off_at_any_width(chat: Chat, size: tuple[int, int]) -> None:
    chat.page.set_viewport_size({"width": size[0], "height": size[1]})
    chat.ask(PRICE)

    assert chat.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    box = chat.page.get_by_role("textbox", name="質問").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size[0]


def test_a_comparison_is_a_table_that_can_be_read_at_any_width(chat: Chat) -> None:
    chat.ask("星見町と藍川市の人口を比べて")

    table = chat.page.locator("#gq-conversation .gq-compare table")
    for width in (1366, 390):
        chat.page.set_viewport_size({"width": width, "height": 844})
        expect(table.locator("td:visible").filter(has_text="4,200人")).to_have_count(1)
        assert chat.page.evaluate("document.documentElement.scrollWidth") <= width
        cells = [cell.bounding_box() for cell in table.locator("tbody td").all()]
        assert all(cell is not None and cell["width"] > 120 for cell in cells)
        assert violations(chat.page) == []
    table.locator("a.gq-marker").last.click()
    expect(chat.page.locator(".gq-sheet mark").first).to_contain_text("81,000人")


def test_a_new_conversation_forgets_the_one_before(chat: Chat) -> None:
    chat.ask(PRICE)
    chat.page.get_by_role("button", name="クリア").click()
    expect(chat.page.locator("#gq-evidence .gq-card")).to_have_count(0)

    chat.ask("里親は何世帯？")

    expect(chat.page.locator(".gq-rewritten")).to_have_count(0)


@pytest.mark.parametrize(("facet", "value"), [("資料", "こもれび子育て支援の手引き"), ("分類", "手引き")])
def test_a_filter_keeps_answers_to_its_documents_and_is_shown(chat: Chat, facet: str, value: str) -> None:
    page = chat.page
    page.get_by_role("button", name="絞り込み").click()
    page.get_by_label(facet, exact=True).click()
    page.get_by_role("option", name=value).click()
    page.keyboard.press("Escape")

    chat.ask("費用はいくら？")

    expect(page.locator(".gq-rewritten")).to_contain_text(value)
    for card in page.locator("#gq-evidence .gq-card").all():
        expect(card).to_contain_text("こもれび子育て支援の手引き")


def test_an_answer_is_copied_with_its_sources_printed_with_its_evidence_and_gone_on_from(chat: Chat) -> None:
    page = chat.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask(PRICE)

    page.get_by_role("button", name="出典付きでコピー").click()
    expect(page.get_by_role("button", name="コピーしました")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "2,000円" in copied
    assert "（『はるかぜ自治体事例集』, p.3）" in copied

    page.get_by_role("button", name="Markdownでコピー").click()
    expect(page.get_by_role("button", name="Markdownでコピー")).to_have_count(0)
    assert "[1] 『はるかぜ自治体事例集』, p.3" in page.evaluate("navigator.clipboard.readText()")

    with page.expect_popup() as opened:
        page.get_by_role("button", name="根拠の一覧").click()
    sheet = opened.value
    expect(sheet.get_by_role("heading", name="根拠の一覧")).to_be_visible()
    expect(sheet.locator("blockquote").first).to_contain_text("2,000円")
    expect(sheet.locator("dd").first).to_have_text(PRICE)
    sheet.close()

    offered = page.locator("#gq-conversation .gq-next a").first
    question = offered.inner_text()
    offered.click()
    expect(page.locator("#gq-conversation .user.message").last).to_contain_text(question)
    expect(page.locator("#gq-conversation .bot.message").last.locator("a.gq-marker").first).to_be_visible()


def test_a_wrong_page_is_told_with_the_right_one(chat: Chat, tiny_settings: Settings) -> None:
    before = len(FeedbackStore(tiny_settings.data_dir).all())
    chat.ask(PRICE)
    chat.page.get_by_role("button", name="役に立った").click()
    expect(chat.page.get_by_text("感想を記録しました")).to_be_visible()
    chat.page.get_by_role("button", name="ページが違う").click()
    dialog = chat.page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_have_value("3")
    dialog.get_by_role("textbox").fill("4")
    dialog.get_by_role("button", name="送る").click()
    useful, wrong_page = kept(chat.page, tiny_settings, before + 2)[before:]

    assert (useful.verdict, wrong_page.verdict) == (Verdict.USEFUL, Verdict.WRONG_PAGE)
    assert wrong_page.question == PRICE
    assert wrong_page.right_page == PagePlace("harukaze", "4")
    assert PagePlace("harukaze", "3") in wrong_page.cited


def kept(page: Page, settings: Settings, count: int) -> list[Feedback]:
    """The feedback, as soon as there is so much of it. The page must go on meanwhile: no sleep of our own."""
    end = time.monotonic() + PATIENCE_SECONDS
    while len(found := FeedbackStore(settings.data_dir).all()) < count and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert len(found) == count
    return found


def test_a_conversation_is_found_again_renamed_gone_on_with_put_anew_and_deleted(chat: Chat) -> None:
    page, list_of = chat.page, chat.page.get_by_role("list", name="会話")
    chat.ask(PRICE)
    chat.ask("送迎は？")
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(page.locator(".gq-documents li").first).to_be_visible()
    page.get_by_role("button", name="これまでの会話").click()
    expect(list_of.get_by_role("listitem")).to_have_count(1)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    list_of.get_by_role("button", name="の名前を変える").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("起案の下調べ")
    page.keyboard.press("Enter")
    expect(list_of.locator(".gq-talk")).to_contain_text("起案の下調べ")
    page.get_by_label("会話を検索").fill("この言葉はない")
    expect(page.locator("#gq-talks")).to_contain_text("ありません")
    page.get_by_label("会話を検索").fill("ｼｮｰﾄｽﾃｲ")
    list_of.locator(".gq-talk").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#gq-conversation .bot.message")).to_have_count(2)
    expect(page.locator("#gq-evidence .gq-card").first).to_contain_text("はるかぜ自治体事例集")

    page.get_by_role("button", name="書き直して尋ねる").first.click()
    page.get_by_role("dialog").get_by_role("textbox").fill("星見町の里親は何世帯？")
    page.get_by_role("dialog").get_by_role("button", name="尋ねる").click()
    expect(page.locator("#gq-conversation .user.message")).to_have_count(1)
    expect(page.locator("#gq-conversation .user.message")).to_contain_text("星見町の里親は何世帯？")
    expect(page.locator("#gq-conversation a.gq-marker").first).to_be_visible()
    expect(page.get_by_role("button", name="送信")).to_be_visible()
    assert violations(page) == []

    page.get_by_label("会話を検索").fill("")
    page.get_by_role("button", name="「起案の下調べ」を削除する").click()
    page.get_by_role("dialog").get_by_role("button", name="削除する").click()
    expect(page.locator("#gq-talks")).to_contain_text("まだありません")
    expect(page.locator("#gq-conversation .message")).to_have_count(0)


def test_a_page_that_does_not_exist_is_no_right_page(chat: Chat, tiny_settings: Settings) -> None:
    before = len(FeedbackStore(tiny_settings.data_dir).all())
    chat.ask(PRICE)
    chat.page.get_by_role("button", name="ページが違う").click()
    dialog = chat.page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("<b>999</b>")
    dialog.get_by_role("button", name="送る").click()

    expect(chat.page.locator(".gq-note")).to_contain_text("ページがありません")
    expect(chat.page.locator(".gq-note")).to_contain_text("<b>999</b>")
    assert len(FeedbackStore(tiny_settings.data_dir).all()) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_no_state_of_the_page_keeps_anybody_out(chat: Chat, scheme: Any, width: int) -> None:
    chat.page.emulate_media(color_scheme=scheme)
    chat.page.set_viewport_size({"width": width, "height": 800})
    chat.page.reload()
    expect(chat.page.locator("#gq-conversation .example").first).to_be_visible()
    expect(chat.page.locator('.examples[role="list"]')).to_have_count(0)
    found = violations(chat.page)
    chat.ask(PRICE)
    found += violations(chat.page)
    chat.ask("月の裏側の気温と火山の高さ")
    chat.page.get_by_role("button", name="絞り込み").click()
    found += violations(chat.page)

    assert found == []


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA and good practice."""
    rules = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
    response = Axe().run(page, options={"runOnly": rules}).response
    return [f"{item['id']}: {item['nodes'][0]['html'][:200]}" for item in response["violations"]]
