"""Documents and questions are compared in one normal form."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guideqa.text.lines import width
from guideqa.text.normalization import comparable, normalize, radical_table, readable

# Text as extraction gives it: any character, and the troublesome ones far more often than by chance.
TROUBLE = (
    "⺠⼦⽔⾃〜～‐−―‧·･・ｶﾞﾊﾟがか\u3099は\u309a①㍻㈱ﷺ\ufdfa\0\u00ad\u200b\ufeff\u3000 \t\r\n\f\ud800/／|Ⅳé"
)
ANY_TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from(TROUBLE), st.sampled_from(list(map(chr, radical_table()))))
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("市⺠", "市民"),
        ("⼦育て", "子育て"),
        ("ﾐﾅﾏﾀ", "ミナマタ"),
        ("ﾊﾟｰﾄﾅｰ", "パートナー"),
        ("か\u3099", "が"),
        ("家庭⽀援‧事業", "家庭支援・事業"),
        ("ファミリー･サポート", "ファミリー・サポート"),
        ("３つ", "3つ"),
        ("ＳａｆｅＣａｒｅ", "SafeCare"),
        ("10〜15時", "10～15時"),
        ("０９６−１２３", "096-123"),
        ("令和　８年", "令和 8年"),
    ],
)
def test_spellings_that_look_alike_have_one_normal_form(written: str, meant: str) -> None:
    assert normalize(written) == normalize(meant)


@pytest.mark.parametrize(
    ("one", "other"), [("一人", "二人"), ("おはよう", "おばよう"), ("土", "士"), ("ー", "一")]
)
def test_words_that_differ_keep_different_normal_forms(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


def test_no_radical_is_left_in_normal_text() -> None:
    every_radical = "".join(map(chr, radical_table()))

    assert not set(map(ord, normalize(every_radical))) & set(radical_table())


@given(ANY_TEXT)
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = normalize(text)

    assert normalize(once) == once
    assert comparable(once) == comparable(text)


@given(ANY_TEXT)
def test_the_comparable_form_has_neither_white_space_nor_separators(text: str) -> None:
    form = comparable(text)

    assert not any(character.isspace() or character in "・/|" for character in form)


@given(ANY_TEXT)
def test_what_a_person_reads_can_be_found_again(text: str) -> None:
    assert normalize(readable(text)) == normalize(text)
    assert readable(readable(text)) == readable(text)


@given(ANY_TEXT)
def test_normal_text_keeps_the_number_of_lines(text: str) -> None:
    assert normalize(text).count("\n") == unicodedata.normalize("NFKC", text).count("\n")


def test_reading_keeps_the_look_of_the_page() -> None:
    assert readable("⼦育て（①〜③）ﾐﾅﾏﾀ１０時") == "子育て（①〜③）ﾐﾅﾏﾀ１０時"


@given(st.text(), st.text())
def test_width_adds_up_and_is_never_negative(left: str, right: str) -> None:
    assert width(left + right) == width(left) + width(right) >= 0


def test_a_wide_character_is_as_wide_as_two_narrow_ones() -> None:
    assert width("子育て") == width("abcdef") == 3.0
