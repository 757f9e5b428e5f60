"""What happens when a reader looks for an earlier conversation: lists, opens, renames or deletes it."""

from __future__ import annotations

import logging

import gradio

from guideqa.assistant import Assistant
from guideqa.errors import GuideqaError, NotFoundError
from guideqa.history.records import Conversation, Exchange
from guideqa.history.store import ConversationStore
from guideqa.operation.audit import Deed
from guideqa.page_images import PageImages
from ui import history, panel
from ui.markup import talk_of
from ui.parts import READY, Message, Update, message, record_of_event, update
from ui.reader import owner_of
from ui.talk import Talk

_log = logging.getLogger(__name__)
NOT_KEPT = "回答はできましたが、会話の履歴に残せませんでした。"


class Keeping:
    """The handlers of the list of conversations. They hold nothing of a reader."""

    def __init__(self, assistant: Assistant, store: ConversationStore, images: PageImages) -> None:
        """Parts that are ready made."""
        self._assistant = assistant
        self._store = store
        self._images = images

    @property
    def is_on(self) -> bool:
        """Whether conversations are kept at all."""
        return self._store.is_on

    def listed(self, search: str | None, talk: Talk, request: gradio.Request) -> str:
        """The reader's conversations that hold these words."""
        owner = _owner(request)
        if not owner:
            return history.NOT_KEPT
        try:
            found, count = self._store.listed(owner, (search or "")[:200])
        except GuideqaError as error:
            return panel.note(str(error))
        if not found:
            return history.NOTHING_FOUND if (search or "").strip() else history.NOTHING_YET
        return history.listed(found, count, talk.id)

    def open(self, event: gradio.EventData, request: gradio.Request) -> Update:
        """A conversation as it was, its last answer's evidence beside it."""
        try:
            kept = self._store.get(_owner(request), _named(event)[0])
            return self._opened(kept, request)
        except GuideqaError as error:
            return update(note=panel.note(str(error)), box=READY)

    def _opened(self, kept: Conversation, request: gradio.Request) -> Update:
        index = self._assistant.index
        conversation: list[Message] = []
        anchored: list[history.Anchored] = []
        for exchange in kept.exchanges:
            anchored = [history.Anchored.of(item, index.store) for item in exchange.citations]
            conversation.append(message("user", history.question(exchange.question, exchange.id)))
            conversation.append(message("assistant", history.shown_again(exchange, anchored)))
        record = record_of_event(request)
        if record:
            pages = (item.page_in(index.store) for each in kept.exchanges for item in each.citations)
            record.note(Deed.HISTORY, "", *(page.page.ref for page in pages if page))
        sheet = panel.opened(index, self._images, anchored[0].link) if anchored else panel.EMPTY_PAGE
        return update(
            conversation=conversation,
            talk=Talk.of(kept),
            box=READY,
            note=panel.note(f"「{kept.title}」を開きました。続けて質問できます。"),
            evidence=history.evidence_again(anchored, index.store),
            sheet=sheet,
        )

    def rename(self, event: gradio.EventData, request: gradio.Request) -> str:
        """Give a conversation another name."""
        try:
            self._store.rename(_owner(request), _named(event)[0], str(event.text))
        except GuideqaError as error:
            return panel.note(str(error))
        return panel.note("会話の名前を変えました。")

    def forget(self, talk: Talk, event: gradio.EventData, request: gradio.Request) -> Update:
        """Delete a conversation for good, or all; one that is open is closed."""
        owner, (key, title) = _owner(request), _named(event)
        try:
            if key:
                self._store.forget(owner, key)
            elif owner:
                self._store.forget_all(owner)
        except NotFoundError:
            pass  # deleted in another window: it is gone, as was wished
        except GuideqaError as error:
            return update(note=panel.note(str(error)), box=READY)
        note = panel.note(f"「{title}」を削除しました。" if key else "会話をすべて削除しました。")
        return cleared(note) if not key or key == talk.id else update(note=note, box=READY)

    def keep(self, talk: Talk, exchange: Exchange, request: gradio.Request) -> str:
        """Keep a question with its answer, before the reader is shown that it is done; "" or what went wrong."""
        owner = _owner(request)
        try:
            if owner:
                self._store.add(owner, talk.id, exchange, talk.instead_of)
        except GuideqaError as error:
            _log.error("A conversation could not be kept: %s", type(error).__name__)
            return panel.note(NOT_KEPT)
        return ""


def cleared(note: str = "") -> Update:
    """The page as it is before the first question."""
    return [], Talk(), READY, note, panel.EMPTY_EVIDENCE, panel.EMPTY_PAGE


def _owner(request: gradio.Request) -> str:
    return owner_of(request.request.scope) if request.request else ""


def _named(event: gradio.EventData) -> tuple[str, str]:
    return talk_of(str(event.link))
