"""The digest that ships: it holds the facts of its pages, and its questions are not the eval's."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import pytest

from eval.questions import default_files, load_questions
from guideqa.text.normalization import comparable
from ingest.manifest import Manifest
from ingest.notes import questions_of, readable_notes
from ingest.readers.markdown import read_markdown_folder
from ingest.source import Source

CORPUS = Path(__file__).parent.parent / "corpus"
QUESTIONS = load_questions(default_files())
# A question of the notes that is so like an eval question would give the answer away.
TOO_ALIKE = 0.6


@pytest.fixture(scope="module")
def digest() -> Source:
    document, folder = Manifest.read(CORPUS).digests()[0]
    return read_markdown_folder(folder, document.title)


def test_most_key_facts_stand_in_the_notes_of_their_pages(digest: Source) -> None:
    notes = {page.label: comparable(readable_notes(page.text)) for page in digest.pages}
    held = [
        any(
            comparable(fact) in "".join(notes.get(label, "") for label in question.right_pages)
            for fact in facts
        )
        for question in QUESTIONS
        if question.answerable
        for facts in question.facts
    ]

    assert sum(held) / len(held) >= 0.85


def test_every_page_of_notes_has_three_to_eight_everyday_questions(digest: Source) -> None:
    counts = {page.label: len(questions_of(page.text)) for page in digest.pages}

    assert {label: count for label, count in counts.items() if not 3 <= count <= 8} == {}


def test_no_question_of_the_notes_resembles_an_eval_question(digest: Source) -> None:
    hidden = [question for page in digest.pages for question in questions_of(page.text)]

    assert [pair for pair in _pairs(hidden) if _ratio(*pair) > TOO_ALIKE] == []


def test_a_question_that_resembles_another_would_be_noticed() -> None:
    assert _ratio(QUESTIONS[0].question, f"{QUESTIONS[0].question}？") > TOO_ALIKE


def _pairs(hidden: list[str]) -> list[tuple[str, str]]:
    return [(question.question, other) for question in QUESTIONS for other in hidden]


def _ratio(first: str, second: str) -> float:
    matcher = SequenceMatcher(None, comparable(first), comparable(second))
    if matcher.real_quick_ratio() <= TOO_ALIKE or matcher.quick_ratio() <= TOO_ALIKE:
        return 0.0  # upper bounds: the exact ratio cannot be higher
    return matcher.ratio()
