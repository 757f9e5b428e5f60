"""Several processes on one socket: they follow one index, keep what they acknowledged, and end together."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

import httpx
import pytest
from conftest import HARUKAZE, PATIENCE_SECONDS, environment_of, eventually, line_from, pipeline_of
from serving import end, program_with_id

from guideqa.cli import main
from guideqa.encoder.nano import NanoEncoder
from guideqa.feedback import FeedbackStore
from guideqa.settings import Settings
from ingest.pipeline import Request


@pytest.fixture(scope="module")
def settings(
    tmp_path_factory: pytest.TempPathFactory, tiny_settings: Settings, encoder: NanoEncoder
) -> Settings:
    settings = Settings(data_dir=tmp_path_factory.mktemp("workers"), corpus_dir=tiny_settings.corpus_dir)
    pipeline_of(settings, encoder).ingest(Request())
    return settings


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[tuple[str, int]]:
    """Four workers and the chat's process; the address, and the id of the process that started them."""
    with program_with_id(settings, GUIDEQA_WORKERS="4", GUIDEQA_LOG_FORMAT="json") as started:
        yield started


def children_of(parent: int) -> dict[int, str]:
    """The role of each process that `parent` has started, by id."""
    ids = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    roles = {}
    for id_ in ids:
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since
            command = Path(f"/proc/{id_}/cmdline").read_bytes().split(b"\0")
            roles[int(id_)] = command[-2].decode() if len(command) > 1 else "ended"
    return roles


def test_no_request_fails_while_the_index_is_switched_and_none_is_answered_from_the_old_one_after(
    server: tuple[str, int], settings: Settings, encoder: NanoEncoder
) -> None:
    address, _ = server
    is_over = Event()

    def documents() -> set[str]:
        answer = httpx.get(f"{address}/v1/documents", timeout=PATIENCE_SECONDS).raise_for_status()
        return {item["id"] for item in answer.json()["documents"]}

    def keep_asking() -> int:
        asked = 0
        while not is_over.is_set():
            question = {"question": "読み聞かせの会はいつ？"}
            httpx.post(f"{address}/v1/ask", json=question, timeout=PATIENCE_SECONDS).raise_for_status()
            asked += 1
        return asked

    with ThreadPoolExecutor(3) as pool:
        askers = [pool.submit(keep_asking) for _ in range(3)]
        try:
            pipeline_of(settings, encoder).ingest(Request((HARUKAZE,), if_changed=False))
            seen = [documents() for _ in range(12)]
        finally:
            is_over.set()
        asked = [asker.result() for asker in askers]

    assert all("harukaze" in found for found in seen)
    assert min(asked) > 0
    told = httpx.get(f"{address}/metrics", timeout=PATIENCE_SECONDS).text
    counted = re.search(r'guideqa_requests_total\{method="POST",route="/v1/ask",status="200"\} (\d+)', told)
    assert counted
    assert int(counted[1]) >= sum(asked), "the workers' counts are added up"


def test_feedback_that_was_acknowledged_outlives_a_killed_worker_and_another_takes_its_place(
    server: tuple[str, int], settings: Settings
) -> None:
    address, parent = server
    before = children_of(parent)
    victim = next(id_ for id_, role in before.items() if role == "api")
    acknowledged = set()
    for number in range(60):
        if number == 20:
            os.kill(victim, signal.SIGKILL)
        body = {"answer_id": f"kill-{number}", "verdict": "useful", "question": "q"}
        try:
            answer = httpx.post(f"{address}/v1/feedback", json=body, timeout=PATIENCE_SECONDS)
        except httpx.TransportError:
            continue  # was at the worker that was killed
        assert answer.status_code == 200
        acknowledged.add(body["answer_id"])

    kept = {item.answer_id for item in FeedbackStore(settings.data_dir).all()}
    assert acknowledged <= kept
    assert len(acknowledged) >= 20
    audit = [
        json.loads(line)
        for path in (settings.data_dir / "audit").glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert sum(line["did"] == "feedback" for line in audit) >= len(acknowledged)
    assert eventually(lambda: sorted(children_of(parent).values()) == ["api"] * 4 + ["chat"])
    assert victim not in children_of(parent)


def test_the_chat_is_answered_by_the_one_process_that_holds_it(server: tuple[str, int]) -> None:
    address, _ = server

    pages = [httpx.get(f"{address}/", timeout=PATIENCE_SECONDS) for _ in range(4)]

    assert {page.status_code for page in pages} == {200}
    assert all("gq-" in page.text for page in pages)
    assert httpx.get(f"{address}/config", timeout=PATIENCE_SECONDS).json()["title"]
    upload = f"{address}/gradio_api/upload"
    sent = httpx.post(upload, files={"files": ("a.txt", b"x")}, timeout=PATIENCE_SECONDS)
    assert sent.status_code == 404
    assert "default-src 'self'" in pages[0].headers["content-security-policy"]


def test_a_worker_ends_with_the_process_that_started_it(settings: Settings, tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        command = [
            sys.executable,
            "-m",
            "ui.worker",
            str(listener.fileno()),
            str(tmp_path / "chat.sock"),
            "api",
        ]
        worker = subprocess.Popen(
            command,
            env=environment_of(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            text=True,
        )
        assert worker.stdin
        try:
            assert line_from(worker) == "ready\n"
            worker.stdin.close()
        finally:
            end(worker)

        assert worker.returncode == 0


@pytest.mark.parametrize("workers", ["0", "65", "-1"])
def test_an_impossible_number_of_workers_is_refused(workers: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", f"--workers={workers}"]) == 1
    assert "64" in capsys.readouterr().err
