"""A quotation is found on its page however the page spells, wraps or spaces it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guideqa.text.matching import locate
from guideqa.text.normalization import comparable


@pytest.mark.parametrize(
    ("quote", "page", "stands_as"),
    [
        ("市民の会", "町と市⺠の\n会がひらく", "市⺠の\n会"),
        ("ボランティア", "夕食はﾎﾞﾗﾝﾃｨｱが作る", "ﾎﾞﾗﾝﾃｨｱ"),
        ("ファミリー・サポート", "ファミリー‧サポート事業", "ファミリー‧サポート"),
        ("10:00", "朝１０：００から", "１０：００"),
        ("がく", "か\u3099くしゅう", "か\u3099く"),
        ("学習が", "学習か\u3099ある", "学習か\u3099"),
        ("平成", "㍻元年", "㍻"),
        ("子育て 支援", "子育て支援", "子育て支援"),
    ],
)
def test_the_place_found_is_the_text_as_it_stands(quote: str, page: str, stands_as: str) -> None:
    place = locate(quote, page)

    assert place is not None
    assert page[slice(*place)] == stands_as


@pytest.mark.parametrize("quote", ["町民の会", "", "  ", "・"])
def test_what_does_not_stand_there_or_says_nothing_is_not_found(quote: str) -> None:
    assert locate(quote, "町と市⺠の会がひらく") is None


@given(
    st.text(st.sampled_from("子⼦育てｶﾞﾊﾟか\u3099市⺠①㍻Ａa1１。・\n 　")),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_every_part_of_a_page_is_found_where_it_says_the_same(text: str, begin: int, length: int) -> None:
    part = text[begin : begin + length]
    place = locate(part, text)

    if place is not None:
        assert comparable(part) in comparable(text[slice(*place)])
    else:
        # Only a cut inside a character that two code points make up, or blanks, can be lost.
        assert not comparable(part) or comparable(part) not in comparable(text)
