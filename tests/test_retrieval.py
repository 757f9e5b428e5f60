"""The right passage comes first, however the question is spelled."""

from __future__ import annotations

import pytest

from guideqa.assistant import Assistant
from guideqa.types import Filters, Hit, Question


def search(assistant: Assistant, text: str, count: int = 10, **filters: tuple[str, ...]) -> tuple[Hit, ...]:
    return assistant.search(Question(text, filters=Filters(**filters)), count).hits


def labels(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.passage.pages[0].label for hit in hits]


@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("星見町のショートステイの利用料", "3"),
        ("藍川市の居場所の定員", "6"),
        ("商店街の空き店舗を使った居場所", "6"),
        ("親子のほめ方を学ぶ講座", "7"),
        ("要対協とは何の略か", "8"),
        ("赤ちゃんを預かれる里親", "4"),
    ],
)
def test_the_page_that_answers_comes_first(tiny_assistant: Assistant, question: str, page: str) -> None:
    assert labels(search(tiny_assistant, question))[0] == page


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("市⺠からの寄付", "市民からの寄付"),
        ("⼦育ての悩み", "子育ての悩み"),
        ("ﾎﾞﾗﾝﾃｨｱの団体", "ボランティアの団体"),
        ("１泊いくら", "1泊いくら"),
        ("  里親　の世帯\n", "里親 の世帯"),
    ],
)
def test_two_spellings_of_a_question_have_the_same_hits(
    tiny_assistant: Assistant, one: str, other: str
) -> None:
    assert search(tiny_assistant, one) == search(tiny_assistant, other)


def test_a_passage_in_half_width_kana_is_found_by_full_width_words(tiny_assistant: Assistant) -> None:
    first = search(tiny_assistant, "夕食を作るボランティア")[0]

    assert "ﾎﾞﾗﾝﾃｨｱ" in first.passage.text
    assert first.lexical_rank == 1


def test_hits_are_distinct_sorted_and_as_many_as_asked(tiny_assistant: Assistant) -> None:
    hits = search(tiny_assistant, "子育て支援の居場所", 5)

    assert len(hits) == 5
    assert len({hit.passage.id for hit in hits}) == 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_more_hits_continue_the_shorter_list(tiny_assistant: Assistant) -> None:
    few, many = search(tiny_assistant, "里親の登録", 3), search(tiny_assistant, "里親の登録", 8)

    assert many[:3] == few


def test_a_municipality_keeps_the_others_out(tiny_assistant: Assistant) -> None:
    hits = search(tiny_assistant, "事業を始めた背景", 50, municipality=("藍川市",))

    assert {hit.passage.facets.municipality for hit in hits} == {"藍川市"}


def test_values_of_one_facet_are_alternatives_and_facets_narrow_each_other(tiny_assistant: Assistant) -> None:
    both = search(tiny_assistant, "背景", 50, municipality=("藍川市", "星見町"))
    narrowed = search(
        tiny_assistant, "背景", 50, municipality=("藍川市", "星見町"), programme=("子育て短期支援事業",)
    )

    assert {hit.passage.facets.municipality for hit in both} == {"藍川市", "星見町"}
    assert narrowed
    assert {(h.passage.facets.municipality, h.passage.facets.programme) for h in narrowed} == {
        ("星見町", "子育て短期支援事業")
    }


def test_one_document_can_be_searched_alone(tiny_assistant: Assistant) -> None:
    hits = search(tiny_assistant, "子育て支援", 50, document=("komorebi-digest",))

    assert {hit.passage.document_id for hit in hits} == {"komorebi-digest"}


def test_a_filter_that_nothing_passes_gives_nothing(tiny_assistant: Assistant) -> None:
    assert search(tiny_assistant, "里親", 10, municipality=("どこにもない町",)) == ()


def test_words_that_occur_nowhere_leave_the_lexical_leg_silent(tiny_assistant: Assistant) -> None:
    hits = search(tiny_assistant, "ブラックホールの蒸発")

    assert all(hit.lexical_rank is None for hit in hits)


@pytest.mark.parametrize("text", ["？", "。。。", "\0", "😀", "\ud800", "ﷺ" * 50, "a" * 500, "あ" * 500])
def test_a_question_of_anything_is_answered_in_good_order(tiny_assistant: Assistant, text: str) -> None:
    search(tiny_assistant, text, 3)
