"""Japanese prose is cut where a sentence ends, and nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guideqa.text.sentences import sentences


def test_each_full_stop_ends_a_sentence() -> None:
    assert sentences("窓口は一つである。予約は要らない。") == ["窓口は一つである。", "予約は要らない。"]


def test_a_quotation_inside_a_sentence_does_not_end_it() -> None:
    text = "親は「助かった。また来たい。」と話す。次は秋に開く。"

    assert sentences(text) == ["親は「助かった。また来たい。」と話す。", "次は秋に開く。"]


def test_a_bracket_that_is_never_closed_does_not_swallow_the_next_line() -> None:
    assert sentences("一つ目（注は次のとおり。\n二つ目。三つ目。") == [
        "一つ目（注は次のとおり。",
        "二つ目。",
        "三つ目。",
    ]


def test_a_bracket_that_was_never_opened_hides_no_full_stop() -> None:
    assert sentences("一つ目）。二つ目。") == ["一つ目）。", "二つ目。"]


@given(st.text(st.sampled_from("子育て。！？!?「」（）\n 　a")))
def test_only_blanks_are_lost(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
