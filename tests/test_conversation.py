"""Follow-ups are understood alone; what changes the subject carries nothing over."""

from __future__ import annotations

import pytest

from guideqa.conversation import standalone
from guideqa.entities import Entities
from guideqa.types import Question, Turn

ENTITIES = Entities(("藍川市", "星見町"), ("白峰県",), ("児童育成支援拠点事業", "子育て短期支援事業"))
KNOWN = frozenset("人口 送迎 里親 世帯 拠点 定員 始める 時期 利用 料 利用料 人 何人".split())


def resolved(text: str, *turns: str) -> str | None:
    history = tuple(Turn("user", turn) for turn in turns)
    return standalone(Question(text, history), ENTITIES, KNOWN.__contains__)


def test_without_a_conversation_nothing_is_rewritten() -> None:
    assert resolved("送迎は？") is None


@pytest.mark.parametrize(
    ("text", "before", "carried"),
    [
        ("送迎は？", "藍川市の拠点の定員は？", ["藍川市", "拠点", "送迎"]),
        ("それはいつ始めた？", "藍川市の拠点の定員は？", ["藍川市", "拠点", "始めた"]),
        ("利用料は？", "子育て短期支援事業の定員", ["子育て短期支援事業", "利用料"]),
        ("星見町だと何人？", "藍川市の拠点の定員は？", ["星見町", "拠点", "定員"]),
    ],
)
def test_what_a_follow_up_leaves_out_is_carried_over(text: str, before: str, carried: list[str]) -> None:
    rewritten = resolved(text, before)

    assert rewritten is not None
    assert [word for word in carried if word not in rewritten] == []


def test_another_body_takes_the_place_of_the_one_before() -> None:
    rewritten = resolved("じゃあ星見町は？", "藍川市の拠点の定員は？")

    assert rewritten == "星見町の拠点の定員は?"


def test_the_subject_reaches_over_several_turns() -> None:
    rewritten = resolved("送迎は？", "藍川市の拠点の定員は？", "利用料は？")

    assert rewritten is not None
    assert "藍川市" in rewritten


@pytest.mark.parametrize(
    "text",
    [
        "では、星見町の人口は？",  # whom and what: nothing is left out
        "ところで、里親は何世帯？",  # announced
        "来年の消費税率は？",  # words of which the corpus knows none
        "全国の里親は何世帯？",
    ],
)
def test_a_change_of_subject_carries_nothing_over(text: str) -> None:
    rewritten = resolved(text, "藍川市の拠点の定員は？")

    assert "藍川市" not in (rewritten or "")
    assert "拠点" not in (rewritten or "")
