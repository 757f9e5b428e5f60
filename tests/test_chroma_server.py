"""The same index on a Chroma server, reached over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import HARUKAZE, PATIENCE_SECONDS, TINY_CORPUS, Guideqa, eventually, pipeline_of
from serving import free_port

from guideqa.errors import IndexUnavailableError
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import open_build
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from guideqa.types import Filters, Question
from guideqa.wiring import build_assistant
from ingest.pipeline import Request

ENCODER = BigramEncoder()
COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"


@pytest.fixture(scope="module")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Chroma server on a free loopback port."""
    port = free_port()
    chroma = str(Path(sys.executable).with_name("chroma"))
    command = [chroma, "run", "--host", "127.0.0.1", "--port", str(port)]
    folder = tmp_path_factory.mktemp("chroma")
    environment = os.environ | {"ANONYMIZED_TELEMETRY": "False"}
    with subprocess.Popen(
        [*command, "--path", str(folder)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            assert eventually(lambda: is_listening(port) or server.poll() is not None)
            assert server.poll() is None, "the Chroma server does not start"
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def settings(chroma_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "var", corpus_dir=TINY_CORPUS, chroma_url=chroma_url)


def collections(url: str) -> set[str]:
    """The names of the server's collections, asked past the product and Chroma's client."""
    return {
        collection["name"]
        for collection in httpx.get(url + COLLECTIONS, timeout=PATIENCE_SECONDS).raise_for_status().json()
    }


def test_a_server_finds_what_the_embedded_index_finds(settings: Settings, tmp_path: Path) -> None:
    embedded = settings.model_copy(update={"data_dir": tmp_path / "embedded", "chroma_url": ""})
    found = []
    for each in (settings, embedded):
        pipeline_of(each, ENCODER).ingest(Request((HARUKAZE,)))
        assistant = build_assistant(each, ENCODER)
        question = Question("里親の家庭", filters=Filters(municipality=("星見町", "藍川市")))
        found.append([hit.passage.id for hit in assistant.search(question, 10).hits])

    assert found[0] == found[1] != []
    build = IndexFolder(settings.index_dir).current()
    assert not (build / "chroma").exists()


def test_the_command_line_answers_from_a_server(guideqa: Guideqa, settings: Settings) -> None:
    url = {"GUIDEQA_CHROMA_URL": settings.chroma_url}
    assert guideqa("ingest", HARUKAZE, settings=settings, **url).code == 0
    reply = guideqa("ask", "藍川市の居場所の定員は何人？", "--json", settings=settings, **url).json

    assert reply["citations"][0]["page"]["label"] == "6"


def test_builds_that_are_gone_leave_no_collections_behind(settings: Settings) -> None:
    pipeline = pipeline_of(settings, ENCODER)
    others = collections(settings.chroma_url)
    for _ in range(3):
        pipeline.ingest(Request())
    own = collections(settings.chroma_url) - others
    builds = {path.name for path in (settings.index_dir / "builds").iterdir()}

    assert len(builds) == 2  # the current one, and the one that readers may still hold
    assert {build for build in builds if any(build in name for name in own)} == builds
    assert all(any(build in name for build in builds) for name in own)


def test_a_collection_that_is_gone_is_said_with_the_remedy(settings: Settings) -> None:
    pipeline_of(settings, ENCODER).ingest(Request())
    build = IndexFolder(settings.index_dir).current()
    for name in collections(settings.chroma_url):
        if build.name in name:
            httpx.delete(
                f"{settings.chroma_url}{COLLECTIONS}/{name}", timeout=PATIENCE_SECONDS
            ).raise_for_status()

    with pytest.raises(IndexUnavailableError, match="GUIDEQA_CHROMA_URL"):
        open_build(build, ENCODER.identity)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:1", "GUIDEQA_CHROMA_URL"),
        ("127.0.0.1:8000", "GUIDEQA_CHROMA_URL"),
        ("http://127.0.0.1:99999", "GUIDEQA_CHROMA_URL"),
    ],
)
def test_a_server_that_does_not_answer_is_said_in_one_line(
    guideqa_here: Guideqa, settings: Settings, url: str, says: str
) -> None:
    assert says in guideqa_here("ingest", HARUKAZE, settings=settings, GUIDEQA_CHROMA_URL=url).refused()
