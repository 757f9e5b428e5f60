"""What happens when a reader does something: asks, opens a page, says what an answer was worth."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import gradio

from guideqa.assistant import AnswerReply, Assistant
from guideqa.errors import GuideqaError, NotFoundError
from guideqa.feedback import Feedback, FeedbackStore, PagePlace, Verdict
from guideqa.page_images import PageImages
from guideqa.types import Filters, Question, Turn, collection_label
from ui import messages, panel
from ui.examples import examples_of
from ui.markup import escape, link_to, linked_feedback

_log = logging.getLogger(__name__)

Message = dict[str, Any]
# Conversation, talk, input, note, evidence, page.
Update = tuple[Any, Any, Any, Any, Any, Any]

BUSY = {"submit_btn": False, "stop_btn": "停止", "__type__": "update"}
READY = {"submit_btn": "送信", "stop_btn": False, "__type__": "update"}


def update(**parts: Any) -> Update:
    """New values for the parts of the page that are named; the others stay."""
    names = ("conversation", "talk", "box", "note", "evidence", "sheet")
    conversation, talk, box, note, evidence, sheet = (parts.get(name, gradio.skip()) for name in names)
    return conversation, talk, box, note, evidence, sheet


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what its answer cited: what feedback on it is about."""

    question: str
    cited: tuple[PagePlace, ...]


@dataclass(frozen=True, slots=True)
class Talk:
    """One reader's conversation."""

    turns: tuple[Turn, ...] = ()
    answers: dict[str, Asked] = field(default_factory=dict)

    def with_answer(self, answer_id: str, text: str, reply: AnswerReply) -> Talk:
        """The conversation with one more question and its answer."""
        said = (Turn("user", text), Turn("assistant", reply.answer.markdown))
        places = (PagePlace(item.page.document_id, item.page.label) for item in reply.answer.citations)
        asked = Asked(text, tuple(dict.fromkeys(places)))
        return Talk((*self.turns, *said), self.answers | {answer_id: asked})


class Session:
    """The handlers of the page. They hold nothing of a reader: that travels as a Talk."""

    def __init__(self, assistant: Assistant, feedback: FeedbackStore, images: PageImages) -> None:
        """Parts that are ready made."""
        self._assistant = assistant
        self._feedback = feedback
        self._images = images
        self._examples: tuple[str, list[str]] = ("", [])

    def greet(self) -> tuple[str, Any, Any, Any, Any, Any]:
        """The header with the documents, examples that they answer, and what can be filtered by."""
        keep = gradio.skip()
        try:
            index = self._assistant.index
        except GuideqaError as error:
            warning = f'<span class="gq-warning">{escape(str(error))}</span>'
            return panel.header(warning), keep, keep, keep, keep, keep
        if self._examples[0] != index.name:
            self._examples = (index.name, examples_of(self._assistant))
        examples: list[Any] = [{"text": text} for text in self._examples[1]]
        documents = [stored.document for stored in index.store.documents.values()]
        collections = dict.fromkeys(item.collection for item in documents)
        return (
            panel.header(panel.documents(documents)),
            gradio.Chatbot(examples=examples),
            gradio.Dropdown(choices=list(index.entities.municipalities)),
            gradio.Dropdown(choices=list(index.entities.programmes)),
            gradio.Dropdown(
                choices=[(f"{item.title}（{item.status_label}）", item.id) for item in documents]
            ),
            gradio.Dropdown(choices=[(collection_label(name), name) for name in collections]),
        )

    def try_example(
        self, conversation: list[Message], talk: Talk, event: gradio.SelectData
    ) -> Iterator[Update]:
        """Ask the example that was chosen; nothing is filtered out of it."""
        yield from self.answer(str(event.value["text"]), conversation, talk)

    def answer(
        self, text: str, conversation: list[Message], talk: Talk, *filters: list[str]
    ) -> Iterator[Update]:
        """Answer a question, statement by statement, and open the first page that it cites."""
        if not text.strip():
            yield update(note=panel.note(messages.EMPTY_QUESTION))
            return
        said: list[Message] = [*conversation, _message("user", messages.question(text))]
        yield update(conversation=[*said, _message("assistant", messages.SEARCHING)], box=BUSY, note="")
        chosen = Filters(*(tuple(values or ()) for values in filters))
        reply, failure = self._asked(text, talk, chosen)
        if reply is None:
            yield update(conversation=[*said, _message("assistant", messages.notice(failure))], box=READY)
            return
        answer_id = uuid4().hex
        yield update(evidence=panel.evidence(reply), sheet=self._first_page(reply))
        *parts, whole = messages.growing(reply, answer_id, chosen)
        for part in parts:
            yield update(conversation=[*said, _message("assistant", part)])
        talk = talk.with_answer(answer_id, text, reply)  # no later than what a reader can click on
        yield update(conversation=[*said, _message("assistant", whole)], talk=talk, box=READY)

    def _asked(self, text: str, talk: Talk, filters: Filters) -> tuple[AnswerReply | None, str]:
        """The reply, or what to tell the reader in its place."""
        try:
            return self._assistant.ask(Question(text, talk.turns, filters)), ""
        except GuideqaError as error:
            return None, str(error)
        except Exception as error:
            _log.error("An answer failed: %s", type(error).__name__)  # its message may hold the question
            return None, messages.FAILED

    def start_again(self) -> Update:
        """A new conversation."""
        return [], Talk(), READY, "", panel.EMPTY_EVIDENCE, panel.EMPTY_PAGE

    def stopped(self) -> Any:
        """The input as it is when nothing runs."""
        return READY

    def open(self, event: gradio.EventData) -> str:
        """The page that a link names."""
        try:
            return self._opened(str(event.link))
        except GuideqaError as error:
            return f'<p class="gq-quiet gq-page-empty">{escape(str(error))}</p>'

    def judge(self, talk: Talk, event: gradio.EventData) -> str:
        """Keep what a reader says of an answer."""
        try:
            self._keep(talk, str(event.link), str(event.document), str(event.label).strip())
        except GuideqaError as error:
            return panel.note(str(error))
        return panel.note(messages.THANKS)

    def _keep(self, talk: Talk, link: str, document: str, label: str) -> None:
        answer_id, verdict = linked_feedback(link)
        asked = talk.answers.get(answer_id)
        if asked is None or verdict not in list(Verdict):
            raise NotFoundError("この会話は終わっています。もう一度質問してから送ってください。")
        right_page = None
        if verdict == Verdict.WRONG_PAGE:
            self._assistant.index.store.page(document, label)  # raises where there is no such page
            right_page = PagePlace(document, label)
        self._feedback.add(Feedback(answer_id, Verdict(verdict), asked.question, asked.cited, right_page))

    def _first_page(self, reply: AnswerReply) -> str:
        citations, related = reply.answer.citations, reply.answer.related
        if citations:
            return self._opened(link_to(citations[0].page, citations[0].quote))
        return self._opened(link_to(related[0].page)) if related else panel.EMPTY_PAGE

    def _opened(self, link: str) -> str:
        return panel.opened(self._assistant.index, self._images, link)


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}
