"""Question files: what they may hold, what is refused by line, and what stands in the book or not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Guideqa
from evaluating import TINY_QUESTIONS, tiny_questions

from eval.books import book_of_file, book_of_store
from eval.errors import QuestionSetError
from eval.questions import QuestionType, Split, default_files, load_questions, split_of
from eval.validation import Book, check_files
from guideqa.assistant import Assistant

FACT = {
    "id": "q1",
    "question": "利用料はいくらですか",
    "type": "fact",
    "answerable": True,
    "pages": ["3"],
    "facts": [["500円"]],
}
BOOK = Book({"3": "利⽤料は、1回\n500円である。", "4": "定員は20人。"}, is_original=True)


@pytest.fixture
def file_of(tmp_path: Path) -> Any:
    def write(*records: object) -> Path:
        path = tmp_path / "questions.jsonl"
        lines = [
            record if isinstance(record, str) else json.dumps(record, ensure_ascii=False)
            for record in records
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def test_a_record_gets_its_defaults_and_its_split(file_of: Any) -> None:
    [question] = load_questions([file_of(FACT)])

    assert question.split is split_of("q1")
    assert question.needs == ({"3"},)
    assert not question.asked().history
    assert question.written_out() is None


def test_any_right_page_is_one_need_and_all_pages_are_one_each(file_of: Any) -> None:
    pages = {"pages": ["3", "9"], "alternates": {"9": ["10"]}}
    any_page, all_pages = load_questions(
        [file_of(FACT | pages, FACT | pages | {"id": "q2", "all_pages_needed": True})]
    )

    assert any_page.needs == ({"3", "9", "10"},)
    assert all_pages.needs == ({"3"}, {"9", "10"})


def test_a_stored_split_goes_before_the_hash(file_of: Any) -> None:
    other = Split.REPORT if split_of("q1") is Split.TUNE else Split.TUNE

    [question] = load_questions([file_of(FACT | {"split": other.value})], split=other)

    assert question.split is other


def test_a_line_may_hold_a_line_separator_of_unicode(file_of: Any) -> None:
    [question] = load_questions([file_of(FACT | {"question": "利用料は\u2028いくら"})])

    assert "\u2028" in question.question


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ('{"id": "q2", ', "2行目: JSONとして読めません"),
        ("[1]", "2行目: 1行に1つのJSONオブジェクトが必要"),
        ("NaN", "2行目: 1行に1つのJSONオブジェクトが必要"),
        (FACT, "2行目: idが重複しています: q1"),
        (FACT | {"id": ""}, "2行目: id がありません"),
        (FACT | {"id": "q2", "question": "  "}, "2行目: question がありません"),
        (FACT | {"id": "q2", "type": "riddle"}, "2行目: typeかsplitの値が正しくありません"),
        (FACT | {"id": "q2", "answerable": "yes"}, "2行目: answerable は true か false"),
        (FACT | {"id": "q2", "pages": "3"}, "2行目: pages は配列"),
        (FACT | {"id": "q2", "pages": [3]}, "2行目: pages には空でない文字列だけ"),
        (FACT | {"id": "q2", "pages": []}, "2行目: 答えのある質問（q2）には pages が必要"),
        (FACT | {"id": "q2", "answerable": False}, "2行目: 答えのない質問（q2）に pages があります"),
        (
            FACT | {"id": "q2", "alternates": {"9": ["3"]}},
            "2行目: alternates のページが pages にありません: 9",
        ),
        (FACT | {"id": "q2", "alternates": []}, "2行目: alternates は"),
        (FACT | {"id": "q2", "turns": [{"role": "clerk", "content": "x"}]}, "2行目: turns の role は"),
        (FACT | {"id": "q2", "filters": {"town": ["x"]}}, "2行目: filters に使えるのは"),
        (FACT | {"id": "q2", "quotes": ["x"]}, "2行目: quotes は"),
        (FACT | {"id": "q2", "answer": "x"}, "2行目: 知らない項目です: answer"),
    ],
)
def test_a_line_that_is_off_is_refused_with_its_number(file_of: Any, record: object, said: str) -> None:
    with pytest.raises(QuestionSetError, match=re.escape(said)):
        load_questions([file_of(FACT, record)])


def test_an_empty_set_and_a_missing_file_are_refused(file_of: Any, tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="質問が1件もありません"):
        load_questions([file_of("", "  ")])
    with pytest.raises(QuestionSetError, match="質問のファイルがありません"):
        load_questions([tmp_path / "none.jsonl"])
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(QuestionSetError, match="UTF-8"):
        load_questions([tmp_path / "binary.jsonl"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pages": ["3", "99"]}, "文書にないページです: 99"),
        (
            {"facts": [["500円"], ["600円", "六百円"]]},
            "factsの言葉が、答えのページのどこにもありません: 600円／六百円",
        ),
        ({"facts": [["00円"]]}, "factsの言葉が"),
        ({"facts": []}, "factsがありません"),
        ({"quotes": [{"page": "3", "text": "1回600円"}]}, "引用が3ページにありません: 1回600円"),
        (
            {"quotes": [{"page": "4", "text": "定員は20人"}]},
            "引用のページが pages にも alternates にもありません: 4",
        ),
        ({"quotes": [{"page": "3", "text": "利用料は、1回500円である。" * 2}]}, "引用が長すぎます"),
        ({"type": "off_topic"}, "typeとanswerableが合いません"),
        ({"type": "follow_up"}, "standalone は続きの質問"),
        ({"type": "follow_up", "standalone": "x"}, "turns が必要です"),
        ({"type": "unanswerable", "answerable": False, "pages": []}, "答えのない質問にfactsがあります"),
        (
            {"type": "unanswerable", "answerable": False, "pages": [], "facts": [], "absent": ["定員"]},
            "「どこにもない」はずの言葉があります: 定員（4ページ）",
        ),
    ],
)
def test_the_validator_names_what_is_off(file_of: Any, change: dict[str, Any], said: str) -> None:
    _, mistakes = check_files([file_of(FACT | change)], BOOK)

    assert any(said in str(mistake) for mistake in mistakes), [str(mistake) for mistake in mistakes]
    assert all(mistake.place == "questions.jsonl 1行目" for mistake in mistakes)


def test_the_validator_goes_on_after_a_line_that_is_off(file_of: Any) -> None:
    again = FACT | {"id": "q2", "question": "利⽤料は いくらですか"}

    questions, mistakes = check_files([file_of(FACT, "{", again, FACT)], BOOK)

    assert [question.id for question in questions] == ["q1", "q2", "q1"]
    said = [str(mistake) for mistake in mistakes]
    assert said[0].startswith("questions.jsonl 2行目: JSONとして読めません")
    assert any("3行目: q2: 同じ質問があります" in message for message in said)
    assert any("4行目: idが重複しています: q1（questions.jsonl 1行目）" in message for message in said)


def test_a_sound_question_has_no_mistake(file_of: Any) -> None:
    sound = FACT | {"quotes": [{"page": "3", "text": "利用料は、1回 500円"}]}

    assert check_files([file_of(sound)], BOOK)[1] == []


def test_a_digest_is_asked_only_for_pages(file_of: Any) -> None:
    """Its words are not the original's, and it has no notes on some pages."""
    digest = Book(dict(BOOK.pages), is_original=False)
    worded = FACT | {
        "pages": ["3", "99"],
        "facts": [["六百円"]],
        "quotes": [{"page": "3", "text": "別の言葉"}],
    }

    assert check_files([file_of(worded)], digest)[1] == []
    assert check_files([file_of(worded | {"pages": ["99"], "quotes": []})], digest)[1]


