"""A slip of the input method is put right where the corpus tells what was meant, and nothing else is touched."""

from __future__ import annotations

import pytest

from guideqa.assistant import Assistant
from guideqa.entities import Entities
from guideqa.index.lexical import LexicalIndex
from guideqa.retrieval.spelling import repaired
from guideqa.text.terms import lexical_terms
from guideqa.types import Question, Turn

PLACES = Entities(("世田谷区", "福岡市"), ("岐阜県",), ())
TEXTS = ("検討会議を開く。短期の支援。", "乳児院と契約した。", "世田谷区、福岡市と岐阜県。公演の準備。")


@pytest.fixture(scope="module")
def lexical() -> LexicalIndex:
    return LexicalIndex.build([{"body": lexical_terms(text)} for text in TEXTS])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("検討会義は何回?", "検討会議は何回?"),
        ("短期支縁とは", "短期支援とは"),
        ("どこの乳児印と契約した?", "どこの乳児院と契約した?"),
        ("服岡市の予算", "福岡市の予算"),
        ("瀬田谷区の予算", "世田谷区の予算"),
    ],
)
def test_a_slip_becomes_the_word_of_the_corpus_that_sounds_like_it(
    lexical: LexicalIndex, typed: str, meant: str
) -> None:
    assert repaired(typed, lexical, PLACES) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "検討会議は何回?",  # as it stands in the corpus
        "公園の清掃は?",  # a word like another of the corpus, but a word
        "福井市の予算",  # another place
        "静岡市の予算",
        "道路補修の予算",  # words that the corpus does not have side by side, but whole ones
        "3回と5回の違い",
        "",
    ],
)
def test_what_is_right_stays(lexical: LexicalIndex, typed: str) -> None:
    assert repaired(typed, lexical, PLACES) == typed


def test_the_reader_sees_what_was_searched_for(tiny_assistant: Assistant) -> None:
    slip, right = Question("読み聞かせの会の会上は？"), Question("読み聞かせの会の会場は？")

    reply = tiny_assistant.ask(slip)

    assert reply.answer.rewritten_question == "読み聞かせの会の会場は?"
    assert reply.hits == tiny_assistant.ask(right).hits


def test_a_slip_in_the_middle_of_a_conversation_does_not_bring_the_subject_before_it_back(
    tiny_assistant: Assistant,
) -> None:
    before = (Turn("user", "藍川市の居場所の定員は？"), Turn("assistant", "15人です。"))

    reply = tiny_assistant.search(Question("星身町の送迎の委託費は？", before), 3)

    assert reply.rewritten_query == "星見町の送迎の委託費は?"
