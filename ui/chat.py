"""The chat's layout: the conversation on the left, the source on the right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio

from guideqa.assistant import Assistant
from guideqa.feedback import FeedbackStore
from guideqa.history.store import ConversationStore
from guideqa.page_images import PageImages
from ui import panel
from ui.keeping import Keeping
from ui.session import Session
from ui.talk import Talk

_SCRIPT = Path(__file__).parent / "assets" / "chat.js"
_CONCURRENT_ANSWERS = 8
# Municipality, programme, document, collection, population: the order of `Filters`.
FILTERS = ("自治体", "事業", "資料", "分類", "人口規模")
_WELCOME = (
    '<div class="gq-welcome"><h2>資料に聞く</h2><p>質問すると、資料の文をそのまま引いて答え、<br>'
    "載っているページを開きます。</p></div>"
)


def build_chat(
    assistant: Assistant, feedback: FeedbackStore, images: PageImages, history: ConversationStore
) -> gradio.Blocks:
    """The page. Its sessions share nothing but these parts."""
    page: gradio.Blocks = gradio.Blocks(title="資料に聞く｜guideqa", fill_width=True, analytics_enabled=False)
    with page:
        header = gradio.HTML(elem_id="gq-header")
        talk, pending = gradio.State(Talk()), gradio.State("")
        with gradio.Row(elem_id="gq-main", equal_height=False):
            with gradio.Column(elem_id="gq-talk", min_width=280, scale=5):
                again, search, talks = _history(history.is_on)
                conversation, filters = _conversation(), _filters()
                note = gradio.HTML(elem_id="gq-note")
                box = _box()
            with gradio.Column(elem_id="gq-source", min_width=280, scale=6):
                evidence = gradio.HTML(panel.EMPTY_EVIDENCE, elem_id="gq-evidence")
                sheet = gradio.HTML(
                    panel.EMPTY_PAGE, elem_id="gq-page", js_on_load=_SCRIPT.read_text(encoding="utf-8")
                )
        keeping = Keeping(assistant, history, images)
        session = Session(assistant, feedback, images, keeping)
        outputs = [conversation, talk, box, note, evidence, sheet]
        context = [conversation, talk, *filters]
        settings: Any = {"show_progress": "hidden", "api_visibility": "private"}
        page.load(session.greet, None, [header, conversation, *filters], **settings)
        # Taken out of the box in a step of its own: within the answer's, the box often kept it.
        taken = box.submit(lambda text: ("", text), [box], [box, pending], queue=False, **settings)
        asked = taken.then(session.answer, [pending, *context], outputs, **settings)
        tried = conversation.example_select(session.try_example, [conversation, talk], outputs, **settings)
        anew = sheet.ask_again(session.ask_again, context, outputs, cancels=[asked, tried], **settings)
        further = sheet.ask_next(session.ask_next, context, outputs, **settings)
        running: dict[str, Any] = {"cancels": [asked, tried, anew, further], **settings}
        box.stop(session.stopped, None, [box], **running)
        changes = [
            asked,
            tried,
            anew,
            further,
            conversation.clear(session.start_again, None, outputs, **settings),
            again.click(session.start_again, None, outputs, **running),
            sheet.open_talk(keeping.open, None, outputs, **running),
            sheet.rename_talk(keeping.rename, None, [note], **settings),
            sheet.forget_talk(keeping.forget, [talk], outputs, **running),
        ]
        if keeping.is_on:
            search.change(keeping.listed, [search, talk], [talks], trigger_mode="always_last", **settings)
            page.load(keeping.listed, [search, talk], [talks], **settings)
            for change in changes:
                change.then(keeping.listed, [search, talk], [talks], **settings)
        # By default, Gradio drops what is clicked while the click before is still being answered.
        sheet.open_source(session.open, None, [sheet], trigger_mode="always_last", **settings)
        sheet.give_feedback(session.judge, [talk], [note], trigger_mode="multiple", **settings)
    page.queue(default_concurrency_limit=_CONCURRENT_ANSWERS)
    return page


def _history(is_on: bool) -> tuple[gradio.Button, gradio.Textbox, gradio.HTML]:
    """A new conversation, and those before: the words to look for, and the list."""
    with gradio.Row(elem_id="gq-history"):
        with gradio.Accordion("これまでの会話", open=False, visible=is_on, elem_id="gq-kept"):
            search = gradio.Textbox(
                label="会話を検索",
                show_label=False,
                container=False,
                max_length=200,
                placeholder="会話を検索",
            )
            talks = gradio.HTML(elem_id="gq-talks")
        return gradio.Button("新しい会話", size="sm", min_width=100, scale=0), search, talks


def _conversation() -> gradio.Chatbot:
    return gradio.Chatbot(
        label="会話",
        show_label=False,
        elem_id="gq-conversation",
        height="100%",
        layout="bubble",
        buttons=[],
        latex_delimiters=[],
        feedback_options=None,
        group_consecutive_messages=False,
        placeholder=_WELCOME,
    )


def _box() -> gradio.Textbox:
    return gradio.Textbox(
        label="質問",
        show_label=False,
        container=False,
        lines=1,
        max_lines=6,
        max_length=20_000,
        autofocus=True,
        submit_btn="送信",
        elem_id="gq-question",
        placeholder="質問を入力（Enterで送信、Shift+Enterで改行）",
    )


def _filters() -> list[gradio.Dropdown]:
    with (
        gradio.Accordion(f"絞り込み（{'・'.join(FILTERS)}）", open=False, elem_id="gq-filters"),
        gradio.Row(),
    ):
        return [
            gradio.Dropdown(label=label, choices=[], multiselect=True, min_width=150) for label in FILTERS
        ]
