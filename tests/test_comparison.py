"""A question that compares is answered by a table: one row for each aspect, and nothing in a cell that is not said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from answer_book import answering, cells
from fastapi.testclient import TestClient

from guideqa.answer.aspects import aspects_of
from guideqa.api.app import create_app
from guideqa.assistant import Assistant, GivenStatement
from guideqa.settings import Settings
from guideqa.text.normalization import comparable
from guideqa.types import NOT_SAID, Answer, Question, Statement, Table
from ui.messages import so_far, whole

PRICES = "青葉町と若草市の子育て短期支援事業の利用料と対象を比べて"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return answering(tmp_path_factory.mktemp("minori"))


def ask(book: Assistant, text: str) -> Answer:
    return book.ask(Question(text)).answer


def test_each_aspect_is_a_row_and_each_body_a_column(book: Assistant) -> None:
    answer = ask(book, PRICES)

    assert answer.table == Table(("料金", "対象"), ("青葉町", "若草市"))
    assert cells(answer) == {
        ("料金", "青葉町"): ["1泊2,400円｜日帰り900円"],
        ("料金", "若草市"): ["市民税が非課税の世帯は、無料で利用することができる。"],
        ("対象", "青葉町"): ["町内に住む2歳から15歳までのこども。"],
        ("対象", "若草市"): ["生後2か月から18歳未満のこども。", "きょうだいでの利用もできる。"],
    }


def test_every_cell_is_cited_on_a_page_that_says_it(book: Assistant) -> None:
    answer = ask(book, PRICES)

    numbers = [citation.number for item in answer.statements for citation in item.citations]
    assert numbers == list(range(1, len(answer.citations) + 1))
    for citation in answer.citations:
        page = book.index.store.page_at(citation.page)
        assert comparable(citation.quote) in comparable(page.text)


def test_what_is_not_said_of_one_of_them_stays_open(book: Assistant) -> None:
    answer = ask(book, "青葉町と夕凪町の利用料と対象の違いは？")

    assert ("料金", "夕凪町") not in cells(answer)
    assert cells(answer)["対象", "夕凪町"] == ["小学生と中学生。"]
    assert f"| {NOT_SAID} |" in answer.markdown


def test_a_question_for_nothing_in_particular_has_the_headings_that_all_have(book: Assistant) -> None:
    answer = ask(book, "青葉町と若草市の子育て短期支援事業を比べて")

    assert answer.table is not None
    assert answer.table.aspects == ("運営側", "利用対象", "課題")


def test_an_aspect_that_no_heading_has_is_one_row_of_contents(book: Assistant) -> None:
    answer = ask(book, "里親ショートステイの登録家庭は青葉町と若草市でどう違う？")

    assert answer.table == Table(("内容",), ("青葉町", "若草市"))
    assert any("6世帯" in text for text in cells(answer)["内容", "青葉町"])
    assert any("11世帯" in text for text in cells(answer)["内容", "若草市"])


def test_programmes_are_compared_like_bodies(book: Assistant) -> None:
    answer = ask(book, "子育て短期支援事業と児童育成支援拠点事業の対象の違いは？")

    assert answer.table is not None
    assert answer.table.bodies == ("子育て短期支援事業", "児童育成支援拠点事業")
    assert cells(answer)["対象", "児童育成支援拠点事業"] == ["小学生と中学生。"]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("料金と対象を比べて", ["料金", "対象"]),
        ("対象になる子の年齢の違い", ["年齢"]),
        ("開始時期、委託先、スタッフの体制は", ["時期", "委託先", "体制"]),
        ("いつから、何年に始めた", ["時期"]),
        ("どういう違いがある", []),
    ],
)
def test_aspects_are_read_off_the_question(text: str, labels: list[str]) -> None:
    assert [aspect.label for aspect in aspects_of(text, ())] == labels


def test_pipes_and_line_ends_of_a_document_do_not_break_the_table() -> None:
    table = Table(("料金",), ("青葉町",))
    said = Statement("1泊|2,400円\n日帰り|900円", (), "青葉町・料金：", "青葉町", "料金")

    assert table.markdown([said]) == ("|  | 青葉町 |\n| --- | --- |\n| 料金 | 1泊\\|2,400円 日帰り\\|900円 |")


def test_the_api_gives_the_table_and_its_statements(book: Assistant, tmp_path: Path) -> None:
    with TestClient(create_app(book, Settings(data_dir=tmp_path)), "http://127.0.0.1") as client:
        answer: Any = client.post("/v1/ask", json={"question": PRICES}).json()
        stream = client.post("/v1/ask", json={"question": PRICES, "stream": True}).text

    assert answer["table"] == {"aspects": ["料金", "対象"], "bodies": ["青葉町", "若草市"]}
    assert answer["answer"].startswith("|  | 青葉町 | 若草市 |")
    first = answer["statements"][0]
    assert (first["body"], first["aspect"], first["citations"]) == ("青葉町", "料金", [1])
    assert stream.count("event: statement") == len(answer["statements"])
    assert '"aspect": "料金"' in stream


def test_a_client_of_openai_gets_the_same_table_in_a_stream(book: Assistant, tmp_path: Path) -> None:
    asked = {"model": "guideqa", "messages": [{"role": "user", "content": PRICES}]}
    with TestClient(create_app(book, Settings(data_dir=tmp_path)), "http://127.0.0.1") as client:
        whole: Any = client.post("/v1/chat/completions", json=asked).json()
        stream = client.post("/v1/chat/completions", json=asked | {"stream": True}).text

    events = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: {")]
    text = "".join(event["choices"][0]["delta"].get("content", "") for event in events)
    assert text == whole["choices"][0]["message"]["content"]


def test_the_chat_shows_the_table_from_its_first_cell_on(book: Assistant) -> None:
    *parts, reply = book.answering(Question(PRICES))
    given = [part for part in parts if isinstance(part, GivenStatement)]

    begun, done = so_far(given[:1]), whole(reply, "a", Question(PRICES))  # type: ignore[arg-type]

    assert begun.count("<td>") == done.count("<td>")
    assert NOT_SAID in begun
    assert '<th scope="row">料金</th>' in done
    assert '<th scope="col">若草市</th>' in done
