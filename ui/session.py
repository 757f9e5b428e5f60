"""What happens when a reader does something: asks, opens a page, says what an answer was worth."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import gradio

from guideqa.access.identity import Kind
from guideqa.assistant import AnswerReply, Assistant, GivenStatement
from guideqa.errors import GuideqaError, NotFoundError
from guideqa.feedback import Feedback, FeedbackStore, PagePlace, Verdict
from guideqa.operation.audit import Deed
from guideqa.page_images import PageImages
from guideqa.suggestions import RelatedQuestion, related_questions
from guideqa.types import Citation, Filters, Question, collection_label
from ui import messages, panel
from ui.caution import caution
from ui.examples import examples_of
from ui.history import question
from ui.keeping import Keeping, cleared
from ui.markup import escape, link_to, linked, linked_answer, linked_feedback
from ui.parts import BUSY, READY, Message, Update, is_question, message, record_of_event, update
from ui.talk import Talk, exchange_of

_log = logging.getLogger(__name__)


class Session:
    """The handlers of the page. They hold nothing of a reader: that travels as a Talk."""

    def __init__(
        self, assistant: Assistant, feedback: FeedbackStore, images: PageImages, keeping: Keeping
    ) -> None:
        """Parts that are ready made."""
        self._assistant = assistant
        self._feedback = feedback
        self._images = images
        self._keeping = keeping
        self._examples: tuple[str, list[str]] = ("", [])

    def greet(self, request: gradio.Request) -> tuple[Any, ...]:
        """The header with the documents, examples that they answer, and what can be filtered by."""
        keep, user, may = gradio.skip(), _user(request), _may_administer(request)
        try:
            index = self._assistant.index
        except GuideqaError as error:
            warning = f'<span class="gq-warning">{escape(str(error))}</span>'
            return (
                panel.header(warning, user, may_administer=may),
                keep,
                *([keep] * len(Filters.__dataclass_fields__)),
            )
        if self._examples[0] != index.name:
            self._examples = (index.name, examples_of(self._assistant))
        examples: list[Any] = [{"text": text} for text in self._examples[1]]
        documents = [stored.document for stored in index.store.documents.values()]
        collections = dict.fromkeys(item.collection for item in documents)
        return (
            panel.header(panel.documents(documents), user, may_administer=may),
            gradio.Chatbot(examples=examples),
            gradio.Dropdown(choices=list(index.entities.municipalities)),
            gradio.Dropdown(choices=list(index.entities.programmes)),
            gradio.Dropdown(
                choices=[(f"{item.title}（{item.status_label}）", item.id) for item in documents]
            ),
            gradio.Dropdown(choices=[(collection_label(name), name) for name in collections]),
            gradio.Dropdown(choices=list(index.entities.populations)),
        )

    def try_example(
        self, conversation: list[Message], talk: Talk, event: gradio.SelectData, request: gradio.Request
    ) -> Iterator[Update]:
        """Ask the example that was chosen; nothing is filtered out of it."""
        yield from self.answer(str(event.value["text"]), conversation, talk, request)

    def answer(
        self,
        text: str,
        conversation: list[Message],
        talk: Talk,
        request: gradio.Request,
        *filters: list[str],
        confirmed: bool = False,
    ) -> Iterator[Update]:
        """Answer a question, statement by statement, and open the first page that it cites."""
        if not text.strip():
            yield update(note=panel.note(messages.EMPTY_QUESTION))
            return
        answer_id = uuid4().hex
        said: list[Message] = [*conversation, message("user", question(text, answer_id))]
        searching = [*said, message("assistant", messages.SEARCHING)]
        yield update(conversation=searching, talk=talk, box=BUSY, note="")
        chosen = Filters(*(tuple(values or ()) for values in filters))
        given: list[GivenStatement] = []
        for part in self._answering(Question(text, talk.turns, chosen, confirmed), request):
            if isinstance(part, GivenStatement):
                given.append(part)
                if len(given) == 1:  # before anything can be clicked on, so that it replaces no page
                    yield update(sheet=self._opened_at(part.statement.citations[0]))
                yield update(conversation=[*said, message("assistant", messages.so_far(given))])
            elif isinstance(part, str):
                yield update(conversation=[*said, message("assistant", messages.notice(part))], box=READY)
            else:
                asked = Question(text, talk.turns, chosen)
                shown = messages.whole(part, answer_id, asked, self._related(asked, part))
                exchange = exchange_of(answer_id, text, part, shown)
                before, talk = talk, talk.with_exchange(exchange)  # no later than what can be clicked on
                yield update(evidence=panel.evidence(part), **({} if given else self._nearest_page(part)))
                note = self._keeping.keep(replace(talk, instead_of=before.instead_of), exchange, request)
                is_kept = self._keeping.is_on and not note
                note = note or caution(text, answer_id, withheld=part.withheld, is_kept=is_kept)
                answered = [*said, message("assistant", shown)]
                yield update(conversation=answered, talk=talk, box=READY, note=note)

    def ask_next(
        self,
        conversation: list[Message],
        talk: Talk,
        event: gradio.EventData,
        request: gradio.Request,
        *filters: list[str],
    ) -> Iterator[Update]:
        """Ask a question that was offered."""
        yield from self.answer(str(event.text), conversation, talk, request, *filters)

    def _related(self, asked: Question, reply: AnswerReply) -> Sequence[RelatedQuestion]:
        try:
            return related_questions(self._assistant, asked, reply)
        except GuideqaError:
            return ()

    def ask_again(
        self,
        conversation: list[Message],
        talk: Talk,
        event: gradio.EventData,
        request: gradio.Request,
        *filters: list[str],
    ) -> Iterator[Update]:
        """Put a question anew: it and all that followed it give way to the new one."""
        answer_id = linked_answer(str(event.link))
        places = (n for n, item in enumerate(conversation) if is_question(item, answer_id))
        kept = conversation[: next(places, len(conversation))]
        earlier = [key for key in talk.answers if any(is_question(item, key) for item in kept)]
        talk = talk.only(earlier)
        confirmed = event.confirmed is True
        yield from self.answer(str(event.text), kept, talk, request, *filters, confirmed=confirmed)

    def _answering(
        self, question: Question, request: gradio.Request
    ) -> Iterator[GivenStatement | AnswerReply | str]:
        """The answer as it comes, or what to tell the reader in its place."""
        record = record_of_event(request)
        assistant = record.of(self._assistant) if record else self._assistant
        try:
            yield from assistant.answering(question)
        except GuideqaError as error:
            yield str(error)
        except Exception as error:
            _log.error("An answer failed: %s", type(error).__name__)  # its message may hold the question
            yield messages.FAILED

    def start_again(self) -> Update:
        """A new conversation."""
        return cleared()

    def stopped(self) -> Any:
        """The input as it is when nothing runs."""
        return READY

    def open(self, event: gradio.EventData, request: gradio.Request) -> str:
        """The page that a link names."""
        try:
            opened = self._opened(str(event.link))
            self._note(str(event.link), request)
            return opened
        except GuideqaError as error:
            return f'<p class="gq-quiet gq-page-empty">{escape(str(error))}</p>'

    def _note(self, link: str, request: gradio.Request) -> None:
        """Write down which page somebody has opened."""
        record, place = record_of_event(request), linked(link)
        stored = self._assistant.index.store.documents.get(place[0]) if record and place else None
        for page in stored.pages if stored else ():
            if record and place and page.page.ref.index == place[1]:
                record.note(Deed.PAGE, "", page.page.ref)

    def judge(self, talk: Talk, event: gradio.EventData, request: gradio.Request) -> str:
        """Keep what a reader says of an answer."""
        record = record_of_event(request)
        try:
            self._keep(talk, str(event.link), str(event.document), str(event.label).strip())
            if record:
                record.note(Deed.FEEDBACK)
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

    def _nearest_page(self, reply: AnswerReply) -> dict[str, str]:
        related = reply.answer.related
        return {"sheet": self._opened(link_to(related[0].page)) if related else panel.EMPTY_PAGE}

    def _opened_at(self, citation: Citation) -> str:
        return self._opened(link_to(citation.page, citation.quote))

    def _opened(self, link: str) -> str:
        return panel.opened(self._assistant.index, self._images, link)


def _user(request: gradio.Request) -> str:
    """The name that somebody has signed in with here; "" for all others."""
    record = record_of_event(request)
    kind, _, name = record.caller.who.partition(":") if record else ("", "", "")
    return name if kind == Kind.USER else ""


def _may_administer(request: gradio.Request) -> bool:
    """Whether the page where documents are looked after is for this reader."""
    record = record_of_event(request)
    return bool(record and record.caller.may_administer)
