"""What a server tells those who look after it: who saw which page, how much it does, and never what was asked."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import PATIENCE_SECONDS, eventually
from serving import served

from guideqa.access.identity import Scope
from guideqa.access.keys import KeyStore
from guideqa.api.app import create_app
from guideqa.assistant import Assistant
from guideqa.operation.audit import AuditLog, Caller, Deed, Entry
from guideqa.operation.logs import FIELDS, JsonLines
from guideqa.operation.recording import RecordedAssistant
from guideqa.settings import Settings
from guideqa.types import PageRef

PRICE = "星見町のショートステイの利用料は1泊いくら？"
CALLER = Caller("key:test", "192.0.2.1", "r1")


@pytest.fixture
def settings(tiny_settings: Settings, tmp_path: Path) -> Settings:
    return tiny_settings.model_copy(update={"data_dir": tmp_path})


@pytest.fixture
def key(settings: Settings) -> dict[str, str]:
    _, token = KeyStore(settings.data_dir).create("庁内ポータル", {Scope.READ, Scope.ASK})
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def api(tiny_assistant: Assistant, settings: Settings, key: dict[str, str]) -> Iterator[httpx.Client]:
    with served(create_app(tiny_assistant, settings)) as client:
        client.headers.update(key)
        yield client


def audited(data_dir: Path) -> list[dict[str, Any]]:
    """Every line of the audit log."""
    files = sorted((data_dir / "audit").glob("*.jsonl"))
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def test_who_asked_when_and_which_pages_were_shown_is_written_down_but_not_what(
    api: httpx.Client, settings: Settings
) -> None:
    answer = api.post("/v1/ask", json={"question": PRICE}, headers={"X-Request-ID": "r-1"}).json()
    api.post("/v1/ask", json={"question": PRICE, "stream": True})
    api.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": PRICE}]})
    api.post("/v1/ask", json={"question": "月の裏側の気温と火山の高さ"})
    api.post("/v1/search", json={"query": "里親", "k": 2})
    api.get("/v1/documents/harukaze/pages/3")
    api.post("/v1/feedback", json={"answer_id": "a", "verdict": "useful", "question": PRICE})

    lines = audited(settings.data_dir)

    assert [line["did"] for line in lines] == ["ask"] * 4 + ["search", "page", "feedback"]
    assert {line["who"] for line in lines} == {"key:庁内ポータル"}
    assert {line["address"] for line in lines} == {"127.0.0.1"}
    cited = {(item["document"]["id"], item["page"]["label"]) for item in answer["citations"]}
    for line in lines[:3]:
        assert line["outcome"] == "answered"
        assert {(page["document"], page["page"]) for page in line["pages"]} == cited
    assert lines[0]["request"] == "r-1"
    assert (lines[3]["outcome"], lines[3]["pages"]) == ("not_found", [])
    assert lines[5]["pages"] == [{"document": "harukaze", "page": "3"}]
    assert abs((datetime.now().astimezone() - datetime.fromisoformat(lines[0]["at"])).total_seconds()) < 3600
    written = json.dumps(lines, ensure_ascii=False)
    assert not [word for word in (PRICE, "利用料", "里親", "火山", "円") if word in written]


def test_a_stream_that_its_reader_leaves_is_written_down_with_what_was_shown(
    tiny_assistant: Assistant, settings: Settings
) -> None:
    from guideqa.operation.recording import Record, Recorder
    from guideqa.types import Question

    assistant = Record(Recorder.of(settings), CALLER).of(tiny_assistant)
    parts = assistant.answering(Question(PRICE))
    next(parts)
    parts.close()  # type: ignore[attr-defined]

    (line,) = audited(settings.data_dir)
    assert line["outcome"] == "interrupted"
    assert line["pages"]


def test_nothing_that_an_assistant_does_goes_unrecorded() -> None:
    public = {name for name in vars(Assistant) if not name.startswith("_")}

    assert public - {"ask"} <= set(vars(RecordedAssistant)), "ask is made of answering"


def test_what_was_written_before_a_kill_is_there_after_it_from_several_processes(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from guideqa.operation.audit import *\n"
        f"log = AuditLog(Path({str(tmp_path / 'audit')!r}))\n"
        "for n in range(50): log.write(Entry(Caller(sys.argv[1], '', str(n)), Deed.ASK, 'answered'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script, name]) for name in ("a", "b")]

    assert {process.wait(PATIENCE_SECONDS) for process in processes} == {-signal.SIGKILL}
    lines = audited(tmp_path)
    for name in ("a", "b"):
        assert [line["request"] for line in lines if line["who"] == name] == [str(n) for n in range(50)]


def test_a_month_has_a_file_of_its_own_and_old_ones_go(tmp_path: Path) -> None:
    times = iter([datetime(2026, month, 1).astimezone() for month in (1, 2, 3)])
    log = AuditLog(tmp_path, 1, lambda: next(times))
    (tmp_path / "notes.txt").write_text("stays", encoding="utf-8")

    for _ in range(3):
        log.write(Entry(CALLER, Deed.ASK, "answered", (PageRef("d", 1, "i"),)))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-02.jsonl", "2026-03.jsonl", "notes.txt"]
    assert (tmp_path / "2026-03.jsonl").stat().st_mode & 0o077 == 0


def test_an_audit_log_that_cannot_be_written_is_said_and_stops_no_answer(
    api: httpx.Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (settings.data_dir / "audit").write_text("in the way", encoding="utf-8")

    assert api.post("/v1/ask", json={"question": PRICE}).status_code == 200

    assert "audit log cannot be written" in caplog.text
    assert "guideqa_audit_failures_total 1.0" in api.get("/metrics").text


def test_no_audit_where_none_is_wanted(tiny_assistant: Assistant, settings: Settings) -> None:
    with served(create_app(tiny_assistant, settings.model_copy(update={"audit": False}))) as api:
        assert api.post("/v1/ask", json={"question": PRICE}).status_code == 200

    assert audited(settings.data_dir) == []


def test_requests_answers_and_the_age_of_the_index_are_counted(
    tiny_assistant: Assistant, tiny_settings: Settings
) -> None:
    with served(create_app(tiny_assistant, tiny_settings)) as api:
        api.post("/v1/ask", json={"question": PRICE})
        api.post("/v1/ask", json={"question": "月の裏側の気温と火山の高さ"})
        api.get("/v1/documents/harukaze/pages/3")
        api.get("/v1/documents/harukaze/pages/999")
        api.get("/nothing/of/this/name")
        told = api.get("/metrics")

    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        'guideqa_requests_total{method="POST",route="/v1/ask",status="200"} 2.0',
        'guideqa_requests_total{method="GET",route="/v1/documents/{document_id}/pages/{label:path}",status="404"} 1.0',
        'guideqa_requests_total{method="GET",route="other",status="404"} 1.0',
        'guideqa_answers_total{status="answered"} 1.0',
        'guideqa_answers_total{status="not_found"} 1.0',
        'guideqa_request_seconds_count{route="/v1/ask"} 2.0',
        "guideqa_index_age_seconds ",
        "guideqa_info{",
    ):
        assert line in told.text, line
    assert "nothing/of" not in told.text


@pytest.mark.parametrize(("metrics_open", "status"), [(False, 401), (True, 200)])
def test_metrics_are_for_those_with_a_key_unless_an_administrator_opens_them(
    tiny_assistant: Assistant, settings: Settings, key: dict[str, str], metrics_open: bool, status: int
) -> None:
    with served(
        create_app(tiny_assistant, settings.model_copy(update={"metrics_open": metrics_open}))
    ) as api:
        assert api.get("/metrics").status_code == status
        assert api.get("/metrics", headers=key).status_code == 200
        assert api.get("/v1/documents").status_code == 401


def test_a_log_line_as_json_says_who_and_how_long_but_not_what(
    api: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "guideqa.requests"):
        api.post("/v1/ask?q=秘密", json={"question": "極秘の相談"})
        # The line is written when the answer has gone out.
        assert eventually(lambda: any(item.name == "guideqa.requests" for item in caplog.records))

    (record,) = [item for item in caplog.records if item.name == "guideqa.requests"]
    line = json.loads(JsonLines().format(record))
    assert {key: line[key] for key in ("level", "method", "path", "status", "who")} == {
        "level": "INFO",
        "method": "POST",
        "path": "/v1/ask",
        "status": 200,
        "who": "key:庁内ポータル",
    }
    assert set(getattr(record, FIELDS)) <= set(line)
    assert "秘" not in json.dumps(line, ensure_ascii=False)


def test_an_exception_fits_on_one_line_of_json() -> None:
    try:
        raise ValueError("線\n線")
    except ValueError:
        record = logging.LogRecord("a", logging.ERROR, "", 0, "failed", (), sys.exc_info())

    assert os.linesep not in JsonLines().format(record)


def test_spans_have_the_route_and_nothing_that_was_asked(
    tiny_assistant: Assistant, settings: Settings
) -> None:
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from guideqa.api.tracing import Tracing, provider_with

    spans = InMemorySpanExporter()
    app = create_app(tiny_assistant, settings)
    app.add_middleware(Tracing, provider=provider_with(SimpleSpanProcessor(spans)))
    with served(app) as api:
        api.post("/v1/ask?q=秘密", json={"question": "極秘の相談"})
        api.get("/v1/documents/秘密/pages/1")

    told = [json.loads(span.to_json()) for span in spans.get_finished_spans()]
    assert [span["name"] for span in told] == [
        "POST /v1/ask",
        "GET /v1/documents/{document_id}/pages/{label:path}",
    ]
    assert [span["attributes"]["http.response.status_code"] for span in told] == [200, 404]
    assert "秘" not in json.dumps(told, ensure_ascii=False)


def test_without_an_endpoint_nothing_that_sends_spans_is_even_loaded(settings: Settings) -> None:
    script = "import sys, guideqa.api.app; print(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS
    )

    assert done.stdout.strip() == "False"
