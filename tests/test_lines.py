"""Lines as a page has them become the paragraphs that they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guideqa.text.lines import LineKind, continues, line_kind, paragraphs
from guideqa.text.normalization import comparable


def joined(page: str) -> list[str]:
    return [paragraph.text for paragraph in paragraphs(page.splitlines())]


def test_a_sentence_wrapped_at_the_margin_is_joined() -> None:
    page = """この町では、保健センターの一階にある広場を使って、毎週木曜日に親子の集
いを開いている。
次の段落は別の話である。
"""
    assert (
        joined(page)[0]
        == "この町では、保健センターの一階にある広場を使って、毎週木曜日に親子の集いを開いている。"
    )
    assert len(joined(page)) == 2


def test_bullets_stay_apart_and_their_second_lines_stay_with_them() -> None:
    page = """• 定員は15人で、放課後に週五日ひらいている。送迎は町の委託先が車で行って
いる。
• 夕食はボランティアが作る。
"""
    assert joined(page) == [
        "定員は15人で、放課後に週五日ひらいている。送迎は町の委託先が車で行っている。",
        "夕食はボランティアが作る。",
    ]


def test_latin_words_keep_their_blank_at_a_line_break() -> None:
    page = "この研修は、英国の団体が作った教材であるところのSafe\nCare という名前の教材を使って行われる。\n"

    assert "Safe Care" in joined(page)[0]


def test_a_line_of_the_frame_is_joined_to_nothing() -> None:
    lines = [
        "利用者の声を聞きながら少しずつ広げてきたところであり、これからも町",
        "地域資源開拓",
        "の人と続ける。",
    ]

    assert [p.text for p in paragraphs(lines, frozenset({1}))][1] == "地域資源開拓"


def test_a_word_that_runs_over_a_break_continues_and_a_new_sentence_does_not() -> None:
    assert continues("毎週木曜日に親子の集まりを児童養護施", "設で開いている")
    assert continues("親子の集まり", "を開いている")
    assert not continues("集まりを開いている。", "図書館は休みである。")


def test_each_kind_of_line_is_told_by_its_first_characters() -> None:
    kinds = {
        line: line_kind(line)
        for line in ("• 項目", "n 成果", "1. 見出し", "（２）小見出し", "①一つ目", "本文")
    }

    assert list(kinds.values()) == [
        LineKind.BULLET,
        LineKind.BULLET,
        LineKind.NUMBERED,
        LineKind.NUMBERED,
        LineKind.NUMBERED,
        LineKind.TEXT,
    ]


@given(st.lists(st.text(st.sampled_from("子育ての会を開く。、・•1. （）Aa　 "), max_size=30), max_size=8))
def test_joining_loses_no_letter(lines: list[str]) -> None:
    def letters(text: str) -> str:
        return "".join(character for character in comparable(text) if character.isalnum())

    assert letters("".join(p.text for p in paragraphs(lines))) == letters("".join(lines))
