"""The MCP server, asked by the official SDK's own client, over stdio and over HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import httpx
import httpx2
import pytest
from conftest import environment_of, guideqa_command
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent
from serving import served

from guideqa.access.identity import Scope
from guideqa.access.keys import KeyStore
from guideqa.api.app import create_app
from guideqa.assistant import Assistant
from guideqa.settings import Access, Settings

QUESTION = "星見町のショートステイの利用料は1泊いくら？"
Talk = Callable[[Client], Awaitable[Any]]


@pytest.fixture(scope="module")
def settings(tiny_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Closed to all without a key; other sites' pages may call from one place."""
    return tiny_settings.model_copy(
        update={
            "data_dir": tmp_path_factory.mktemp("mcp"),
            "access": Access.REQUIRED,
            "cors_origins": "https://portal.example.lg.jp",
        }
    )


@pytest.fixture(scope="module")
def server(settings: Settings, tiny_assistant: Assistant) -> Iterator[httpx.Client]:
    with served(create_app(tiny_assistant, settings)) as client:
        yield client


def key_of(settings: Settings, *scopes: Scope) -> str:
    return KeyStore(settings.data_dir).create("-".join(scopes), scopes)[1]


@pytest.fixture(scope="module")
def key(settings: Settings) -> str:
    return key_of(settings, Scope.READ, Scope.ASK)


