"""`guideqa serve`: what it says when it starts, when it cannot, and when the index changes under it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import HARUKAZE, PATIENCE_SECONDS, REPOSITORY, Guideqa, environment_of, pipeline_of
from serving import free_port, program

from guideqa.encoder.nano import NanoEncoder
from guideqa.settings import Settings
from ingest.pipeline import Request


def test_a_port_in_use_is_refused_in_one_line(guideqa: Guideqa) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        line = guideqa("serve", "--port", port).refused()

    assert str(port) in line
    assert "PORT=" in line


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "８０８０"])
def test_what_is_no_port_is_refused_in_one_line(guideqa_here: Guideqa, port: str) -> None:
    assert "65535" in guideqa_here("serve", f"--port={port}").refused()


def test_an_address_that_is_not_ours_is_refused_in_one_line(guideqa: Guideqa) -> None:
    assert "192.0.2.1" in guideqa("serve", "--host", "192.0.2.1", "--port", free_port()).refused()


def test_a_damaged_index_is_refused_in_one_line(
    guideqa: Guideqa, tmp_path: Path, tiny_settings: Settings, encoder: NanoEncoder
) -> None:
    settings = Settings(data_dir=tmp_path / "data", corpus_dir=tiny_settings.corpus_dir)
    pipeline_of(settings, encoder).ingest(Request())
    for corpus in settings.index_dir.rglob("corpus.jsonl"):
        corpus.write_text("{}", encoding="utf-8")

    outcome = guideqa("serve", "--port", free_port(), settings=settings)

    assert outcome.code == 1
    assert "guideqa ingest" in outcome.err.strip().splitlines()[-1]
    assert "Traceback" not in outcome.err


def test_a_server_started_without_an_index_answers_once_there_is_one(
    tmp_path: Path, tiny_settings: Settings, encoder: NanoEncoder
) -> None:
    settings = Settings(data_dir=tmp_path, corpus_dir=tiny_settings.corpus_dir)
    with program(settings) as address, client_of(address) as client:
        assert client.get("/readyz").status_code == 503
        pipeline_of(settings, encoder).ingest(Request())
        assert client.get("/readyz").status_code == 200
        before = client.get("/v1/documents").json()["documents"]

        pipeline_of(settings, encoder).ingest(Request((HARUKAZE,)))

        after = client.get("/v1/documents").json()["documents"]
    assert [item["id"] for item in before] == ["komorebi-digest"]
    assert {item["id"] for item in after} == {"komorebi-digest", "harukaze"}


def test_an_index_that_is_missing_is_built_before_anybody_is_told_to_come(
    tmp_path: Path, tiny_settings: Settings
) -> None:
    settings = Settings(data_dir=tmp_path, corpus_dir=tiny_settings.corpus_dir)

    with program(settings, "--ingest-if-missing") as address, client_of(address) as client:
        documents = client.get("/v1/documents").json()["documents"]

    assert [item["id"] for item in documents] == ["komorebi-digest"]


def test_an_index_that_is_damaged_is_built_again(
    tmp_path: Path, tiny_settings: Settings, encoder: NanoEncoder
) -> None:
    settings = Settings(data_dir=tmp_path, corpus_dir=tiny_settings.corpus_dir)
    pipeline_of(settings, encoder).ingest(Request())
    for corpus in settings.index_dir.rglob("corpus.jsonl"):
        corpus.write_text("{}", encoding="utf-8")

    with program(settings, "--ingest-if-missing") as address, client_of(address) as client:
        assert client.get("/readyz").status_code == 200


def test_an_index_that_is_ready_is_left_as_it_is(tiny_settings: Settings) -> None:
    before = sorted(tiny_settings.index_dir.rglob("*"))

    with program(tiny_settings, "--ingest-if-missing") as address, client_of(address) as client:
        assert client.get("/readyz").status_code == 200

    assert sorted(tiny_settings.index_dir.rglob("*")) == before


def client_of(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def client(tiny_settings: Settings) -> Iterator[httpx.Client]:
    with program(tiny_settings) as address, client_of(address) as client:
        yield client


def test_page_and_api_are_served_by_one_process(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "gq-" in page.text
    assert client.get("/docs").status_code == 200
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/v1/ask").status_code == 405


def test_the_page_takes_no_files_and_fetches_nothing_for_anybody(client: httpx.Client) -> None:
    assert client.post("/gradio_api/upload", files={"files": ("a.txt", b"x")}).status_code == 404
    assert client.get("/gradio_api/proxy=http://127.0.0.1/").status_code == 404


def test_make_serve_takes_address_and_port_from_the_environment() -> None:
    shown = subprocess.run(
        ["make", "--dry-run", "--print-data-base", "serve"],
        cwd=REPOSITORY,
        env=dict(os.environ, HOST="127.0.0.2", PORT="8765"),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    ).stdout

    assert "GUIDEQA_HOST := 127.0.0.2" in shown
    assert "GUIDEQA_PORT := 8765" in shown
    assert "bin/guideqa serve --ingest-if-missing" in shown


def test_the_environment_of_a_server_holds_no_telemetry(tiny_settings: Settings) -> None:
    script = (
        "from ui.mount import chat_application; from guideqa.wiring import build_assistant;"
        "from guideqa.settings import load_settings; import os;"
        "settings = load_settings(); chat_application(build_assistant(settings), settings);"
        "print(os.environ['GRADIO_ANALYTICS_ENABLED'], os.environ['HF_HUB_OFFLINE'], os.environ['ANONYMIZED_TELEMETRY'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment_of(tiny_settings, GRADIO_ANALYTICS_ENABLED="True"),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )

    assert done.stdout.split() == ["False", "1", "False"]
