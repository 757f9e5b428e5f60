"""A question that tells who somebody is goes to a language model only when its reader has said so, by clicking."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from scripted_model import says, scripted_model
from serving import program
from test_chat_browser import CHROMIUM, Chat, browser, context_of, violations

from guideqa.settings import Settings

__all__ = ["browser"]

QUESTION = "星見町のショートステイの利用料は1泊いくら？電話は090-1234-5678です"
WRITTEN = "星見町の利用料は1泊2,000円です。⟦利用料は1泊2,000円⟧"
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"
)


def test_it_is_withheld_and_said_so_then_sent_when_its_reader_confirms(
    browser: Browser, tiny_settings: Settings
) -> None:
    with scripted_model() as model:
        model.will(says(WRITTEN))
        environment = {"GUIDEQA_LLM_URL": model.url, "GUIDEQA_LLM_MODEL": "scripted"}
        with program(tiny_settings, **environment) as address:
            context = context_of(browser)
            chat = Chat(context.new_page(), address).open()
            page, dialog = chat.page, chat.page.get_by_role("dialog")
            chat.ask(QUESTION)

            note = page.locator(".gq-note")
            expect(note).to_contain_text("個人の情報（電話番号）があるようです")
            expect(note).to_contain_text("言語モデルには送っていません")
            expect(page.locator("#gq-conversation a.gq-marker").first).to_be_visible()
            assert violations(page) == []

            note.get_by_role("button", name="送って答え直す").click()
            expect(dialog).to_contain_text("言語モデルのサーバーに送ります")
            assert violations(page) == []
            dialog.get_by_role("button", name="やめる").click()
            expect(dialog).to_have_count(0)
            assert model.heard == []

            note.get_by_role("button", name="送って答え直す").click()
            dialog.get_by_role("button", name="送る").click()
            expect(page.get_by_text("星見町の利用料は1泊2,000円です。")).to_be_visible()
            expect(page.locator("#gq-conversation .user.message")).to_have_count(1)
            expect(page.get_by_role("button", name="送信")).to_be_visible()
            assert len(model.heard) == 1
            assert "090-1234-5678" in model.heard[0].prompt
            context.close()

    assert chat.outside == []
