"""The digest that ships: it holds the facts of its pages, and its questions are not the eval's."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from eval.questions import default_files, load_questions
from guideqa.text.normalization import comparable
from ingest.manifest import Manifest
from ingest.notes import questions_of, readable_notes
from ingest.readers.markdown import read_markdown_folder
from ingest.source import Source

CORPUS = Path(__file__).parent.parent / "corpus"
QUESTIONS = load_questions(default_files())
ASKED = [comparable(question.question) for question in QUESTIONS]
CHARACTERS = CountVectorizer(analyzer="char", lowercase=False, dtype=np.uint8)
COUNTS = CHARACTERS.fit_transform(ASKED).toarray()
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


def test_every_page_of_notes_has_many_everyday_questions(digest: Source) -> None:
    counts = {page.label: len(questions_of(page.text)) for page in digest.pages}

    assert {label: count for label, count in counts.items() if not 8 <= count <= 40} == {}


def test_no_question_of_the_notes_resembles_an_eval_question(digest: Source) -> None:
    hidden = [question for page in digest.pages for question in questions_of(page.text)]

    assert [pair for question in hidden for pair in alike(question)] == []


def test_a_question_that_resembles_another_would_be_noticed() -> None:
    assert alike(f"{QUESTIONS[0].question}？")


def alike(hidden: str) -> list[tuple[str, str]]:
    """The eval questions that a question of the notes is too like to, each beside it."""
    text = comparable(hidden)
    shared = np.minimum(CHARACTERS.transform([text]).toarray(), COUNTS).sum(axis=1)
    lengths = np.array([len(text) + len(question) for question in ASKED])
    # A ratio counts shared characters that stand in one order: it cannot be higher than with those in any order.
    possible = np.flatnonzero(2 * shared > TOO_ALIKE * lengths)
    pairs = [(ASKED[number], text) for number in possible]
    return [pair for pair in pairs if SequenceMatcher(None, *pair).ratio() > TOO_ALIKE]
