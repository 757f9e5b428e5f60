"""Lists and steps: one line for each body that a sentence speaks of; the items of a page whole and in its order."""

from __future__ import annotations

import pytest
from answer_book import answering

from guideqa.assistant import Assistant
from guideqa.entities import Mentions
from guideqa.retrieval.form import AnswerForm, form_of
from guideqa.types import Answer, Question


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return answering(tmp_path_factory.mktemp("minori"))


def ask(book: Assistant, text: str) -> Answer:
    return book.ask(Question(text)).answer


def lines(answer: Answer) -> list[tuple[str, str, str]]:
    return [(item.body, item.text, item.citations[0].page.label) for item in answer.statements]


def test_a_list_has_one_line_for_each_body_in_the_order_of_the_book(book: Assistant) -> None:
    answer = ask(book, "里親ショートステイの登録家庭がある市町を一覧にして")

    assert lines(answer) == [
        ("青葉町", "里親ショートステイの登録家庭は6世帯である。", "4"),
        ("若草市", "里親ショートステイは令和3年に始め、登録家庭は11世帯である。", "6"),
    ]


def test_a_body_of_which_no_sentence_says_so_is_not_listed(book: Assistant) -> None:
    answer = ask(book, "夕食づくりをしている自治体はどこ？")

    assert {item.body for item in answer.statements} == {"夕凪町"}


def test_what_is_only_planned_is_no_line_of_what_is_done(book: Assistant) -> None:
    done = ask(book, "夜間の預かりを実施している自治体はどこ？")
    planned = ask(book, "夜間の預かりの実施を予定している自治体はどこ？")

    assert "若草市" not in {item.body for item in done.statements}
    assert "若草市" in {item.body for item in planned.statements}


def test_the_items_of_a_page_are_all_given_in_its_order(book: Assistant) -> None:
    answer = ask(book, "夕凪町の居場所でしていることをすべて教えて")

    assert [item.text for item in answer.statements] == [
        "宿題の見守り",
        "夕食づくり",
        "洗濯の練習",
        "親との面談",
    ]


def test_steps_are_given_in_their_order(book: Assistant) -> None:
    answer = ask(book, "ショートステイの申込みから利用までの手順は？")

    assert [item.text[0] for item in answer.statements] == ["①", "②", "③", "④"]


def test_a_guide_and_a_case_that_say_the_same_are_one_statement_with_both_pages(book: Assistant) -> None:
    answer = ask(book, "里親会の会合に毎月出て何世帯を見つけた？")

    (said,) = [item for item in answer.statements if "会合に毎月出て" in item.text]
    assert {citation.page.label for citation in said.citations} == {"2", "4"}
    assert len({citation.quote for citation in said.citations}) == 2


def test_the_sentence_that_decides_comes_first(book: Assistant) -> None:
    answer = ask(book, "若草市では非課税の世帯は無料で使えますか？")

    assert answer.statements[0].text == "市民税が非課税の世帯は、無料で利用することができる。"
    assert not answer.markdown.startswith(("はい", "いいえ"))


def test_of_a_body_that_is_named_nothing_is_said_of_another(book: Assistant) -> None:
    answer = ask(book, "若草市の里親ショートステイの登録家庭は何世帯？")

    assert {item.body for item in answer.statements} <= {"若草市", ""}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("里親に委託している自治体は?", AnswerForm.LIST),
        ("担い手を探す手順は?", AnswerForm.STEPS),
        ("工夫を一通り教えて", AnswerForm.ITEMS),
        ("構成機関は全部でいくつ?", AnswerForm.SENTENCES),
        ("利用料はいくら?", AnswerForm.SENTENCES),
        ("ショートステイとは?", AnswerForm.DEFINITION),
        ("決めるときに気を付けることは?", AnswerForm.SENTENCES),
        ("送迎はありますか?", AnswerForm.YES_NO),
        ("いくらかかりますか?", AnswerForm.SENTENCES),
    ],
)
def test_the_question_tells_the_form_of_its_answer(text: str, form: AnswerForm) -> None:
    assert form_of(text, Mentions()) is form