def test_the_tiny_questions_are_sound(tiny_assistant: Assistant) -> None:
    questions, mistakes = check_files([TINY_QUESTIONS], book_of_store(tiny_assistant.index.store))

    # Two of them are on the digest, which an original in the index hides from the check.
    assert {str(mistake).split(":")[1].strip() for mistake in mistakes} <= {"tiny-15", "tiny-16"}
    assert len(questions) == len(tiny_questions())


def test_our_own_questions_are_enough_of_every_kind() -> None:
    questions = load_questions(default_files())
    without_answer = [question for question in questions if not question.answerable]
    splits = [question.split for question in questions]

    assert len(questions) >= 240
    assert len(without_answer) >= 50
    assert {question.type for question in questions} == set(QuestionType)
    assert 0.4 < splits.count(Split.TUNE) / len(splits) < 0.6


def test_our_own_questions_are_sound_in_form() -> None:
    _, mistakes = check_files(default_files(), None)

    assert [str(mistake) for mistake in mistakes] == []


def test_our_own_questions_stand_in_the_guidebook(guidebook: Path) -> None:
    _, mistakes = check_files(default_files(), book_of_file(guidebook / "guidebook.pdf"))

    assert [str(mistake) for mistake in mistakes] == []


def test_the_command_names_every_mistake_and_exits_with_one(guideqa_here: Guideqa, file_of: Any) -> None:
    done = guideqa_here("eval", "validate", file_of(FACT | {"pages": ["99"]}, "{"))

    assert done.refused() == "guideqa: 質問に3件の誤りがあります。上の行を直してください。"
    assert "questions.jsonl 1行目: q1: 文書にないページです: 99" in done.out
    assert "questions.jsonl 1行目: q1: factsの言葉が" in done.out
    assert "questions.jsonl 2行目: JSONとして読めません" in done.out
