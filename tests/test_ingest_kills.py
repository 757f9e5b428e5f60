"""A build is killed at every step of its way: the index answers from before or after, and nothing stays behind."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import HARUKAZE, TINY_CORPUS, pipeline_of
from killing import Forks, Moment, forks

from guideqa.index.folder import IndexFolder
from guideqa.index.opened import OpenIndex
from guideqa.page_images import FOLDER
from guideqa.retrieval.search import FusionWeights, Retriever
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.carrying import export_index
from ingest.originals import Originals
from ingest.pipeline import Request
from ingest.settling import settle_if_free
from ingest.verification import verify

ENCODER = BigramEncoder()
KILLED = -9
OLD = "登録している里親は7世帯"
NEW = "図書館の読み聞かせの会は、毎月第一水曜日の午後に、市民センターの和室でひらかれる。"


@dataclass(frozen=True, slots=True)
class Kill:
    """A command, where it is killed, and whether the new index is the current one by then."""

    command: tuple[str, ...]
    moment: Moment
    switched: bool = False


ADD = ("ingest", "notes.txt")
REPLACE = ("documents", "replace", "harukaze", "edition.txt")
REMOVE = ("remove", "harukaze")
UNPACK = ("ingest", "notes.zip")
TAKE = ("index", "import", "exported.zip", "--replace")
GIVE = ("index", "export", "again.zip")

KILLS = {
    "the lock has been asked for": Kill(ADD, Moment("fcntl.flock", "")),
    "what an earlier build has left is being removed": Kill(ADD, Moment("shutil.rmtree", "builds")),
    "the new build's folder is about to be made": Kill(ADD, Moment("os.mkdir", "builds", 2)),
    "the new build's folder is there": Kill(ADD, Moment("call", "Shelf.of")),
    "the file is being read": Kill(ADD, Moment("subprocess.Popen", "ingest.readers.worker")),
    "the file is being copied": Kill(ADD, Moment("shutil.copyfile", ".ready-")),
    "the pages are being entered": Kill(ADD, Moment("call", "Ledger.of")),
    "the ledger is being written": Kill(ADD, Moment("open", "ledger.json.new")),
    "the embeddings are being looked up": Kill(ADD, Moment("sqlite3.connect", "embeddings.sqlite")),
    "new embeddings are not yet saved": Kill(ADD, Moment("return", "BigramEncoder.encode_passages")),
    "the documents are being written": Kill(ADD, Moment("open", "corpus.jsonl w")),
    "the words are being written": Kill(ADD, Moment("open", "/lexical.npz w")),
    "no vector is stored": Kill(ADD, Moment("call", "VectorIndex.add")),
    "the passages' vectors are stored": Kill(ADD, Moment("return", "VectorIndex.add")),
    "all vectors are stored": Kill(ADD, Moment("return", "VectorIndex.add", 2)),
    "the proof has been taken": Kill(ADD, Moment("call", "BuildManifest.write")),
    "the manifest is being written": Kill(ADD, Moment("open", "manifest.json w")),
    "the pointer is being written": Kill(ADD, Moment("open", "CURRENT.")),
    "the pointer is about to be switched": Kill(ADD, Moment("os.rename", "CURRENT")),
    "the pointer has been switched": Kill(ADD, Moment("call", "settle", 2), switched=True),
    "the file is put into place": Kill(ADD, Moment("os.rename", ".ready-"), switched=True),
    "the ledger's copy is being written": Kill(ADD, Moment("open", "ledger.json.new", 3), switched=True),
    "a replaced file is being removed": Kill(
        REPLACE, Moment("shutil.rmtree", "originals/harukaze"), switched=True
    ),
    "a replacing file is put into place": Kill(REPLACE, Moment("os.rename", ".ready-"), switched=True),
    "a removed document's file is being removed": Kill(
        REMOVE, Moment("shutil.rmtree", "originals/harukaze"), switched=True
    ),
    "a zip file has been unpacked": Kill(UNPACK, Moment("subprocess.Popen", "ingest.readers.worker")),
    "an index from elsewhere is being unpacked": Kill(TAKE, Moment("open", "lexical.npz w")),
    "an index is being exported": Kill(GIVE, Moment("open", "corpus.jsonl r")),
}


@pytest.fixture(scope="module")
def forking() -> Iterator[Forks]:
    with forks() as process:
        yield process


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two builds of the digest and "harukaze", files to add, and an exported index. For copying only."""
    folder = tmp_path_factory.mktemp("beginning")
    settings = settings_in(folder)
    for _ in range(2):
        pipeline_of(settings, ENCODER).ingest(Request((HARUKAZE,)))
    (folder / "notes.txt").write_text(NEW, encoding="utf-8")
    (folder / "edition.txt").write_text(NEW + OLD + "。", encoding="utf-8")
    with zipfile.ZipFile(folder / "notes.zip", "w") as package:
        package.write(folder / "notes.txt", "notes.txt")
    originals = Originals(settings.data_dir / FOLDER)
    export_index(IndexFolder(settings.index_dir), originals, folder / "exported.zip")
    return folder


