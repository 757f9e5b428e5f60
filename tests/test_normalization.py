"""Documents and questions are compared in one normal form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guideqa.text.normalization import normalize


@pytest.mark.parametrize(
    ("written", "meant"),
    [("市⺠", "市民"), ("⼦育て", "子育て"), ("ﾐﾅﾏﾀ", "ミナマタ"), ("家庭⽀援‧事業", "家庭支援・事業")],
)
def test_spellings_that_look_alike_have_one_normal_form(written: str, meant: str) -> None:
    assert normalize(written) == normalize(meant)


@given(st.text())
def test_normalizing_twice_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)
