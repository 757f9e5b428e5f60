"""Documents and questions are cut into the same words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guideqa.text.normalization import normalize
from guideqa.text.terms import NAME_MARK, bare_names, quoted_names
from guideqa.text.tokenization import MAX_PIECE_CHARS, content_tokens, tokenize


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("市民の子育て支援", "市⺠の⼦育て⽀援"),
        ("ミナマタ", "ﾐﾅﾏﾀ"),
        ("SafeCareの訪問", "ＳａｆｅＣａｒｅの訪問"),
        ("子供を預かる", "子供を預かった"),
    ],
)
def test_spellings_and_inflections_give_the_same_words(question: str, document: str) -> None:
    assert tokenize(question) == tokenize(document) != []


def test_a_compound_is_found_by_itself_and_by_its_parts() -> None:
    words = tokenize("児童育成支援拠点事業")

    assert {"児童", "育成", "支援", "拠点", "事業"} <= set(words)


def test_words_that_carry_only_grammar_are_left_out() -> None:
    assert tokenize("それは何のためのものですか。どこにありますか。") == []


def test_tokens_say_where_they_stand_in_the_normal_text() -> None:
    text = normalize("⽔曜⽇は図書館で、⼟曜⽇は公⺠館でひらく。")

    assert [text[token.begin : token.end] for token in content_tokens(text)] == [
        token.surface for token in content_tokens(text)
    ]


def test_threads_read_the_same_words() -> None:
    texts = [f"第{number}回の読み聞かせの会を図書館でひらく。" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(tokenize, texts)) == [tokenize(text) for text in texts]


def test_a_text_longer_than_the_tokenizer_takes_is_read_to_its_end() -> None:
    text = "図書館で読む。" * (MAX_PIECE_CHARS // 3) + "最後に公民館"

    assert tokenize(text)[-1] == "公民館" or "公民館" in tokenize(text)[-3:]


def test_a_long_text_without_any_break_is_read_too() -> None:
    assert tokenize("あ" * (3 * MAX_PIECE_CHARS) + "公民館")


@example("\ud800")
@given(st.text(st.one_of(st.characters(), st.sampled_from("子⼦育ての会ｶﾞﾊﾟ\0\ud800\ufdfa"))))
def test_any_text_gives_the_words_of_its_normal_form(text: str) -> None:
    assert tokenize(text) == tokenize(normalize(text))


def test_a_name_in_quotation_marks_is_a_term_of_its_own_and_found_without_them() -> None:
    names = quoted_names("「いこっと」というサイト")

    assert names == [f"{NAME_MARK}いこっと"]
    assert bare_names("いこっとで何が見られる？", names) == names
    assert bare_names("どこで何が見られる？", names) == []
