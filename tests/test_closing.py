"""What nobody uses any more is closed, and never in the middle of something else."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from pathlib import Path
from threading import Event, current_thread

import chromadb
import pytest
from chromadb.api.shared_system_client import SharedSystemClient

from guideqa.index.closing import Closer
from guideqa.index.vectors import VectorIndex, VectorLocation, VectorRecord
from guideqa.testing import BigramEncoder


@pytest.fixture
def location(tmp_path: Path) -> VectorLocation:
    """A collection of one record."""
    location = VectorLocation("one", tmp_path / "vectors")
    with VectorIndex(location, create_for=1) as index:
        index.add([VectorRecord("a", "里親", {})], BigramEncoder().encode_passages(["里親"]))
    return location


@pytest.fixture
def closer() -> Iterator[Closer]:
    closer = Closer()
    closer.start()
    yield closer
    closer.stop()


def is_open(location: VectorLocation) -> bool:
    return str(location.folder) in SharedSystemClient._identifier_to_system


def test_who_has_written_has_closed(location: VectorLocation) -> None:
    assert not is_open(location)


def test_a_collector_that_runs_while_chroma_counts_its_users_freezes_nothing(
    location: VectorLocation,
) -> None:
    from guideqa.index.closing import closer

    circle: list[object] = [VectorIndex(location)]
    circle.append(circle)
    del circle
    with SharedSystemClient._refcount_lock:  # it cannot be taken twice, not even by one thread
        gc.collect()

    assert closer.wait()
    assert not is_open(location)


def test_an_index_is_open_as_long_as_one_of_its_users_is_there(location: VectorLocation) -> None:
    from guideqa.index.closing import closer

    one, other = VectorIndex(location), VectorIndex(location)
    del one
    gc.collect()

    assert closer.wait()
    assert other.count() == 1


def test_a_collection_that_is_not_there_leaves_nothing_open(location: VectorLocation) -> None:
    with pytest.raises(Exception, match="two"):
        VectorIndex(VectorLocation("two", location.folder))

    assert not is_open(location)


def test_things_are_closed_one_after_the_other_in_one_other_thread(closer: Closer) -> None:
    closed: list[str] = []
    for _ in range(3):
        closer.later(lambda: closed.append(current_thread().name))

    assert closer.wait()
    assert closed == ["guideqa-closer"] * 3


def test_what_cannot_be_closed_keeps_nothing_else_open(
    closer: Closer, caplog: pytest.LogCaptureFixture
) -> None:
    closed = Event()

    def fail() -> None:
        raise OSError("no")

    with caplog.at_level(logging.WARNING):
        closer.later(fail)
        closer.later(closed.set)
        assert closer.wait()

    assert closed.is_set()
    assert "cannot be closed" in caplog.text


def test_who_waits_for_a_closing_that_hangs_is_told_so(closer: Closer) -> None:
    released = Event()
    closer.later(lambda: released.wait(60))

    assert not closer.wait(0.01)
    released.set()
    assert closer.wait()


def test_what_is_owed_is_closed_before_the_end(closer: Closer) -> None:
    closed: list[int] = []
    closer.later(lambda: closed.append(1))

    closer.stop()

    assert closed == [1]
    assert closer.wait(), "nothing runs, so there is nothing to wait for"


@pytest.mark.filterwarnings("ignore:legacy embedding function config:DeprecationWarning")  # Chroma's own
def test_a_large_collection_is_searched_wider(tmp_path: Path) -> None:
    """With the width of a small one, 3 in 100 of the nearest were missed among 58,500."""
    for name, count in (("small", 100), ("large", 60_000)):
        with VectorIndex(VectorLocation(name, tmp_path), create_for=count):
            pass
    client = chromadb.PersistentClient(str(tmp_path), chromadb.Settings(anonymized_telemetry=False))
    widths = [
        client.get_collection(name, embedding_function=None).configuration["hnsw"]["ef_search"]
        for name in ("small", "large")
    ]

    assert widths == [300, 1200]
