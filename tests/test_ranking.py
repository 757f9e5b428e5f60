"""The legs weighed by hand: one linear score, and no body that crowds out another."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from guideqa.entities import Mentions
from guideqa.retrieval.balance import balanced, spread
from guideqa.retrieval.form import AnswerForm, form_of
from guideqa.retrieval.legs import best_of
from guideqa.retrieval.query import Query
from guideqa.retrieval.ranking import WEIGHTS, Features, body_features, weighted
from guideqa.text.normalization import normalize
from guideqa.types import Facets, Hit, PageRef, Passage

NOTHING = Features(**{field.name: 0.0 for field in fields(Features)})
SOMETHING = replace(NOTHING, passage_cosine=1.5, page_cosine=0.5, passage_terms=0.25, page_terms=0.125)


def test_the_score_is_the_weighted_sum_of_what_the_legs_say() -> None:
    expected = (
        1.5 * WEIGHTS.passage_cosine
        + 0.5 * WEIGHTS.page_cosine
        + 0.25 * WEIGHTS.passage_terms
        + 0.125 * WEIGHTS.page_terms
    )

    assert weighted([NOTHING, SOMETHING], 1.0, 1.0) == pytest.approx([0, expected])


def test_a_leg_that_found_nothing_contributes_nothing() -> None:
    silent = replace(SOMETHING, passage_terms=0, page_terms=0)

    assert weighted([silent], 1.0, 1.0) == pytest.approx(weighted([silent], 1.0, 99.0))
    assert weighted([silent], 1.0, 1.0) == pytest.approx(weighted([SOMETHING], 1.0, 0.0))


def test_every_leg_speaks_for_a_passage_and_another_body_against_it() -> None:
    assert min(WEIGHTS.passage_cosine, WEIGHTS.page_cosine, WEIGHTS.passage_terms, WEIGHTS.page_terms) > 0
    assert WEIGHTS.same_body > WEIGHTS.other_body


def test_nothing_to_weigh_gives_no_scores() -> None:
    assert weighted([], 1.0, 1.0).shape == (0,)


def passage(name: str, facets: Facets, text: str = "") -> Passage:
    return Passage(name, (PageRef("d", 1, "1"),), (), text, facets)


def hit(name: str, body: str) -> Hit:
    return Hit(passage(name, Facets(body)), 1.0)


@pytest.mark.parametrize(
    ("facets", "named", "expected"),
    [
        (Facets("藍川市", "白峰県"), ("藍川市",), (1, 0)),
        (Facets("藍川市", "白峰県"), ("星見町",), (0, 1)),
        (Facets(prefecture="白峰県"), ("白峰県",), (1, 0)),
        (Facets(), ("藍川市",), (0, 0)),
        (Facets("藍川市"), (), (0, 0)),
    ],
)
def test_a_passage_is_of_the_body_that_is_asked_about_or_of_another(
    facets: Facets, named: tuple[str, ...], expected: tuple[float, float]
) -> None:
    same_body, _, other_body = body_features(passage("p", facets), named)

    assert (same_body, other_body) == expected


def test_the_best_are_found_in_reading_order_and_never_those_without_a_term() -> None:
    scores = np.array([0, 0.5, 0.9, 0.5, 0, 0.1], np.float32)

    assert best_of(scores, 2) == [2, 1]
    assert best_of(scores, 3) == [2, 1, 3]
    assert best_of(scores, 99) == [2, 1, 3, 5]
    assert best_of(np.zeros(3, np.float32), 2) == []


HITS = [hit("a1", "藍川市"), hit("a2", "藍川市"), hit("x", ""), hit("h1", "星見町"), hit("a3", "藍川市")]


def order(*named: str) -> list[str]:
    mentions = Mentions(municipalities=named)
    query = Query("", mentions, (), form_of("", mentions))
    return [item.passage.id for item in balanced(HITS, query)]


def test_a_second_passage_of_a_page_stands_back_behind_a_page_that_is_nearly_as_good() -> None:
    first, second = (replace(hit(f"d:1:{n}", ""), score=score) for n, score in ((1, 5.0), (2, 4.5)))
    other, far = (replace(hit(f"d:{n}:1", ""), score=score) for n, score in ((2, 4.0), (3, 1.0)))
    found = spread([first, second, other, far], Query("", Mentions(), ()))

    assert [item.passage.id for item in found] == ["d:1:1", "d:2:1", "d:1:2", "d:3:1"]
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)


def test_a_list_gives_each_body_before_the_second_of_one() -> None:
    hits = [
        replace(hit(f"d:{n}:1", body), score=5 - n / 2) for n, body in enumerate(("甲市", "甲市", "乙市"))
    ]
    found = spread(hits, Query("", Mentions(), (), AnswerForm.LIST))

    assert [item.passage.facets.municipality for item in found] == ["甲市", "乙市", "甲市"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("里親ショートステイを実施している自治体は？", AnswerForm.LIST),
        ("どの市が直営でやっていますか", AnswerForm.LIST),
        ("子育て短期支援事業とは", AnswerForm.DEFINITION),
        ("利用料はいくらですか", AnswerForm.SENTENCES),
    ],
)
def test_a_question_has_the_form_that_its_words_show(text: str, form: AnswerForm) -> None:
    assert form_of(normalize(text), Mentions()) is form


def test_of_two_bodies_that_are_named_each_has_its_best_among_the_first() -> None:
    assert set(order("藍川市", "星見町")[:2]) == {"a1", "h1"}


@pytest.mark.parametrize("named", [(), ("藍川市",)])
def test_where_one_body_or_none_is_named_the_order_stays(named: tuple[str, ...]) -> None:
    assert order(*named) == ["a1", "a2", "x", "h1", "a3"]
