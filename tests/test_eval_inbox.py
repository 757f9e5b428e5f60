"""A reader's right page becomes a question of the suite, once somebody has looked at it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Outcome

from eval.inbox import ACCEPTED, DROPPED, WAITING, Inbox
from eval.questions import load_questions
from guideqa.cli import main
from guideqa.feedback import Feedback, FeedbackStore, PagePlace, Verdict
from guideqa.settings import Settings

ASKED = "利用料は1泊いくら？"
RIGHT = PagePlace("harukaze", "3")


@pytest.fixture
def settings(tiny_settings: Settings, tmp_path: Path) -> Settings:
    """The tiny index, and feedback on three answers: one wrong page with the right one, and two without."""
    shutil.copytree(tiny_settings.index_dir, tmp_path / "data" / tiny_settings.index_dir.name)
    store = FeedbackStore(tmp_path / "data")
    store.add(Feedback("a1", Verdict.WRONG_PAGE, ASKED, (PagePlace("harukaze", "4"),), RIGHT))
    store.add(Feedback("a1", Verdict.WRONG, ASKED))
    store.add(Feedback("a2", Verdict.WRONG_PAGE, "送迎は？"))
    return tiny_settings.model_copy(update={"data_dir": tmp_path / "data"})


Run = Callable[..., Outcome]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process."""
    monkeypatch.setenv("GUIDEQA_DATA_DIR", str(settings.data_dir))

    def run(*arguments: object) -> Outcome:
        code = main(["eval", *map(str, arguments)])
        return Outcome(code, *capsys.readouterr())

    return run


def the_one(settings: Settings) -> str:
    (candidate,) = Inbox(settings.data_dir).candidates()
    return candidate.id


def statuses(settings: Settings) -> list[str]:
    return [item.status for item in Inbox(settings.data_dir).candidates()]


def test_what_waits_is_listed_and_given_in_the_form_of_question_files(run: Run, settings: Settings) -> None:
    listed = run("inbox").out
    (record,) = run("inbox", "--json").json

    assert the_one(settings) in listed
    assert "確認待ち" in listed
    assert "harukaze 3ページ" in listed
    assert "harukaze 4ページ" in listed
    assert record["status"] == WAITING == "waiting for review"
    assert (record["question"], record["pages"], record["documents"]) == (ASKED, ["3"], ["harukaze"])


def test_an_accepted_candidate_is_a_question_of_the_file_that_the_suite_reads(
    run: Run, settings: Settings
) -> None:
    key, question = the_one(settings), "星見町のショートステイの利用料は1泊いくら？"
    accepted = run("inbox", "accept", key, "--fact", "2,000円|2000円", "--question", question)

    assert accepted.code == 0, accepted.err
    path = settings.data_dir / "eval" / "inbox.jsonl"
    (kept,) = load_questions([path])
    assert (kept.id, kept.question, kept.facts) == (key, question, (("2,000円", "2000円"),))
    assert (kept.pages, kept.documents) == (("3",), ("harukaze",))
    assert run("validate", path).code == 0
    assert statuses(settings) == [ACCEPTED]
    assert key in run("inbox", "accept", key).refused()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "facts"),
        (["--fact", "9,999円"], "9,999円"),
        (["--fact", "2,000円", "--type", "unanswerable"], "type"),
        (["--fact", "2,000円", "--type", "nonsense"], "nonsense"),
    ],
)
def test_what_is_off_is_named_and_nothing_is_written(
    run: Run, settings: Settings, arguments: list[str], says: str
) -> None:
    refused = run("inbox", "accept", the_one(settings), *arguments).refused()

    assert says in refused
    assert not (settings.data_dir / "eval" / "inbox.jsonl").exists()
    assert statuses(settings) == [WAITING]


def test_a_question_that_the_file_has_already_is_refused_and_other_lines_stay(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "ours.jsonl"
    there = {"id": "ours-1", "question": ASKED, "type": "fact", "pages": ["3"], "facts": [["2,000円"]]}
    path.write_text(json.dumps(there), encoding="utf-8")
    given = ("inbox", "accept", the_one(settings), "--fact", "2,000円", "--to", path)

    assert "同じ質問" in run(*given).refused()
    assert run(*given, "--question", "星見町の利用料は？").code == 0

    assert [item.id for item in load_questions([path])] == ["ours-1", the_one(settings)]


def test_a_dropped_candidate_waits_no_more_until_a_reader_names_another_page(
    run: Run, settings: Settings
) -> None:
    assert run("inbox", "drop", the_one(settings)).code == 0
    assert "ありません" in run("inbox").out
    assert statuses(settings) == [DROPPED]

    other = Feedback("a1", Verdict.WRONG_PAGE, ASKED, (), PagePlace("harukaze", "5"))
    FeedbackStore(settings.data_dir).add(other)

    assert statuses(settings) == [WAITING]


def test_an_id_that_does_not_wait_and_a_page_that_is_gone_are_named(run: Run, settings: Settings) -> None:
    assert "nothing" in run("inbox", "drop", "nothing").refused()
    shutil.rmtree(settings.index_dir)

    refused = run("inbox", "accept", the_one(settings), "--fact", "x").refused()

    assert "harukaze" in refused