def over_http(server: httpx.Client, key: str, talk: Talk, mode: Any = "auto") -> Any:
    """Connect with a key, and talk."""

    async def run() -> Any:
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http:
            transport = streamable_http_client(f"{server.base_url}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                return await talk(client)

    return asyncio.run(run())


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def whole_way(client: Client) -> None:
    """Find the tools, ask, and open the page that the answer cites."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"search_guidebook", "ask_guidebook", "get_page"}
    for tool in tools.values():
        assert tool.output_schema is not None
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert "context" not in tool.input_schema["properties"]

    answer = (await client.call_tool("ask_guidebook", {"question": QUESTION})).structured_content
    assert answer is not None
    assert answer["status"] == "answered"
    citation = answer["citations"][0]
    assert citation["number"] == 1
    place = {"document": citation["document"]["id"], "page": citation["page"]["label"]}
    page = (await client.call_tool("get_page", place)).structured_content
    assert page is not None
    assert citation["quote"] in page["text"].replace("\n", "")
    assert page["next"] == "4"

    found = await client.call_tool(
        "search_guidebook", {"query": "里親", "k": 3, "filters": {"municipality": ["星見町"]}}
    )
    assert found.structured_content is not None
    hits = found.structured_content["hits"]
    assert 1 <= len(hits) <= 3
    assert all(hit["pages"] and hit["document"]["title"] for hit in hits)


def test_the_whole_way_over_stdio(tiny_settings: Settings, tmp_path: Path) -> None:
    command, *arguments = guideqa_command("mcp")
    program = StdioServerParameters(
        command=command, args=arguments, env=environment_of(tiny_settings), cwd=tmp_path
    )

    async def run() -> None:
        async with Client(program) as client:
            await whole_way(client)

    asyncio.run(run())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_whole_way_over_http(server: httpx.Client, key: str, mode: str) -> None:
    over_http(server, key, whole_way, mode)


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("ask_guidebook", {"question": "　"}, "質問が空です"),
        ("ask_guidebook", {"question": "あ" * 3000}, "2,000文字以内"),
        ("get_page", {"document": "harukaze", "page": "999"}, "ページがありません"),
        ("get_page", {"document": "../keys.sqlite", "page": "1"}, "文書がありません"),
        ("search_guidebook", {"query": "里親", "k": 100_000}, "k"),
        ("ask_guidebook", {"question": "里親\0"}, "文字として扱えない"),
    ],
)
def test_what_is_off_is_said_in_words_and_is_no_failure_of_the_server(
    server: httpx.Client, key: str, tool: str, arguments: dict[str, Any], says: str
) -> None:
    result = over_http(server, key, lambda client: client.call_tool(tool, arguments))

    assert result.is_error
    assert says in text_of(result)


def test_what_the_documents_do_not_say_is_an_answer_too(server: httpx.Client, key: str) -> None:
    question = {"question": "月の裏側の気温と火山の高さ"}
    result = over_http(server, key, lambda client: client.call_tool("ask_guidebook", question))

    assert not result.is_error
    assert result.structured_content["status"] == "not_found"
    assert result.structured_content["citations"] == []


def test_each_tool_needs_its_own_right(server: httpx.Client, settings: Settings) -> None:
    async def both(client: Client) -> list[bool]:
        asked = await client.call_tool("ask_guidebook", {"question": QUESTION})
        opened = await client.call_tool("get_page", {"document": "harukaze", "page": "3"})
        return [asked.is_error, opened.is_error]

    assert over_http(server, key_of(settings, Scope.READ), both) == [True, False]
    assert over_http(server, key_of(settings, Scope.ASK), both) == [False, True]


def test_nobody_gets_in_without_a_key_and_no_page_of_another_site_does(
    server: httpx.Client, key: str
) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    allowed = {"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"}

    def status(**headers: str) -> int:
        return server.post("/mcp", json=call, headers=headers).status_code

    assert status() == 401
    assert status(Authorization="Bearer wrong") == 401
    assert status(**allowed, Origin="http://evil.example") == 403
    assert status(**allowed, Origin=str(server.base_url)) == 403
    assert status(**allowed, Origin="https://portal.example.lg.jp") == 200
    assert server.get("/mcp", headers=allowed).status_code == 405


def test_who_opened_which_page_is_written_down_but_not_what_was_asked(
    server: httpx.Client, key: str, settings: Settings
) -> None:
    over_http(server, key, lambda client: client.call_tool("ask_guidebook", {"question": QUESTION}))

    (log,) = (settings.data_dir / "audit").iterdir()
    written = log.read_text(encoding="utf-8")
    assert '"did": "ask"' in written
    assert "key:read-ask" in written
    assert "利用料" not in written


@pytest.mark.parametrize("kept", [False, True])
def test_questions_are_logged_only_where_an_administrator_wants_it(
    tiny_assistant: Assistant, settings: Settings, key: str, caplog: pytest.LogCaptureFixture, kept: bool
) -> None:
    app = create_app(tiny_assistant, settings.model_copy(update={"log_questions": kept}))
    with caplog.at_level(logging.DEBUG, "guideqa"), served(app) as server:
        for tool, named in (("ask_guidebook", "question"), ("search_guidebook", "query")):
            over_http(server, key, lambda client, call=(tool, {named: QUESTION}): client.call_tool(*call))

    assert [item.getMessage().count(QUESTION) for item in caplog.records if "質問" in item.getMessage()] == (
        [1, 1] if kept else []
    )


def test_over_stdio_it_is_written_down_too_with_the_questions_in_the_log_where_that_is_wanted(
    tiny_settings: Settings, tmp_path: Path
) -> None:
    index, log = tmp_path / "data" / "index", tmp_path / "stderr"
    index.parent.mkdir()
    index.symlink_to(tiny_settings.index_dir)
    own = tiny_settings.model_copy(update={"data_dir": index.parent})
    command, *arguments = guideqa_command("mcp")

    program = StdioServerParameters(
        command=command,
        args=arguments,
        env=environment_of(own, GUIDEQA_LOG_QUESTIONS="true"),
        cwd=tmp_path,
    )

    async def run(errors: TextIO) -> None:
        async with Client(stdio_client(program, errlog=errors)) as client:
            await client.call_tool("ask_guidebook", {"question": QUESTION})
            await client.call_tool("get_page", {"document": "harukaze", "page": "3"})

    with log.open("w", encoding="utf-8") as errors:
        asyncio.run(run(errors))

    assert QUESTION in log.read_text(encoding="utf-8")
    (audit,) = (own.data_dir / "audit").iterdir()
    written = audit.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in written.splitlines()]
    assert [(line["who"], line["did"]) for line in lines] == [("stdio", "ask"), ("stdio", "page")]
    assert "利用料" not in written
