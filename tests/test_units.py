"""A sentence of a passage is known with the small heading above it, and is quoted together with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import TINY_CORPUS, pipeline_of

from guideqa.answer.units import units_of
from guideqa.assistant import Assistant
from guideqa.encoder.nano import NanoEncoder
from guideqa.settings import Settings
from guideqa.text.terms import lexical_terms
from guideqa.types import PageRef, Passage, Question
from guideqa.wiring import build_assistant
from ingest.pipeline import Request

LEAFLET = """青葉町 講座のしおり

1. 講座の実施体制

n 運営側
直営

n 利用料
無料

n 会場
中央公民館の二階で開く。駐車場は二十台分ある。雨の日も開く。
"""


def passage(text: str, *topics: str) -> Passage:
    return Passage("a:1:1", (PageRef("a", 1, "1"),), (), text, topics=topics)


def test_a_value_is_quoted_with_the_small_heading_that_says_what_it_is() -> None:
    (unit,) = units_of(passage("利用料\n無料", "利用料"))

    assert (unit.sentence, unit.topic, unit.quote) == ("無料", "利用料", "利用料\n無料")
    assert set(lexical_terms("利用料")) <= unit.terms


def test_a_later_sentence_is_quoted_alone_but_known_by_its_heading() -> None:
    _, second = units_of(passage("会場\n公民館で開く。雨の日も開く。", "会場"))

    assert (second.quote, second.topic) == ("雨の日も開く。", "会場")


def test_a_heading_ends_where_the_next_begins() -> None:
    units = units_of(passage("運営側\n直営\n利用料\n無料", "運営側", "利用料"))

    assert [(unit.topic, unit.sentence) for unit in units] == [("運営側", "直営"), ("利用料", "無料")]


def test_a_heading_that_tells_a_date_may_answer_by_itself() -> None:
    units = units_of(passage("【事業開始：令和6年10月】\n委託した。", "【事業開始：令和6年10月】"))

    assert [unit.sentence for unit in units] == ["【事業開始：令和6年10月】", "委託した。"]


def test_a_row_is_known_by_the_names_of_its_columns() -> None:
    row, after = units_of(passage("区分｜料金\n一般｜500円\n以上。"))

    assert (row.sentence, after.sentence) == ("一般｜500円", "以上。")
    assert set(lexical_terms("料金")) <= row.terms
    assert not set(lexical_terms("料金")) <= after.terms


@pytest.fixture(scope="module")
def leaflet_assistant(tmp_path_factory: pytest.TempPathFactory, encoder: NanoEncoder) -> Assistant:
    folder = tmp_path_factory.mktemp("leaflet")
    path: Path = folder / "leaflet.txt"
    path.write_text(LEAFLET, encoding="utf-8")
    settings = Settings(data_dir=folder / "data", corpus_dir=TINY_CORPUS)
    pipeline_of(settings, encoder).ingest(Request((path,)))
    return build_assistant(settings, encoder)


def test_an_answer_says_the_heading_before_the_value(leaflet_assistant: Assistant) -> None:
    answer = leaflet_assistant.ask(Question("青葉町の講座の利用料はいくら？")).answer

    first = answer.statements[0]
    assert (first.text, first.lead) == ("無料", "利用料：")
    assert first.citations[0].quote == "利用料\n無料"


def test_a_question_for_one_heading_is_answered_with_that_alone(leaflet_assistant: Assistant) -> None:
    answer = leaflet_assistant.ask(Question("青葉町の講座の運営側は？")).answer

    assert [statement.text for statement in answer.statements] == ["直営"]
