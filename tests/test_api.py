"""The HTTP API, over a real server: its contract, and that no request brings it down."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import pipeline_of
from serving import served

from guideqa.api.app import MAX_BODY_BYTES, create_app
from guideqa.assistant import Assistant
from guideqa.encoder.nano import NanoEncoder
from guideqa.settings import Settings
from guideqa.text.normalization import comparable
from guideqa.wiring import build_assistant
from ingest.pipeline import Request

PRICE = "星見町のショートステイの利用料は1泊いくら？"


@pytest.fixture(scope="module")
def api(tiny_assistant: Assistant, tiny_settings: Settings) -> Iterator[httpx.Client]:
    with served(create_app(tiny_assistant, tiny_settings)) as client:
        yield client


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem details of a response that must be one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    details: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail"} <= set(details)
    assert details["status"] == status
    assert "Traceback" not in response.text
    return details


def test_an_answer_has_the_fields_of_the_contract(api: httpx.Client) -> None:
    answer = api.post("/v1/ask", json={"question": PRICE}).raise_for_status().json()

    assert set(answer) >= {
        "id", "status", "answer", "confidence", "rewritten_question", "took_ms", "citations", "related"
    }  # fmt: skip
    assert answer["status"] == "answered"
    first = answer["citations"][0]
    assert set(first) >= {"number", "page", "quote", "passage_id", "document", "url"}
    assert first["page"]["label"] == "3"
    assert first["document"]["kind"] == "original"
    assert f"[{first['number']}]" in answer["answer"]


def test_a_citation_url_opens_the_page_that_holds_the_quote(api: httpx.Client) -> None:
    citation = api.post("/v1/ask", json={"question": PRICE}).json()["citations"][0]

    page = api.get(citation["url"]).raise_for_status().json()

    assert comparable(citation["quote"]) in comparable(page["text"])
    assert (page["label"], page["previous"], page["next"]) == ("3", "2", "4")


def test_a_search_returns_ranked_hits_with_both_page_numbers(api: httpx.Client) -> None:
    found = api.post("/v1/search", json={"query": "読み聞かせの会", "k": 3}).raise_for_status().json()

    assert [hit["rank"] for hit in found["hits"]] == list(range(1, len(found["hits"]) + 1))
    assert set(found["hits"][0]["pages"][0]) == {"index", "label"}
    assert found["hits"][0]["document"]["kind"] == "digest"


def test_filters_keep_only_their_document(api: httpx.Client) -> None:
    documents = [item["id"] for item in api.get("/v1/documents").json()["documents"]]
    for document in documents:
        body = {"query": "こども", "filters": {"document": [document]}}
        hits = api.post("/v1/search", json=body).json()["hits"]
        assert {hit["document"]["id"] for hit in hits} == {document}


def test_a_collection_keeps_the_documents_of_others_out(api: httpx.Client) -> None:
    listed = api.get("/v1/documents").json()["documents"]
    assert {(item["id"], item["collection"]) for item in listed} == {
        ("harukaze", "own"),
        ("komorebi-digest", "guidebook"),
    }
    for item in listed:
        body = {"query": "こども", "filters": {"collection": [item["collection"]]}}
        hits = api.post("/v1/search", json=body).json()["hits"]
        assert {hit["document"]["id"] for hit in hits} == {item["id"]}


def test_a_stream_ends_with_the_same_answer_that_is_given_at_once(api: httpx.Client) -> None:
    whole = api.post("/v1/ask", json={"question": PRICE}).json()

    response = api.post("/v1/ask", json={"question": PRICE, "stream": True})

    assert response.headers["content-type"].startswith("text/event-stream")
    events = [parsed(block) for block in response.text.strip().split("\n\n")]
    names = [name for name, _ in events]
    assert names[0] == "status"
    assert names[-1] == "done"
    assert set(names[1:-1]) == {"statement"}
    assert events[-1][1]["answer"] == whole["answer"] == "\n\n".join(d["text"] for _, d in events[1:-1])
    assert events[1][1]["citations"][0]["url"] == whole["citations"][0]["url"]


def parsed(block: str) -> tuple[str, dict[str, Any]]:
    """Name and data of one server-sent event."""
    name, data = block.split("\n", 1)
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_every_document_and_page_can_be_walked_to_its_end(api: httpx.Client) -> None:
    for document in api.get("/v1/documents").json()["documents"]:
        one = api.get(f"/v1/documents/{document['id']}").raise_for_status().json()
        assert one == document
        assert one["indexed_pages"] + one["empty_pages"] + one["excluded_pages"] == one["pages"]
    seen = []
    label: str | None = "i"
    while label:
        page = api.get(f"/v1/documents/harukaze/pages/{label}").raise_for_status().json()
        seen.append(page["label"])
        label = page["next"]
    assert seen == ["i", "ii", *map(str, range(1, 9))]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/ask", {"question": ""}, 422),
        ("/v1/ask", {"question": " \u3000\n"}, 422),
        ("/v1/ask", {"question": "あ" * 2001}, 422),
        ("/v1/ask", {"question": 5}, 422),
        ("/v1/ask", {"question": None}, 422),
        ("/v1/ask", {}, 422),
        ("/v1/ask", [], 422),
        ("/v1/ask", {"question": "a\0b"}, 422),
        ("/v1/ask", {"question": "質問", "unknown": 1}, 422),
        ("/v1/ask", {"question": "質問", "stream": "perhaps"}, 422),
        ("/v1/ask", {"question": "", "stream": True}, 422),
        ("/v1/ask", {"question": "質問", "history": [{"role": "system", "content": "x"}]}, 422),
        ("/v1/ask", {"question": "質問", "filters": {"municipality": "水俣市"}}, 422),
        ("/v1/ask", {"question": "質問", "filters": {"document": ["x"] * 101}}, 422),
        ("/v1/search", {"query": "質問", "k": 0}, 422),
        ("/v1/search", {"query": "質問", "k": 10**30}, 422),
        ("/v1/search", {"query": "質問", "k": -1}, 422),
        ("/v1/search", {"query": "質問", "k": "many"}, 422),
    ],
)
def test_what_is_off_in_a_request_is_said_in_japanese(
    api: httpx.Client, path: str, body: Any, status: int
) -> None:
    details = problem(api.post(path, json=body), status)

    assert any("ぁ" <= character <= "ん" for character in details["detail"])


@pytest.mark.parametrize(
    "content",
    [
        b"{", b"", b"\xff\xfe", b'{"question": "\\ud800"}', b"null", b"[" * 50_000,
        b'{"question": "x", "k": ' + b"9" * 5000 + b"}", '{"question": "質問"}'.encode("shift_jis"), b"NaN",
    ],
)  # fmt: skip
def test_what_is_no_json_or_no_text_is_refused(api: httpx.Client, content: bytes) -> None:
    response = api.post("/v1/ask", content=content, headers={"content-type": "application/json"})

    assert problem(response, response.status_code)["status"] in (400, 422)


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_refused_whether_or_not_its_length_is_told(
    api: httpx.Client, announced: bool
) -> None:
    body = json.dumps({"question": "x" * MAX_BODY_BYTES}).encode()
    pieces = (body[begin : begin + 65536] for begin in range(0, len(body), 65536))

    response = api.post("/v1/ask", content=body if announced else pieces)

    problem(response, 413)
    assert api.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/documents/no-such", 404),
        ("GET", "/v1/documents/harukaze/pages/999", 404),
        ("GET", "/v1/documents/harukaze/pages/..%2F..%2Fetc%2Fpasswd", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("GET", "/v1/ask", 405),
        ("DELETE", "/v1/documents", 405),
        ("POST", "/healthz", 405),
    ],
)
def test_what_is_not_there_is_a_problem(api: httpx.Client, method: str, path: str, status: int) -> None:
    problem(api.request(method, path), status)


def test_the_documentation_asks_for_nothing_outside(api: httpx.Client) -> None:
    page = api.get("/docs").raise_for_status().text

    assert "https://" not in page
    assert api.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
    schema = api.get("/openapi.json").raise_for_status().json()
    assert {"/v1/ask", "/v1/search", "/v1/documents", "/readyz"} <= set(schema["paths"])
    assert "Problem" in schema["components"]["schemas"]


def test_a_server_without_an_index_is_alive_but_not_ready(
    tmp_path: Path, encoder: NanoEncoder, tiny_settings: Settings
) -> None:
    settings = Settings(data_dir=tmp_path, corpus_dir=tiny_settings.corpus_dir)
    with served(create_app(build_assistant(settings, encoder), settings)) as client:
        assert client.get("/healthz").status_code == 200
        assert "guideqa ingest" in problem(client.get("/readyz"), 503)["detail"]
        for stream in (False, True):
            problem(client.post("/v1/ask", json={"question": PRICE, "stream": stream}), 503)

        pipeline_of(settings, encoder).ingest(Request())

        assert client.get("/readyz").json()["status"] == "ready"
        assert client.get("/v1/documents").status_code == 200


class _Broken:
    """An assistant that fails in a way that nobody foresaw, with the question in its message."""

    index = None

    def answering(self, question: Any, **_: Any) -> None:
        raise RuntimeError(question.text)


def test_the_unforeseen_is_a_plain_500_that_says_and_logs_nothing_of_the_question(
    tiny_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    broken: Any = _Broken()
    with caplog.at_level(logging.DEBUG), served(create_app(broken, tiny_settings)) as client:
        details = problem(client.post("/v1/ask", json={"question": "極秘の相談"}), 500)
        streamed = client.post("/v1/ask", json={"question": "極秘の相談", "stream": True}).text

    assert "極秘" not in json.dumps(details, ensure_ascii=False) + streamed + caplog.text
    assert "event: error" in streamed
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("kept", [False, True])
def test_questions_are_logged_only_where_an_administrator_wants_it(
    tiny_assistant: Assistant, tiny_settings: Settings, caplog: pytest.LogCaptureFixture, kept: bool
) -> None:
    settings = tiny_settings.model_copy(update={"log_questions": kept})
    with caplog.at_level(logging.DEBUG), served(create_app(tiny_assistant, settings)) as client:
        client.post("/v1/ask", json={"question": "星見町の里親の世帯数は？"}).raise_for_status()
        client.post("/v1/search", json={"query": "星見町の里親の世帯数は？"}).raise_for_status()

    assert ("里親の世帯数" in caplog.text) is kept


def test_many_questions_at_once_are_all_answered(api: httpx.Client) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def ask(number: int) -> int:
        return api.post("/v1/ask", json={"question": f"星見町の里親は何世帯？{number}"}).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(48))) == {200}


def test_every_response_keeps_browsers_from_loading_anything_elsewhere(api: httpx.Client) -> None:
    for path in ("/v1/documents", "/docs", "/v1/nothing", "/healthz"):
        headers = api.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("given", "kept"), [("abc-1", True), ("a b", False), ("x" * 65, False)])
def test_a_harmless_request_id_is_kept_and_any_other_replaced(
    api: httpx.Client, given: str, kept: bool
) -> None:
    answered = api.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]

    assert (answered == given) is kept
    assert answered
