"""Whose conversation it is, and what a kept answer shows when the documents have changed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from guideqa.access.identity import ANYONE, Identity, Kind
from guideqa.assistant import Assistant
from guideqa.history.records import Exchange
from guideqa.history.store import ConversationStore
from guideqa.index.store import CorpusStore
from guideqa.operation.audit import Caller
from guideqa.operation.recording import RECORD, Record, Recorder
from guideqa.settings import Settings
from guideqa.types import Page, Question
from ui import messages
from ui.history import Anchored, evidence_again, shown_again
from ui.reader import COOKIE, ReaderCookie, owner_of
from ui.talk import Talk, exchange_of

QUESTION = "星見町のショートステイの利用料は1泊いくら？"
NUMBER = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def exchange(tiny_assistant: Assistant) -> Exchange:
    reply = tiny_assistant.ask(Question(QUESTION))
    return exchange_of("a1", QUESTION, reply, messages.whole(reply, "a1", Question(QUESTION)))


def changed(store: CorpusStore, page_of: dict[str, str]) -> CorpusStore:
    """The store with other texts on some pages of 「はるかぜ」."""
    stored = store.documents["harukaze"]
    pages = tuple(
        replace(page, page=Page(page.page.ref, page_of.get(page.page.ref.label, page.page.text)))
        for page in stored.pages
    )
    return CorpusStore(store.documents | {"harukaze": replace(stored, pages=pages)})


def anchored(exchange: Exchange, store: CorpusStore) -> list[Anchored]:
    return [Anchored.of(item, store) for item in exchange.citations]


def test_a_kept_answer_is_shown_as_it_was_while_its_pages_say_the_same(
    exchange: Exchange, tiny_assistant: Assistant
) -> None:
    store = tiny_assistant.index.store

    assert shown_again(exchange, anchored(exchange, store)) == exchange.shown
    assert "旧版" not in evidence_again(anchored(exchange, store), store)


def test_quotations_that_their_page_no_longer_holds_are_shown_as_of_an_older_edition(
    exchange: Exchange, tiny_assistant: Assistant
) -> None:
    store = changed(tiny_assistant.index.store, {"3": "利用料は1泊2,500円です。"})

    shown = shown_again(exchange, anchored(exchange, store))

    assert "引用1、2は今のページにありません" in shown
    assert "1 旧版</a>" in shown
    assert "000円" in shown, "what was said stays as it was said"
    assert "%E6%97%A7%E7%89%88" in shown, "a copy says so too"
    assert "旧版" in evidence_again(anchored(exchange, store), store)
    assert "quote" not in anchored(exchange, store)[0].link


def test_a_kept_answer_whose_document_is_gone_still_shows_what_it_quoted(
    exchange: Exchange, tiny_assistant: Assistant
) -> None:
    documents = dict(tiny_assistant.index.store.documents)
    del documents["harukaze"]
    store = CorpusStore(documents)

    assert "1 旧版</a>" in shown_again(exchange, anchored(exchange, store))
    assert "『はるかぜ自治体事例集』" in evidence_again(anchored(exchange, store), store)


def test_a_conversation_is_gone_on_with_where_it_was_left(exchange: Exchange, tmp_path: Path) -> None:
    store = ConversationStore(tmp_path, days=30)
    talk = Talk()
    for key in ("a1", "a2", "a3"):
        talk = talk.with_exchange(replace(exchange, id=key))
        store.add("user:山田", talk.id, replace(exchange, id=key))

    opened = Talk.of(store.get("user:山田", talk.id))

    assert opened == talk
    assert opened.only(["a1"]).turns == talk.turns[:2]
    assert opened.only(["a1"]).instead_of == "a2"
    assert opened.only(["a1"]).only([]).instead_of == "a1"
    assert list(opened.only(["a1", "a3"]).answers) == ["a1"]


def scope_of(who: object, cookie: str = "", path: str = "/", scheme: str = "http") -> dict[str, Any]:
    """A request of somebody."""
    record = Record(Recorder.of(Settings(audit=False)), Caller(str(who), "127.0.0.1", "r"))
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return {
        "type": "http", "method": "GET", "path": path, "scheme": scheme, "headers": headers, RECORD: record,
    }  # fmt: skip


def cookies_given(scope: dict[str, Any]) -> list[str]:
    """What the browser is told to keep."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    asyncio.run(ReaderCookie(PlainTextResponse("page"))(scope, receive, send))
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


def test_a_browser_without_a_sign_in_gets_a_number_that_no_script_reads_and_keeps_it() -> None:
    (first,) = cookies_given(scope_of(ANYONE))
    (again,) = cookies_given(scope_of(ANYONE, f"other=1; {COOKIE}={NUMBER}"))
    (secure,) = cookies_given(scope_of(ANYONE, f"{COOKIE}=<script>", scheme="https"))

    assert "HttpOnly" in first
    assert "SameSite=Lax" in first
    assert again.startswith(f"{COOKIE}={NUMBER};")
    assert "script" not in secure
    assert "Secure" in secure
    assert first.split(";")[0] != secure.split(";")[0]


def test_who_has_signed_in_and_other_paths_get_no_number() -> None:
    assert cookies_given(scope_of(Identity(Kind.USER, "山田"))) == []
    assert cookies_given(scope_of(ANYONE, path="/theme.css")) == []


def test_conversations_belong_to_the_name_that_was_signed_in_with_else_to_the_browser() -> None:
    mine = owner_of(scope_of(ANYONE, f"{COOKIE}={NUMBER}"))

    assert owner_of(scope_of(Identity(Kind.USER, "山田"), f"{COOKIE}={NUMBER}")) == "user:山田"
    assert owner_of(scope_of(Identity(Kind.PROXY, "山田"))) == "proxy:山田"
    assert mine.startswith("browser:")
    assert NUMBER not in mine
    assert mine != owner_of(scope_of(ANYONE, f"{COOKIE}={NUMBER[::-1]}"))
    assert owner_of(scope_of(ANYONE)) == owner_of(scope_of(ANYONE, f"{COOKIE}=x")) == ""
