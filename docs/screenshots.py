"""Takes the pictures of docs/screens anew: `make screenshots`, after whatever changes how the chat looks.

The documents are the digest and the invented book of the tests (as a PDF), so nobody else's pages are shown.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[1]
SCREENS = REPOSITORY / "docs" / "screens"
sys.path.insert(0, str(REPOSITORY / "tests"))

from conftest import PATIENCE_SECONDS, environment_of, guideqa_command  # noqa: E402
from pdf_books import write_harukaze  # noqa: E402
from serving import program  # noqa: E402

from guideqa.settings import Settings, load_settings  # noqa: E402

COLOURS = 128
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOLDING = "玉東町の「つどいの広場」はどこで開かれている？"
PRICE = "星見町のショートステイの利用料は1泊いくら？"


@dataclass(frozen=True, slots=True)
class Screen:
    """A state of the chat: how one gets there, and on which screen."""

    name: str
    reach: Callable[[Page], None]
    width: int = 1366
    height: int = 768
    scheme: Any = "light"


def ask(page: Page, *questions: str) -> None:
    """Ask one after the other, and wait for each whole answer."""
    for question in questions:
        told = page.locator("#gq-conversation .gq-verdicts").count()
        page.get_by_role("textbox", name="質問").fill(question)
        page.get_by_role("textbox", name="質問").press("Enter")
        expect(page.locator("#gq-conversation .gq-verdicts")).to_have_count(told + 1)
        expect(page.get_by_role("button", name="送信")).to_be_visible()


def first_visit(page: Page) -> None:
    """Nothing has been asked yet."""


def page_picture(page: Page) -> None:
    """An answer from a PDF, its page as a picture with the sentence marked."""
    ask(page, PRICE)
    page.wait_for_function("document.querySelector('.gq-picture img').naturalWidth > 0")


def comparison(page: Page) -> None:
    """Two municipalities side by side."""
    ask(page, "玉東町と東御市のショートステイの委託先と課題を比べて")


def refusal(page: Page) -> None:
    """What the documents do not say."""
    ask(page, "玉東町の保育士の初任給はいくら？")


def follow_up(page: Page) -> None:
    """A question that leaves its subject out."""
    ask(page, HOLDING, "だれが運営している？")


def filters(page: Page) -> None:
    """Kept to one municipality."""
    page.get_by_role("button", name="絞り込み").click()
    page.get_by_label("自治体", exact=True).click()
    page.get_by_role("option", name="玉東町").click()
    page.keyboard.press("Escape")
    ask(page, "ショートステイの課題は？")


def history(page: Page) -> None:
    """The conversations before, and one of them opened again."""
    page.get_by_role("button", name="これまでの会話").click()
    page.get_by_role("list", name="会話").locator(".gq-talk").nth(1).click()
    expect(page.locator("#gq-conversation a.gq-marker").first).to_be_visible()


def on_a_phone(page: Page) -> None:
    """In the dark, on a telephone."""
    ask(page, HOLDING)


SCREENS_OF_THE_CHAT = (
    Screen("first-visit", first_visit),
    Screen("page-picture", page_picture),
    Screen("comparison", comparison),
    Screen("refusal", refusal),
    Screen("follow-up", follow_up),
    Screen("filters", filters),
    Screen("history", history),
    Screen("phone-dark", on_a_phone, 390, 844, "dark"),
)


@contextmanager
def server() -> Iterator[str]:
    """The chat over the digest and the invented book, in a data folder that goes afterwards."""
    with TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), corpus_dir=load_settings().corpus_dir)
        book = write_harukaze(Path(folder) / "harukaze.pdf")
        subprocess.run(guideqa_command("ingest", book), env=environment_of(settings), check=True)
        with program(settings) as address:
            yield address


def small(png: bytes) -> bytes:
    """The same picture in few colours: a fifth of the bytes."""
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()


def main() -> None:
    """Take every picture."""
    SCREENS.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with server() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        one_reader = browser.new_context().storage_state()
        for screen in SCREENS_OF_THE_CHAT:
            context = browser.new_context(
                viewport={"width": screen.width, "height": screen.height},
                color_scheme=screen.scheme,
                locale="ja-JP",
                storage_state=one_reader,
            )
            page = context.new_page()
            page.goto(address)
            expect(page.locator("#gq-conversation .example").first).to_be_visible()
            screen.reach(page)
            page.mouse.move(0, 0)
            page.wait_for_timeout(600)  # the browser's own movements
            (SCREENS / f"{screen.name}.png").write_bytes(small(page.screenshot()))
            one_reader = context.storage_state()
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
