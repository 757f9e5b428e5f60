"""An index is proven as a whole, and carried to another machine as one file."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import HARUKAZE, TINY_CORPUS, Guideqa, pipeline_of

from guideqa.errors import InputError
from guideqa.index.fields import embedding_text
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import load_store
from guideqa.index.vectors import VectorIndex, VectorLocation
from guideqa.page_images import FOLDER
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.carrying import CONTENTS, export_index
from ingest.ledger import FILE
from ingest.originals import Originals
from ingest.pipeline import Request
from ingest.verification import verify

ENCODER = BigramEncoder()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An index by the deterministic encoder. For reading only."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("built") / "var", corpus_dir=TINY_CORPUS)
    pipeline_of(settings, ENCODER).ingest(Request((HARUKAZE,)))
    return settings


@pytest.fixture
def spoilable(built: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(built.data_dir, tmp_path / "var")
    return built.model_copy(update={"data_dir": tmp_path / "var"})


@pytest.fixture(scope="module")
def exported(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exported") / "index.zip"
    export_index(IndexFolder(built.index_dir), Originals(built.data_dir / FOLDER), path)
    return path


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "elsewhere", corpus_dir=TINY_CORPUS)


def faults(settings: Settings) -> str:
    originals = Originals(settings.data_dir / FOLDER)
    return "\n".join(verify(IndexFolder(settings.index_dir), ENCODER, originals)[1])


def current(settings: Settings) -> Path:
    return IndexFolder(settings.index_dir).current()


# Verify


def test_a_sound_index_has_no_faults(built: Settings) -> None:
    assert faults(built) == ""


def change_a_vector(settings: Settings) -> None:
    manifest = json.loads((current(settings) / "manifest.json").read_text())
    location = VectorLocation(manifest["chroma"]["collection"], current(settings) / "chroma")
    index = VectorIndex(location)
    store = load_store(current(settings))
    wrong = ENCODER.encode_passages(["まったく別の文"])[0]
    index._collection.update(store.passages[1].id, embeddings=[wrong.tolist()])


def change_a_ledger_page(settings: Settings) -> None:
    ledger = json.loads((current(settings) / FILE).read_text(encoding="utf-8"))
    ledger["documents"][1]["pages"][4]["state"] = "empty"
    (current(settings) / FILE).write_text(json.dumps(ledger), encoding="utf-8")


def change_words(settings: Settings) -> None:
    """Another text in place of a passage, hashes made to fit."""
    import hashlib

    path = current(settings) / "corpus.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("里親", "養親"), encoding="utf-8")
    manifest = json.loads((current(settings) / "manifest.json").read_text())
    manifest["sha256"]["corpus.jsonl"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (current(settings) / "manifest.json").write_text(json.dumps(manifest))


SPOILING: dict[str, tuple[Callable[[Settings], Any], str]] = {
    "a changed vector": (change_a_vector, "ベクトルが本文と合いません"),
    "a changed ledger": (change_a_ledger_page, "台帳が索引と合いません: harukaze"),
    "no ledger": (lambda settings: (current(settings) / FILE).unlink(), "台帳を読めません"),
    "an old copy of the ledger": (lambda settings: (settings.data_dir / FILE).write_text("{}"), "写し"),
    "other words": (change_words, "語句の索引が本文と合いません"),
    "a changed original": (
        lambda settings: (settings.data_dir / FOLDER / "harukaze" / "harukaze.txt").write_text("x"),
        "harukaze: 元のファイルが変わっています",
    ),
    "no original": (
        lambda settings: shutil.rmtree(settings.data_dir / FOLDER),
        "harukaze: 元のファイルがありません",
    ),
    "a damaged file": (lambda settings: (current(settings) / "lexical.npz").write_text("x"), "lexical.npz"),
}


@pytest.mark.parametrize("what", SPOILING)
def test_verify_names_what_is_off(spoilable: Settings, what: str) -> None:
    spoil, says = SPOILING[what]
    spoil(spoilable)

    assert says in faults(spoilable)


def test_a_llama_index_program_reads_the_passages(built: Settings) -> None:
    from chromadb import PersistentClient
    from chromadb.config import Settings as ChromaSettings
    from llama_index.core.vector_stores.types import VectorStoreQuery
    from llama_index.vector_stores.chroma import ChromaVectorStore

    location = current(built) / "chroma"
    client = PersistentClient(str(location), ChromaSettings(anonymized_telemetry=False))
    manifest = json.loads((current(built) / "manifest.json").read_text())
    collection = client.get_collection(manifest["chroma"]["collection"], embedding_function=None)
    passage = load_store(current(built)).passages[2]
    wanted = ENCODER.encode_passages([embedding_text(passage)])[0].tolist()
    found = ChromaVectorStore(collection).query(VectorStoreQuery(wanted, similarity_top_k=1))

    assert found.nodes
    assert found.nodes[0].node_id == passage.id
    assert found.nodes[0].get_content() == passage.text
    assert found.nodes[0].metadata["document"] == passage.document_id
    client.close()


# Export and import


def test_an_exported_index_is_taken_over_whole(exported: Path, built: Settings, elsewhere: Settings) -> None:
    ledger = pipeline_of(elsewhere, ENCODER).take_over(exported)

    assert {item.id for item in ledger.documents} == {"komorebi-digest", "harukaze"}
    assert load_store(current(elsewhere)) == load_store(current(built))
    assert (elsewhere.data_dir / FOLDER / "harukaze" / "harukaze.txt").read_bytes() == HARUKAZE.read_bytes()
    assert faults(elsewhere) == ""


def test_what_is_taken_over_can_be_added_to(exported: Path, elsewhere: Settings, tmp_path: Path) -> None:
    pipeline_of(elsewhere, ENCODER).take_over(exported)
    (tmp_path / "notes.txt").write_text("窓口は二階にある。", encoding="utf-8")
    report = pipeline_of(elsewhere, ENCODER).ingest(Request((tmp_path / "notes.txt",)))

    assert {item.id for item in report.ledger.documents} == {"komorebi-digest", "harukaze", "notes"}
    assert faults(elsewhere) == ""


def test_documents_are_not_lost_to_an_import_unasked(
    exported: Path, elsewhere: Settings, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("窓口は二階にある。", encoding="utf-8")
    pipeline = pipeline_of(elsewhere, ENCODER)
    pipeline.ingest(Request((tmp_path / "notes.txt",)))
    with pytest.raises(InputError, match="notes"):
        pipeline.take_over(exported)
    assert "notes" in load_store(current(elsewhere)).documents
    assert faults(elsewhere) == ""

    pipeline.take_over(exported, replace=True)
    assert "notes" not in load_store(current(elsewhere)).documents


def rewritten(
    exported: Path, target: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None]
) -> Path:
    """The exported file, with its members and its table of contents changed."""
    with zipfile.ZipFile(exported) as package:
        members = {name: package.read(name) for name in package.namelist()}
    contents = json.loads(members.pop(CONTENTS))
    change(members, contents)
    with zipfile.ZipFile(target, "w") as package:
        for name, data in {**members, CONTENTS: json.dumps(contents).encode()}.items():
            package.writestr(name, data)
    return target


def add_climbing(members: dict[str, bytes], contents: dict[str, Any]) -> None:
    members["build/../../evil"] = b"x"
    contents["files"]["build/../../evil"] = {"size": 1, "sha256": "0" * 64}


def add_hidden(members: dict[str, bytes], contents: dict[str, Any]) -> None:
    members["originals/.ready-x/evil"] = b"x"
    contents["files"]["originals/.ready-x/evil"] = {"size": 1, "sha256": "0" * 64}


def add_unlisted(members: dict[str, bytes], contents: dict[str, Any]) -> None:
    members["build/more"] = b"x"


def change_content(members: dict[str, bytes], contents: dict[str, Any]) -> None:
    members["build/corpus.jsonl"] = members["build/corpus.jsonl"].replace("里親".encode(), "養親".encode())


def lie_about_size(members: dict[str, bytes], contents: dict[str, Any]) -> None:
    contents["files"]["build/corpus.jsonl"]["size"] = 10


def drop_ledger(members: dict[str, bytes], contents: dict[str, Any]) -> None:
    del members["build/ledger.json"], contents["files"]["build/ledger.json"]


def name_another_model(members: dict[str, bytes], contents: dict[str, Any]) -> None:
    contents["model"]["fingerprint"] = "another"


def name_another_format(members: dict[str, bytes], contents: dict[str, Any]) -> None:
    contents["index_format"] = 999


def no_contents(members: dict[str, bytes], contents: dict[str, Any]) -> None:
    contents.clear()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (add_climbing, "フォルダーの外"),
        (add_hidden, "フォルダーの外"),
        (add_unlisted, "目録"),
        (change_content, "目録と違います"),
        (lie_about_size, "目録と違います"),
        (drop_ledger, "台帳"),
        (name_another_model, "モデル"),
        (name_another_format, "形式"),
        (no_contents, "書き出した索引のファイルではない"),
    ],
)
def test_a_file_that_is_off_changes_nothing(
    exported: Path,
    elsewhere: Settings,
    tmp_path: Path,
    change: Callable[[dict[str, bytes], dict[str, Any]], None],
    says: str,
) -> None:
    path = rewritten(exported, tmp_path / "off.zip", change)

    with pytest.raises(InputError, match=says):
        pipeline_of(elsewhere, ENCODER).take_over(path)
    assert IndexFolder(elsewhere.index_dir).current_name() is None
    assert [path for path in elsewhere.data_dir.rglob("*") if path.is_file()] == [
        elsewhere.index_dir / "writer.lock"
    ]
    assert not (tmp_path / "evil").exists()


def test_a_file_cut_short_is_refused(exported: Path, elsewhere: Settings, tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(exported.read_bytes()[:-2000])

    with pytest.raises(InputError, match="壊れています"):
        pipeline_of(elsewhere, ENCODER).take_over(tmp_path / "cut.zip")


def test_the_commands_verify_export_and_import(
    guideqa_here: Guideqa, tiny_settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    assert "問題ありません" in guideqa_here("index", "verify").out
    assert guideqa_here("index", "export", tmp_path / "index.zip").code == 0
    assert guideqa_here("index", "import", tmp_path / "index.zip", settings=elsewhere).code == 0
    asked = guideqa_here("ask", "里親の世帯はいくつ？", "--json", settings=elsewhere).json
    assert asked["citations"] == guideqa_here("ask", "里親の世帯はいくつ？", "--json").json["citations"]

    with sqlite3.connect(current(elsewhere) / "chroma" / "chroma.sqlite3") as database:
        database.execute("DELETE FROM collections")
    database.close()
    assert guideqa_here("index", "verify", settings=elsewhere).refused()
    assert "nothing.zip" in guideqa_here("index", "import", "nothing.zip", settings=elsewhere).refused()
    assert "no-folder" in guideqa_here("index", "export", tmp_path / "no-folder" / "a.zip").refused()
