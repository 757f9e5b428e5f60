"""A handbook of another field, with other headings, is answered from as it is: entities and values come from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import TINY_CORPUS, pipeline_of

from guideqa.assistant import Assistant
from guideqa.encoder.nano import NanoEncoder
from guideqa.settings import Settings
from guideqa.types import Answer, AnswerStatus, Question, Turn
from guideqa.wiring import build_assistant
from ingest.pipeline import Request

SNOW = Path(__file__).parent / "snow" / "snow.txt"


@pytest.fixture(scope="module")
def snow(tmp_path_factory: pytest.TempPathFactory, encoder: NanoEncoder) -> Assistant:
    settings = Settings(data_dir=tmp_path_factory.mktemp("snow"), corpus_dir=TINY_CORPUS)
    pipeline_of(settings, encoder).ingest(Request((SNOW,)))
    return build_assistant(settings, encoder)


def ask(assistant: Assistant, text: str, *turns: Turn) -> Answer:
    return assistant.ask(Question(text, turns)).answer


def test_municipalities_are_learnt_from_the_document(snow: Assistant) -> None:
    assert {"峰越市", "谷口町"} <= set(snow.index.entities.municipalities)


@pytest.mark.parametrize(
    ("question", "fact", "page"),
    [
        ("除雪車が出るのは雪が何センチ積もったとき？", "十センチ", "1"),
        ("歩道の除雪機を借りるのにお金はかかる？", "無償", "2"),
        ("雪捨て場は何時まで開いている？", "午後五時", "3"),
        ("峰越市の除雪は何社が受けている？", "二十二社", "4"),
        ("峰越市の協力員の謝礼はいくら？", "三百円", "5"),
        ("谷口町の除雪は直営？委託？", "直営", "6"),
        ("谷口町では残した雪を何に使っている？", "貯蔵庫", "7"),
        ("たにぐちまちの除雪車は何台", "四台", "6"),
        ("峰越市　苦情の電話はどうなった", "四割", "4"),
    ],
)
def test_the_answer_holds_the_fact_and_cites_its_page(
    snow: Assistant, question: str, fact: str, page: str
) -> None:
    answer = ask(snow, question)

    assert answer.status is AnswerStatus.ANSWERED
    assert fact in answer.markdown
    assert page in {citation.page.label for citation in answer.citations}


def test_two_municipalities_are_put_side_by_side(snow: Assistant) -> None:
    answer = ask(snow, "峰越市と谷口町の除雪の受託者を比べて")

    assert "二十二社" in answer.markdown
    assert "直営" in answer.markdown
    assert {citation.page.label for citation in answer.citations} >= {"4", "6"}


def test_a_follow_up_keeps_to_the_municipality(snow: Assistant) -> None:
    first = "谷口町の除雪は誰がしている？"
    answer = ask(snow, "夜に出た人の翌日は？", Turn("user", first), Turn("assistant", "職員八人です。"))

    assert "午後は休み" in answer.markdown


@pytest.mark.parametrize(
    "question", ["深山村の除雪は何社が受けている？", "住民票の写しの手数料はいくら？", "こんにちは"]
)
def test_what_it_does_not_say_is_refused(snow: Assistant, question: str) -> None:
    assert ask(snow, question).status is AnswerStatus.NOT_FOUND
