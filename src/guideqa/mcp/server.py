"""The three tools of the MCP server: they take and give what the API does, citations included."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import anyio.to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from guideqa import __version__
from guideqa.access.identity import Identity, Scope
from guideqa.api.document_schemas import PageOut
from guideqa.api.middleware import IDENTITY
from guideqa.api.requests import MAX_FILTER_CHARS, FiltersIn, ReadableText
from guideqa.api.schemas import MAX_HITS, AskResponse, SearchResponse
from guideqa.assistant import Assistant
from guideqa.errors import GuideqaError
from guideqa.operation.audit import Deed
from guideqa.operation.recording import Record, record_of
from guideqa.types import Question

_log = logging.getLogger(__name__)
_INSTRUCTIONS = (
    "行政文書（手引き、ガイドブックなど）を引用とページ番号つきで調べます。答えを使うときは、[1] などの番号の引用"
    "（文書の題名、ページ、引用文）を必ず添えてください。status が not_found なら、文書には書かれていません。"
    "引用の前後を確かめるには get_page でページを開きます。"
)
_READING = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_FAILED = "サーバーで問題が起きました。もう一度お試しください。"
_Answer = TypeVar("_Answer")

Chosen = Annotated[FiltersIn, Field(description="絞り込み（自治体、事業、文書、分類、人口規模）")]
Name = Annotated[ReadableText, Field(min_length=1, max_length=MAX_FILTER_CHARS)]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who uses a tool: over HTTP whoever the guard has let in, over stdio the owner of the process."""

    identity: Identity | None
    record: Record | None

    @classmethod
    def of(cls, context: Context[Any, Any], owner: Record | None) -> Caller:
        """The caller behind a call; `owner` is the record of whoever started the process."""
        request = context.request_context.request
        if request is None:
            return cls(None, owner)
        return cls(request.scope.get(IDENTITY), record_of(request.scope))

    def may(self, right: Scope) -> None:
        """Go on where the caller has this right.

        Raises:
            ToolError: they do not.
        """
        if self.identity is not None and right not in self.identity.scopes:
            raise ToolError(f"この道具には {right.value}（{right.label}）の権限が必要です。")

    def recorded(self, assistant: Assistant) -> Assistant:
        """The assistant, writing down what it shows to this caller."""
        return self.record.of(assistant) if self.record else assistant


def build_server(assistant: Assistant, owner: Record | None = None) -> MCPServer[Any]:
    """The server over an assistant; each transport has one of its own.

    `owner`: where it is written down what is shown over stdio; over HTTP each request has its own record.
    """
    server: MCPServer[Any] = MCPServer("guideqa", version=__version__, instructions=_INSTRUCTIONS)

    @server.tool(title="文書を検索する", annotations=_READING, structured_output=True)
    async def search_guidebook(
        context: Context[Any, Any],
        query: Annotated[ReadableText, Field(description="検索する言葉や文")],
        k: Annotated[int, Field(ge=1, le=MAX_HITS, description="件数")] = 10,
        filters: Chosen = FiltersIn(),  # noqa: B008 - frozen in effect: nobody changes it
    ) -> SearchResponse:
        """質問に近い箇所を、本文・見出し・ページ番号とともに、近い順に返します。"""
        caller = Caller.of(context, owner)
        caller.may(Scope.READ)
        reply = await _computed(
            lambda: caller.recorded(assistant).search(Question(query, (), filters.filters()), k)
        )
        return SearchResponse.of(query, reply)

    @server.tool(title="文書に質問する", annotations=_READING, structured_output=True)
    async def ask_guidebook(
        context: Context[Any, Any],
        question: Annotated[ReadableText, Field(description="質問（1つで意味の通る文にする）")],
        filters: Chosen = FiltersIn(),  # noqa: B008 - frozen in effect: nobody changes it
    ) -> AskResponse:
        """答えを、確かめた引用とページ番号つきで返します。書かれていなければ status が not_found になります。"""
        caller = Caller.of(context, owner)
        caller.may(Scope.ASK)
        return AskResponse.of(
            await _computed(lambda: caller.recorded(assistant).ask(Question(question, (), filters.filters())))
        )

    @server.tool(title="ページを開く", annotations=_READING, structured_output=True)
    async def get_page(
        context: Context[Any, Any],
        document: Annotated[Name, Field(description="文書のID（検索や回答の document.id）")],
        page: Annotated[Name, Field(description="印刷されたページ番号（page.label）")],
    ) -> PageOut:
        """ページの本文を、抽出したままの形で返します。前後のページ番号も返します。"""
        caller = Caller.of(context, owner)
        caller.may(Scope.READ)
        return await _computed(lambda: _page(assistant, caller, document, page))

    return server


def _page(assistant: Assistant, caller: Caller, document: str, label: str) -> PageOut:
    store = assistant.index.store
    stored, page = store.document(document), store.page(document, label)
    if caller.record:
        caller.record.note(Deed.PAGE, "", page.page.ref)
    return PageOut.from_stored(stored.document, page, stored.pages)


async def _computed(compute: Callable[[], _Answer]) -> _Answer:
    """In a thread, so that others are served meanwhile.

    Raises:
        ToolError: it failed; the message is for the reader. Of what nobody foresaw only the kind is told: its
            message may hold the question.
    """
    try:
        return await anyio.to_thread.run_sync(compute)
    except GuideqaError as error:
        raise ToolError(str(error)) from None
    except Exception as error:
        _log.error("An MCP tool failed: %s", type(error).__name__)
        raise ToolError(_FAILED) from None
