"""Personal information is noticed by its form, and is not sent to a language model unless that is confirmed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY
from scripted_model import ScriptedModel, says, scripted_model

from guideqa.api.requests import AskRequest
from guideqa.assistant import Assistant
from guideqa.encoder.nano import NanoEncoder
from guideqa.settings import Settings
from guideqa.text.personal import Personal, seems_to_hold
from guideqa.types import Composition, Question, Turn
from guideqa.wiring import build_assistant
from ui.caution import caution

PRICE = "星見町のショートステイの利用料は1泊いくら？"
TELEPHONE = "連絡先は090-1234-5678です。"
HONEST = "星見町の利用料は1泊2,000円です。⟦利用料は1泊2,000円⟧"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TELEPHONE, Personal.TELEPHONE),
        ("０３（１２３４）５６７８に電話した", Personal.TELEPHONE),
        ("09012345678の方", Personal.TELEPHONE),
        ("個人番号は1234 5678 9018", Personal.NUMBER),
        ("星見町字中央１２番地の家庭", Personal.ADDRESS),
        ("藍川市緑ヶ丘三丁目に住む子", Personal.ADDRESS),
        ("藍川市本町3-1-1の世帯", Personal.ADDRESS),
        ("山田太郎、平成30年5月3日生まれ", Personal.NAME_AND_BIRTH),
        ("伊藤 健 2019-04-01生。利用できる？", Personal.NAME_AND_BIRTH),
        ("はなちゃん（H30.5.3生）の利用料", Personal.NAME_AND_BIRTH),
        ("taro@example.jp に返事", Personal.MAIL),
    ],
)
def test_what_tells_who_somebody_is_is_noticed(text: str, kind: Personal) -> None:
    assert seems_to_hold(text) == (kind,)


@pytest.mark.parametrize(
    "text",
    [
        "123456789012は正しい番号ではない",
        "藍川市人口3-5万人の自治体",
        "市町村の居場所2-3か所と3-5歳児",
        "令和6年4月1日からのお子さんの利用料",
        "山田さんの講演の内容は？",
        "令和4-6年度の実績と、2,000,000,000円の予算",
    ],
)
def test_what_only_looks_like_it_is_let_be(text: str) -> None:
    assert seems_to_hold(text) == ()


def test_no_question_of_the_suite_seems_to_tell_of_anybody() -> None:
    lines = [
        json.loads(line)
        for path in sorted(Path(REPOSITORY / "eval" / "questions").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]

    assert lines
    assert [item["question"] for item in lines if seems_to_hold(item["question"])] == []


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as model:
        yield model


@pytest.fixture
def assistant(model: ScriptedModel, tiny_settings: Settings, encoder: NanoEncoder) -> Assistant:
    model.will(says(HONEST))
    model.heard.clear()
    changes = {"llm_url": model.url, "llm_model": "scripted"}
    return build_assistant(tiny_settings.model_copy(update=changes), encoder)


def test_a_model_is_not_told_and_the_documents_own_sentences_answer(
    assistant: Assistant, model: ScriptedModel
) -> None:
    reply = assistant.ask(Question(f"{PRICE}{TELEPHONE}"))

    assert model.heard == []
    assert reply.withheld
    assert reply.answer.composition is Composition.EXTRACTED
    assert reply.answer.citations
    assert "個人の情報（電話番号）" in reply.answer.notice


def test_a_follow_up_does_not_take_along_what_was_typed_before(
    assistant: Assistant, model: ScriptedModel
) -> None:
    reply = assistant.ask(Question("藍川市は？", (Turn("user", f"{PRICE}{TELEPHONE}"),)))

    assert model.heard == []
    assert reply.withheld


def test_what_is_confirmed_is_sent(assistant: Assistant, model: ScriptedModel) -> None:
    asked = AskRequest(question=f"{PRICE}{TELEPHONE}", confirmed=True)

    reply = assistant.ask(asked.to_question())

    assert len(model.heard) == 1
    assert not reply.withheld
    assert reply.answer.composition is Composition.WRITTEN


def test_without_a_model_nothing_is_withheld(tiny_assistant: Assistant) -> None:
    reply = tiny_assistant.ask(Question(f"{PRICE}{TELEPHONE}"))

    assert not reply.withheld
    assert reply.answer.notice == ""


def test_the_reader_is_told_and_may_confirm() -> None:
    told = caution(TELEPHONE, "a1", withheld=False, is_kept=True)
    assert "個人の情報（電話番号）" in told
    assert "これまでの会話" in told
    assert "#confirm" not in told

    withheld = caution(f"<b>{TELEPHONE}", "a1", withheld=True, is_kept=False)
    assert "#confirm?answer=a1" in withheld
    assert "<b>" not in withheld
    assert "前の質問" in caution(PRICE, "a2", withheld=True, is_kept=False)
    assert caution(PRICE, "a3", withheld=False, is_kept=True) == ""
