"""The chat: the conversation on the left, the source on the right."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio

from guideqa.assistant import AnswerReply, Assistant
from guideqa.errors import GuideqaError
from guideqa.types import Question, Turn
from ui import messages, panel
from ui.examples import examples_of
from ui.markup import escape, link_to

_log = logging.getLogger(__name__)
_SCRIPT = Path(__file__).parent / "assets" / "chat.js"
_CONCURRENT_ANSWERS = 8

Message = dict[str, Any]
# Conversation, turns, input, evidence, page.
Update = tuple[Any, Any, Any, Any, Any]


def build_chat(assistant: Assistant) -> gradio.Blocks:
    """The page. Its sessions share nothing but the assistant."""
    chat = _Chat(assistant)
    page: gradio.Blocks = gradio.Blocks(title="資料に聞く｜guideqa", fill_width=True, analytics_enabled=False)
    with page:
        header = gradio.HTML(elem_id="gq-header")
        turns, pending = gradio.State(()), gradio.State("")
        with gradio.Row(elem_id="gq-main", equal_height=False):
            with gradio.Column(elem_id="gq-talk", min_width=280, scale=5):
                conversation = gradio.Chatbot(
                    label="会話", show_label=False, elem_id="gq-conversation", height="100%", layout="bubble",
                    buttons=[], latex_delimiters=[], feedback_options=None,
                    group_consecutive_messages=False, placeholder=_WELCOME,
                )  # fmt: skip
                box = gradio.Textbox(
                    label="質問", show_label=False, container=False, lines=1, max_lines=6,
                    max_length=20_000, autofocus=True, submit_btn="送信", elem_id="gq-question",
                    placeholder="質問を入力（Enterで送信、Shift+Enterで改行）",
                )  # fmt: skip
            with gradio.Column(elem_id="gq-source", min_width=280, scale=6):
                evidence = gradio.HTML(panel.EMPTY_EVIDENCE, elem_id="gq-evidence")
                sheet = gradio.HTML(
                    panel.EMPTY_PAGE, elem_id="gq-page", js_on_load=_SCRIPT.read_text(encoding="utf-8")
                )
        outputs = [conversation, turns, box, evidence, sheet]
        settings: Any = {"show_progress": "hidden", "api_visibility": "private"}
        page.load(chat.greet, None, [header, conversation], **settings)
        # Taken out of the box in a step of its own: within the answer's, the box often kept it.
        taken = box.submit(lambda text: ("", text), [box], [box, pending], queue=False, **settings)
        asked = taken.then(chat.answer, [pending, conversation, turns], outputs, **settings)
        tried = conversation.example_select(chat.try_example, [conversation, turns], outputs, **settings)
        box.stop(chat.stopped, None, [box], cancels=[asked, tried], **settings)
        conversation.clear(chat.start_again, None, outputs, **settings)
        sheet.open_source(chat.open, None, [sheet], **settings)
    page.queue(default_concurrency_limit=_CONCURRENT_ANSWERS)
    return page


_WELCOME = (
    '<div class="gq-welcome"><h2>資料に聞く</h2><p>質問すると、資料の文をそのまま引いて答え、'
    "載っているページを右に開きます。</p></div>"
)


class _Chat:
    """What happens when a reader does something."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._examples: tuple[str, list[str]] = ("", [])

    def greet(self) -> tuple[str, Any]:
        """The header with the documents, and examples that they answer."""
        try:
            index = self._assistant.index
        except GuideqaError as error:
            return _header(f'<span class="gq-warning">{escape(str(error))}</span>'), gradio.skip()
        documents = "".join(
            f"<li>{panel.badge(stored.document)}『{escape(stored.document.title)}』"
            f"<small>{escape(stored.document.edition)}</small></li>"
            for stored in index.store.documents.values()
        )
        if self._examples[0] != index.name:
            self._examples = (index.name, examples_of(self._assistant))
        examples: list[Any] = [{"text": text} for text in self._examples[1]]
        return _header(f'<ul class="gq-documents">{documents}</ul>'), gradio.Chatbot(examples=examples)

    def try_example(
        self, conversation: list[Message], turns: tuple[Turn, ...], event: gradio.SelectData
    ) -> Iterator[Update]:
        """Ask the example that was chosen."""
        yield from self.answer(str(event.value["text"]), conversation, turns)

    def answer(self, text: str, conversation: list[Message], turns: tuple[Turn, ...]) -> Iterator[Update]:
        """Answer a question, statement by statement, and open the first page that it cites."""
        keep = gradio.skip()
        if not text.strip():
            gradio.Info(messages.EMPTY_QUESTION, duration=6, title="質問が空です")
            yield keep, keep, keep, keep, keep
            return
        said: list[Message] = [*conversation, _message("user", messages.question(text))]
        yield [*said, _message("assistant", messages.SEARCHING)], keep, _BUSY, keep, keep
        try:
            reply = self._assistant.ask(Question(text, turns))
        except GuideqaError as error:
            yield [*said, _message("assistant", messages.notice(str(error)))], keep, _READY, keep, keep
            return
        except Exception as error:
            _log.error("An answer failed: %s", type(error).__name__)  # its message may hold the question
            yield [*said, _message("assistant", messages.notice(_FAILED))], keep, _READY, keep, keep
            return
        evidence, sheet = panel.evidence(reply), self._first_page(reply)
        for content in messages.growing(reply):
            yield [*said, _message("assistant", content)], keep, keep, evidence, sheet
            evidence = sheet = keep
        turns = (*turns, Turn("user", text), Turn("assistant", reply.answer.markdown))
        yield keep, turns, _READY, keep, keep

    def start_again(self) -> Update:
        """A new conversation."""
        return [], (), _READY, panel.EMPTY_EVIDENCE, panel.EMPTY_PAGE

    def stopped(self) -> Any:
        """The input as it is when nothing runs."""
        return _READY

    def open(self, event: gradio.EventData) -> str:
        """The page that a link names."""
        try:
            return panel.opened(self._assistant.index, str(event.link))
        except GuideqaError as error:
            return f'<p class="gq-quiet gq-page-empty">{escape(str(error))}</p>'

    def _first_page(self, reply: AnswerReply) -> str:
        citations, related = reply.answer.citations, reply.answer.related
        if citations:
            return panel.opened(self._assistant.index, link_to(citations[0].page, citations[0].quote))
        return panel.opened(self._assistant.index, link_to(related[0].page)) if related else panel.EMPTY_PAGE


_FAILED = "サーバーで問題が起きました。もう一度お試しください。続く場合は管理者に知らせてください。"
_BUSY = {"submit_btn": False, "stop_btn": "停止", "__type__": "update"}
_READY = {"submit_btn": "送信", "stop_btn": False, "__type__": "update"}


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _header(content: str) -> str:
    return f'<header class="gq-bar"><h1>資料に聞く</h1>{content}<a href="/docs">API</a></header>'
