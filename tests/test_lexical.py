"""BM25F, checked by hand on a corpus that fits in the head."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pytest

from guideqa.index.lexical import FIELDS, K1, LexicalIndex

DOCUMENTS = [
    {"body": ["図書館", "会"], "headings": []},
    {"body": ["図書館"], "headings": ["会"]},
    {"body": ["里親", "里親", "里親"], "headings": []},
]
MEAN_BODY = (2 + 1 + 3) / 3


def impact(weighted_frequency: float, occurs_in: int) -> float:
    """idf · f / (k1 + f), with the formulas of the paper."""
    inverse = log(1 + (len(DOCUMENTS) - occurs_in + 0.5) / (occurs_in + 0.5))
    return inverse * weighted_frequency / (K1 + weighted_frequency)


def in_body(count: int, length: int) -> float:
    settings = FIELDS["body"]
    b = settings.length_normalisation
    return settings.weight * count / (1 - b + b * length / MEAN_BODY)


def in_headings(count: int, length: int, mean: float) -> float:
    settings = FIELDS["headings"]
    b = settings.length_normalisation
    return settings.weight * count / (1 - b + b * length / mean)


@pytest.fixture
def index() -> LexicalIndex:
    return LexicalIndex.build(DOCUMENTS)


def test_a_term_scores_by_field_and_length(index: LexicalIndex) -> None:
    expected = [impact(in_body(1, 2), 2), impact(in_headings(1, 1, 1 / 3), 2), 0]

    assert index.scores(["会"]) == pytest.approx(expected)


def test_a_term_that_repeats_saturates(index: LexicalIndex) -> None:
    assert index.scores(["里親"]) == pytest.approx([0, 0, impact(in_body(3, 3), 1)])


def test_the_terms_of_a_question_add_up_and_repeating_one_changes_nothing(index: LexicalIndex) -> None:
    both = index.scores(["会"]) + index.scores(["図書館"])

    assert index.scores(["会", "図書館", "会"]) == pytest.approx(both)


def test_a_question_that_shares_no_term_scores_nothing_anywhere(index: LexicalIndex) -> None:
    assert not index.scores(["水族館"]).any()
    assert not index.scores([]).any()


def test_a_rare_term_weighs_more_than_a_common_one(index: LexicalIndex) -> None:
    assert index.weight("里親") > index.weight("図書館") > 0
    assert index.weight("水族館") == index.weight("里親")


def test_an_index_of_nothing_answers_nothing() -> None:
    assert LexicalIndex.build([]).scores(["会"]).shape == (0,)


def test_a_stored_index_scores_alike(index: LexicalIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "lexical.npz")
    loaded = LexicalIndex.load(tmp_path / "lexical.npz")

    for term in ("会", "図書館", "里親", "水族館"):
        assert np.array_equal(loaded.scores([term]), index.scores([term]))
        assert loaded.frequency(term) == index.frequency(term)


def test_documents_are_told_by_what_they_hold(index: LexicalIndex) -> None:
    assert index.holding(["図書館"]).tolist() == [0, 1]
    assert index.holding(["会", "図書館"]).tolist() == [0, 1]
    assert index.holding(["里親", "図書館"]).tolist() == []
    assert index.holding(["里親", "プール"]).tolist() == []