def settings_in(folder: Path) -> Settings:
    return Settings(data_dir=folder / "var", corpus_dir=TINY_CORPUS)


def sound(settings: Settings) -> OpenIndex:
    """The current index, opened, of which `guideqa index verify` has nothing to say."""
    folder, originals = IndexFolder(settings.index_dir), Originals(settings.data_dir / FOLDER)
    settle_if_free(folder, originals)
    index, faults = verify(folder, ENCODER, originals)
    assert faults == []
    assert index is not None
    return index


@pytest.mark.parametrize("when", KILLS)
def test_a_kill_loses_nothing_and_leaves_nothing_behind(
    forking: Forks, beginning: Path, tmp_path: Path, when: str
) -> None:
    kill = KILLS[when]
    folder = tmp_path / "files"
    shutil.copytree(beginning, folder)
    settings = settings_in(folder)
    before = IndexFolder(settings.index_dir).current_name()
    there = {path.name for path in folder.iterdir()}

    def run(command: tuple[str, ...], kill_at: Moment | None = None) -> int:
        named = [str(folder / word) if "." in word else word for word in command]
        return forking.run(settings, *named, kill_at=kill_at)

    assert run(kill.command, kill.moment) == KILLED

    # The index from before answers, or where it had been switched the new one; and it is sound.
    assert (IndexFolder(settings.index_dir).current_name() != before) is kill.switched
    index = sound(settings)
    is_old_there = not (kill.switched and kill.command == REMOVE)
    is_new_there = kill.switched and kill.command != REMOVE
    assert [answers(index, OLD), answers(index, NEW)] == [is_old_there, is_new_there]

    # The next command succeeds and cleans up.
    assert run(GIVE if kill.command == GIVE else ADD) == 0
    index = sound(settings)
    assert answers(index, NEW) is (kill.command != GIVE)
    assert {path.name for path in folder.iterdir()} - {"again.zip"} == there
    assert len(list((settings.index_dir / "builds").iterdir())) <= 2
    assert {path.name for path in settings.index_dir.iterdir()} == {"CURRENT", "builds", "writer.lock"}
    assert {path.name.split("-")[0] for path in settings.data_dir.iterdir()} == {
        "embeddings.sqlite",
        "index",
        "ledger.json",
        "originals",
    }
    kept = {path.name for path in (settings.data_dir / FOLDER).iterdir()}
    assert kept == index.store.documents.keys() - {"komorebi-digest"}


def answers(index: OpenIndex, question: str) -> bool:
    """Whether the best hit for a sentence holds it."""
    found = Retriever(ENCODER, FusionWeights()).search(index, question, 1)
    return question in found[0].passage.text
