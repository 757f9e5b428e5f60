"""The bench and the progress bar: what they say, not how fast anything is."""

from __future__ import annotations

import io

from conftest import HARUKAZE, Guideqa
from evaluating import TINY_QUESTIONS

from eval.progress import ProgressBar


def test_the_bench_sets_search_and_answer_beside_the_bare_embedding(guideqa: Guideqa) -> None:
    report = guideqa("bench", "--questions", TINY_QUESTIONS, "-n", 3, "--ingest", HARUKAZE, "--json").json

    assert report["questions"] == 3
    assert set(report["times"]) == {"embed", "search", "ask"}
    assert report["times"]["embed"]["ratio"] == 1
    assert all(0 < times["p50"] <= times["p95"] for times in report["times"].values())
    assert report["ingest"]["passages"] > 0
    assert 0 < report["ingest"]["embedding_seconds"] < report["ingest"]["seconds"]


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
