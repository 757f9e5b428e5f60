"""An index is built aside, switched to in one step, and refused when it could not answer."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import HARUKAZE, TINY_CORPUS, eventually, pipeline_of

from guideqa.encoder.protocol import ModelIdentity
from guideqa.errors import IndexUnavailableError, SettingsError
from guideqa.index.fields import embedding_text
from guideqa.index.folder import IndexFolder
from guideqa.index.lexical import LexicalIndex
from guideqa.index.live import LiveIndex
from guideqa.index.opened import load_store, model_of, open_build
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.pipeline import Request

ENCODER = BigramEncoder()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "var", corpus_dir=TINY_CORPUS)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete build that no test changes."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("index"), corpus_dir=TINY_CORPUS)
    pipeline_of(settings, ENCODER).ingest(Request((HARUKAZE,)))
    return IndexFolder(settings.index_dir).current()


@pytest.fixture
def build(pristine: Path, tmp_path: Path) -> Path:
    """A copy of a complete build, to be spoilt."""
    copy = tmp_path / pristine.name
    shutil.copytree(pristine, copy)
    return copy


def fail_halfway(folder: IndexFolder) -> None:
    with folder.writing() as half:
        (half / "corpus.jsonl").write_text("half")
        raise RuntimeError


def titles(live: LiveIndex) -> set[str]:
    return set(live.get().store.documents)


def test_a_running_reader_sees_a_new_index_without_a_restart(settings: Settings) -> None:
    pipeline = pipeline_of(settings, ENCODER)
    live = LiveIndex(IndexFolder(settings.index_dir), ENCODER.identity)
    pipeline.ingest(Request())
    assert titles(live) == {"komorebi-digest"}

    pipeline.ingest(Request((HARUKAZE,)))

    assert titles(live) == {"komorebi-digest", "harukaze"}


def test_an_index_that_is_in_use_goes_on_answering_after_the_switch(settings: Settings) -> None:
    pipeline = pipeline_of(settings, ENCODER)
    pipeline.ingest(Request((HARUKAZE,)))
    in_use = open_build(IndexFolder(settings.index_dir).current(), ENCODER.identity)
    pipeline.ingest(Request())

    assert in_use.vectors.nearest(ENCODER.encode_queries(["登録している里親は7世帯"])[0], 1)[0][0].startswith(
        "harukaze:3"
    )


def test_a_new_index_that_cannot_be_opened_leaves_the_old_one_answering(settings: Settings) -> None:
    folder = IndexFolder(settings.index_dir)
    pipeline_of(settings, ENCODER).ingest(Request())
    live = LiveIndex(folder, ENCODER.identity)
    before = live.get()
    with folder.writing():
        pass  # an empty build becomes the current one

    assert live.get() is before


def test_an_index_that_nobody_reads_any_more_is_closed(settings: Settings) -> None:
    pipeline = pipeline_of(settings, ENCODER)
    live = LiveIndex(IndexFolder(settings.index_dir), ENCODER.identity)
    builds: list[Path] = []
    for _ in range(3):
        pipeline.ingest(Request())
        live.get()
        builds.append(IndexFolder(settings.index_dir).current())

    # Chroma's core closes its database on a thread of its own.
    assert eventually(lambda: still_open(builds) == {builds[-1]})


def still_open(builds: Sequence[Path]) -> set[Path]:
    """Those builds of which this process holds a file open."""
    open_files: set[str] = set()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            open_files.add(os.readlink(link))
    return {build for build in builds if any(str(build) in name for name in open_files)}


def test_a_build_that_fails_changes_nothing(settings: Settings) -> None:
    folder = IndexFolder(settings.index_dir)
    pipeline_of(settings, ENCODER).ingest(Request())
    before = folder.current()

    with pytest.raises(RuntimeError):
        fail_halfway(folder)

    assert folder.current() == before
    assert list(before.parent.iterdir()) == [before]
    open_build(before, ENCODER.identity)


def test_no_index_at_all_says_how_to_make_one(settings: Settings) -> None:
    with pytest.raises(IndexUnavailableError, match="guideqa ingest"):
        IndexFolder(settings.index_dir).current()


def test_a_pointer_to_nowhere_says_how_to_make_the_index_again(settings: Settings) -> None:
    pipeline_of(settings, ENCODER).ingest(Request())
    shutil.rmtree(IndexFolder(settings.index_dir).current())

    with pytest.raises(IndexUnavailableError, match="guideqa ingest"):
        IndexFolder(settings.index_dir).current()


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the folder's place")

    with pytest.raises(SettingsError, match="書き込めません"), IndexFolder(tmp_path / "file").writing():
        pass


def test_an_index_of_another_model_is_refused_with_the_remedy(build: Path) -> None:
    other = ModelIdentity("another", 256, "1" * 16)

    with pytest.raises(IndexUnavailableError, match="bigrams.*another.*GUIDEQA_MODEL.*guideqa ingest"):
        open_build(build, other)


def test_the_index_says_which_model_it_was_built_with(build: Path) -> None:
    assert model_of(build) == ENCODER.identity
    assert open_build(build, None).model == ENCODER.identity


def garbage(path: Path) -> None:
    path.write_bytes(b"\x93garbage" * 99)


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("spoil", [garbage, cut_in_half, Path.unlink])
@pytest.mark.parametrize("name", ["corpus.jsonl", "lexical.npz", "manifest.json", "chroma/chroma.sqlite3"])
def test_a_damaged_index_is_refused_with_the_remedy(
    build: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    spoil(build / name)

    with pytest.raises(IndexUnavailableError, match="guideqa ingest"):
        open_build(build, ENCODER.identity)


def test_a_half_built_index_is_refused(pristine: Path, tmp_path: Path) -> None:
    for name in ("corpus.jsonl", "lexical.npz"):
        shutil.copy(pristine / name, tmp_path / name)

    with pytest.raises(IndexUnavailableError, match="作りかけ"):
        open_build(tmp_path, ENCODER.identity)


def test_an_index_of_another_format_is_refused(build: Path) -> None:
    manifest = json.loads((build / "manifest.json").read_text())
    (build / "manifest.json").write_text(json.dumps(manifest | {"format": 999}))

    with pytest.raises(IndexUnavailableError, match="形式"):
        open_build(build, ENCODER.identity)


def test_a_dead_lexical_leg_is_found_when_the_index_is_opened(build: Path) -> None:
    count = len(load_store(build).passages)
    LexicalIndex.build([{} for _ in range(count)]).save(build / "lexical.npz")
    resign(build)

    with pytest.raises(IndexUnavailableError, match="語句検索"):
        open_build(build, ENCODER.identity)


@contextmanager
def collection_of_passages(build: Path) -> Iterator[Any]:
    """The collection in a copied build, opened past the product."""
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    settings = ChromaSettings(anonymized_telemetry=False)
    opened: Any = chromadb.PersistentClient(str(build / "chroma"), settings=settings)
    with opened as client:
        yield min(client.list_collections(), key=lambda collection: len(collection.name))


def test_a_missing_vector_is_found_when_the_index_is_opened(build: Path) -> None:
    with collection_of_passages(build) as collection:
        collection.delete([load_store(build).passages[0].id])

    with pytest.raises(IndexUnavailableError, match="件数"):
        open_build(build, ENCODER.identity)


def test_vectors_of_something_else_are_found_when_the_index_is_opened(build: Path) -> None:
    ids = [passage.id for passage in load_store(build).passages]
    others = ENCODER.encode_passages([f"別の文章 {number}" for number in range(len(ids))])
    with collection_of_passages(build) as collection:
        collection.update(ids, embeddings=others)

    with pytest.raises(IndexUnavailableError, match="ベクトル検索"):
        open_build(build, ENCODER.identity)


def test_what_was_stored_comes_back_equal(pristine: Path) -> None:
    store = load_store(pristine)
    opened = open_build(pristine, ENCODER.identity)

    assert opened.store == store
    assert [passage.id for passage in opened.passages] == [passage.id for passage in store.passages]
    assert len({passage.id for passage in opened.passages}) == len(opened.passages)


def test_the_dense_leg_reports_the_cosine(pristine: Path) -> None:
    opened = open_build(pristine, ENCODER.identity)
    question = ENCODER.encode_queries(["里親の家庭に預けるショートステイ"])[0]
    (first, cosine), (_, next_cosine) = opened.vectors.nearest(question, 2)

    passage = opened.passages[opened.positions[first]]
    expected = float(ENCODER.encode_passages([embedding_text(passage)])[0] @ question)
    assert cosine == pytest.approx(expected, abs=1e-4)
    assert cosine >= next_cosine


def resign(build: Path) -> None:
    """Make the manifest vouch for the files as they are now."""
    path = build / "manifest.json"
    manifest = json.loads(path.read_text())
    names = manifest["sha256"]
    manifest["sha256"] = {name: hashlib.sha256((build / name).read_bytes()).hexdigest() for name in names}
    path.write_text(json.dumps(manifest))


def test_vectors_are_found_by_identity(pristine: Path) -> None:
    opened = open_build(pristine, ENCODER.identity)
    vectors = ENCODER.encode_passages([embedding_text(passage) for passage in opened.passages])
    nearest = [opened.vectors.nearest(vector, 1)[0] for vector in vectors]

    assert np.allclose([cosine for _, cosine in nearest], 1.0, atol=1e-4)
    assert [passage_id for passage_id, _ in nearest] == [passage.id for passage in opened.passages]


def test_a_build_that_somebody_reads_stays_until_it_is_let_go(settings: Settings) -> None:
    pipeline = pipeline_of(settings, ENCODER)
    pipeline.ingest(Request((HARUKAZE,)))
    in_use = open_build(IndexFolder(settings.index_dir).current(), ENCODER.identity)
    build = IndexFolder(settings.index_dir).path_of(in_use.name)
    for _ in range(3):
        pipeline.ingest(Request())
    assert build.is_dir()

    del in_use
    pipeline.ingest(Request())

    assert not build.exists()
