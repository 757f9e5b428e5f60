"""The bench and the progress bar: what they say, not how fast anything is."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from conftest import HARUKAZE, Guideqa
from evaluating import TINY_QUESTIONS

from eval.copies import write_copies
from eval.progress import ProgressBar
from eval.scale import PerturbingEncoder
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.readers import read_document


def test_the_bench_sets_search_and_answer_beside_the_bare_embedding(guideqa: Guideqa) -> None:
    report = guideqa("bench", "--questions", TINY_QUESTIONS, "-n", 3, "--ingest", HARUKAZE, "--json").json

    assert report["questions"] == 3
    assert set(report["times"]) == {"embed", "search", "ask"}
    assert report["times"]["embed"]["ratio"] == 1
    assert all(0 < times["p50"] <= times["p95"] for times in report["times"].values())
    assert report["ingest"]["passages"] > 0
    assert 0 < report["ingest"]["embedding_seconds"] < report["ingest"]["seconds"]


def test_copies_keep_their_form_and_repeat_no_passage(tmp_path: Path) -> None:
    source = read_document(HARUKAZE)
    first, second = (read_document(path) for path in write_copies(source, 2, tmp_path))

    assert [page.label for page in first.pages] == [page.label for page in source.pages]
    lines = [
        {line for page in copy.pages for line in page.text.splitlines() if len(line) > 20}
        for copy in (source, first, second)
    ]
    assert len(lines[0]) == len(lines[1]) == len(lines[2]) > 10
    assert not lines[0] & lines[1] | lines[1] & lines[2] | lines[0] & lines[2]


def test_the_bench_of_ingests_measures_each_size_and_a_second_time_with_nothing_changed(
    guideqa: Guideqa, tiny_settings: Settings
) -> None:
    before = set(tiny_settings.data_dir.iterdir())
    one, two = guideqa("bench", "ingest", HARUKAZE, "--copies", 1, 2, "--json").json

    assert two["pages"] == 2 * one["pages"] == 20
    assert two["passages"] == 2 * one["passages"] > 0
    assert two["repeated"] == 0
    measured = ("seconds", "other_processor_seconds", "again_seconds", "peak_bytes", "disk_bytes")
    assert all(step[name] > 0 for step in (one, two) for name in measured)
    assert set(tiny_settings.data_dir.iterdir()) == before


def test_the_bench_of_searches_sets_a_document_beside_its_copies(
    guideqa: Guideqa, tiny_settings: Settings
) -> None:
    before = set(tiny_settings.data_dir.iterdir())
    options = ("bench", "--questions", TINY_QUESTIONS, "-n", 3, "search", HARUKAZE)
    found = guideqa(*options, "--copies", 2, "--clients", 2, "--json").json

    assert found["pages"][1] == 2 * found["pages"][0] > 0
    assert found["recall"] == [1, 1]
    assert found["embedding"]["ratio"] == 1 < found["small"]["ratio"]
    assert found["growth"] > 0
    assert [item["clients"] for item in found["throughput"]] == [2]
    assert set(tiny_settings.data_dir.iterdir()) == before


def test_a_perturbed_vector_stays_near_one_that_is_known() -> None:
    known = BigramEncoder().encode_passages(["町のバス", "図書館"])
    encoder = PerturbingEncoder(BigramEncoder(), known)
    first, again, other = encoder.encode_passages(["写し", "写し", "別の写し"])

    assert (known @ first).max() > 0.9
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.linalg.norm(other) == pytest.approx(1)


def test_a_bench_of_no_copies_is_refused(guideqa: Guideqa) -> None:
    assert "--copies は1以上" in guideqa("bench", "ingest", HARUKAZE, "--copies", 0).refused()
    assert "--copies、-n、--clients は1以上" in guideqa("bench", "search", HARUKAZE, "--clients", 0).refused()


def test_a_bench_of_no_question_is_refused(guideqa: Guideqa) -> None:
    assert "-n は1以上" in guideqa("bench", "-n", 0).refused()


def test_the_bar_says_how_much_time_is_left() -> None:
    """It was resumed at the third of ten, and takes a second for each."""
    stream = io.StringIO()
    seconds = iter(range(100))
    bar = ProgressBar(stream=stream, clock=lambda: float(next(seconds)))

    for done in range(3, 11):
        bar(done, 10)

    drawn = stream.getvalue().split("\r")[1:]
    assert "3/10" in drawn[0]
    assert "残り…" in drawn[0]
    assert "残り0分05秒" in drawn[2]
    assert drawn[-1].endswith("残り0分00秒\n")
