"""A question goes in; an answer comes out whose every quotation stands on its page, or none at all."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from conftest import HARUKAZE, KOMOREBI, TINY_CORPUS, pipeline_of

from guideqa.assistant import Assistant
from guideqa.encoder.nano import NanoEncoder
from guideqa.errors import QuestionError
from guideqa.settings import Settings
from guideqa.types import Answer, AnswerStatus, Question
from guideqa.wiring import build_assistant
from ingest.pipeline import Request

QUESTIONS = [
    "星見町のショートステイの利用料は1泊いくら？",
    "星見町の送迎の委託費は年間いくら？",
    "里親の世帯はいくつ登録されている？",
    "藍川市の居場所はどこで開かれている？",
    "藍川市の居場所の定員は何人？",
    "夕食はだれが作る？",
    "ほめ方の講座は全部で何回？",
    "ショートステイとは？",
    "要対協とは何の略？",
    "読み聞かせの会はどこで開かれる？",
    "読み聞かせの会の費用は？",
    "支援の三本の柱とは？",
]


@pytest.fixture(scope="module")
def originals_assistant(tmp_path_factory: pytest.TempPathFactory, encoder: NanoEncoder) -> Assistant:
    """An assistant over originals alone, whose pages are in files that this test reads itself."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("originals"), corpus_dir=TINY_CORPUS)
    pipeline_of(settings, encoder).ingest(Request((HARUKAZE, KOMOREBI)))
    return build_assistant(settings, encoder)


def letters(text: str) -> str:
    """The text without blanks, marks and compatibility forms; radicals by their names in Unicode's data.

    On purpose not the product's own normalisation: this is what an independent reader compares.
    """
    radicals = str.maketrans("⺠⼦⽔⽇⾦⾃", "民子水日金自")
    folded = unicodedata.normalize("NFKC", text.translate(radicals))
    return re.sub(r"[\W_]+", "", folded)


def pages_of(path: Path) -> list[str]:
    return [letters(page) for page in path.read_text(encoding="utf-8").split("\f")]


def ask(assistant: Assistant, text: str) -> Answer:
    return assistant.ask(Question(text)).answer


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_quote_stands_on_its_page(originals_assistant: Assistant, question: str) -> None:
    pages = {"harukaze": pages_of(HARUKAZE), "komorebi": pages_of(KOMOREBI)}
    answer = ask(originals_assistant, question)

    assert answer.status is AnswerStatus.ANSWERED
    assert answer.citations
    for citation in answer.citations:
        assert letters(citation.quote) in pages[citation.page.document_id][citation.page.index - 1]


@pytest.mark.parametrize("question", QUESTIONS)
def test_markers_and_citations_agree(originals_assistant: Assistant, question: str) -> None:
    answer = ask(originals_assistant, question)
    markers = [int(number) for number in re.findall(r"\[(\d+)\]", answer.markdown)]

    assert sorted(set(markers)) == [citation.number for citation in answer.citations]
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))


@pytest.mark.parametrize(
    ("question", "fact", "label"),
    [
        ("星見町のショートステイの利用料は1泊いくら？", "2,000円", "3"),
        ("藍川市の居場所の定員は何人？", "15人", "6"),
        ("ほめ方の講座は全部で何回？", "全6回", "7"),
        ("要対協とは何の略？", "要保護児童対策地域協議会", "8"),
    ],
)
def test_an_answer_states_the_fact_and_cites_the_page_that_says_it(
    tiny_assistant: Assistant, question: str, fact: str, label: str
) -> None:
    answer = ask(tiny_assistant, question)

    assert fact in answer.markdown
    assert answer.citations[0].page.label == label


@pytest.mark.parametrize("text", ["学童の料金はいくら？", "学童を実施している自治体はどこ？", "こんにちは"])
def test_an_answer_is_made_from_what_a_search_finds(tiny_assistant: Assistant, text: str) -> None:
    question = Question(text)

    hits = tiny_assistant.ask(question).hits

    assert hits
    assert hits == tiny_assistant.search(question, len(hits)).hits


def test_a_sentence_over_a_page_break_is_answered_with_both_pages(tiny_assistant: Assistant) -> None:
    answer = ask(tiny_assistant, "星見町の送迎の委託費は年間いくら？")

    assert "96万円" in answer.markdown
    assert {"3", "4"} <= {citation.page.label for citation in answer.citations}


@pytest.mark.parametrize(
    "question",
    ["ブラックホールの蒸発温度は何度？", "東京オリンピックの開会式の日付は？", "asdfghjkl", "！？！？"],
)
def test_what_the_documents_do_not_say_is_not_answered(tiny_assistant: Assistant, question: str) -> None:
    answer = ask(tiny_assistant, question)

    assert answer.status is AnswerStatus.NOT_FOUND
    assert answer.citations == ()
    assert answer.confidence < 0.5
    assert "見つかりません" in answer.markdown


def test_a_refusal_says_where_it_looked(tiny_assistant: Assistant) -> None:
    assert "はるかぜ自治体事例集" in ask(tiny_assistant, "ブラックホールの蒸発温度は何度？").markdown


def test_an_empty_question_is_refused() -> None:
    with pytest.raises(QuestionError, match="空"):
        Question(" \n　")


def test_a_question_over_the_limit_is_refused_with_the_limit(
    tiny_settings: Settings, encoder: NanoEncoder
) -> None:
    short = build_assistant(tiny_settings.model_copy(update={"max_question_chars": 1000}), encoder)

    ask(short, "里" * 1000)
    with pytest.raises(QuestionError, match="1,000文字"):
        ask(short, "里" * 1001)
    with pytest.raises(QuestionError, match="1,000,000文字"):
        ask(short, "里" * 1_000_000)
