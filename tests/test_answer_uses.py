"""What one does with an answer: go on asking, paste it with its sources, print what it rests on."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from answer_book import answering
from fastapi.testclient import TestClient

from guideqa.api.app import create_app
from guideqa.api.evidence_sheet import evidence_sheet
from guideqa.assistant import Assistant
from guideqa.citing import formal_citation, markdown_text, plain_text
from guideqa.settings import Settings
from guideqa.suggestions import related_questions
from guideqa.types import AnswerStatus, Document, DocumentKind, Filters, Question

PRICE = "青葉町の子育て短期支援事業の利用料は？"
TABLE = "青葉町と若草市の子育て短期支援事業の利用料と対象を比べて"
NOTHING = "ブラックホールの蒸発温度は何度？"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return answering(tmp_path_factory.mktemp("minori"))


@pytest.fixture(scope="module")
def client(book: Assistant, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    return TestClient(create_app(book, settings), "http://127.0.0.1")


@pytest.mark.parametrize("text", [PRICE, TABLE, "若草市の里親ショートステイの登録家庭は何世帯？"])
def test_a_question_that_is_offered_has_an_answer_that_cites_its_page(book: Assistant, text: str) -> None:
    offered = related_questions(book, Question(text), book.ask(Question(text)))

    assert 1 <= len(offered) <= 3
    assert len({item.page for item in offered}) == len(offered)
    for item in offered:
        answer = book.ask(Question(item.text)).answer
        assert answer.status is AnswerStatus.ANSWERED
        assert item.page in {citation.page for citation in answer.citations}


def test_a_question_that_was_asked_is_not_offered(book: Assistant) -> None:
    offered = related_questions(book, Question(PRICE), book.ask(Question(PRICE)))

    assert not any("利用料" in item.text for item in offered)


def test_nothing_is_offered_after_a_refusal_or_outside_of_a_filter(book: Assistant) -> None:
    refused, filtered = Question(NOTHING), Question(PRICE, filters=Filters(municipality=("青葉町",)))

    assert related_questions(book, refused, book.ask(refused)) == ()
    for item in related_questions(book, filtered, book.ask(filtered)):
        assert "若草市" not in item.text


def test_the_api_offers_questions_to_those_who_want_them(client: TestClient) -> None:
    plain: Any = client.post("/v1/ask", json={"question": PRICE}).json()
    asked = {"question": PRICE, "related_questions": True}
    offered: Any = client.post("/v1/ask", json=asked).json()
    stream = client.post("/v1/ask", json=asked | {"stream": True}).text

    assert plain["related_questions"] == []
    first = offered["related_questions"][0]
    assert first["question"].startswith("青葉町の子育て短期支援事業の")
    assert first["document"]["id"] == "minori"
    assert first["page"]["label"] in {"3", "4"}
    assert first["question"] in stream


def test_plain_text_has_a_formal_citation_behind_each_statement(book: Assistant) -> None:
    lines = plain_text(book.ask(Question(PRICE))).splitlines()

    assert lines[0] == "青葉町・利用料：1泊2,400円｜日帰り900円（『みのり自治体事例集』, p.3）"


def test_plain_text_of_a_comparison_says_of_whom_each_line_speaks(book: Assistant) -> None:
    text = plain_text(book.ask(Question(TABLE)))

    assert (
        "若草市・料金：市民税が非課税の世帯は、無料で利用することができる。（『みのり自治体事例集』, p.6）"
        in text
    )


def test_markdown_keeps_the_table_and_lists_its_sources(book: Assistant) -> None:
    text = markdown_text(book.ask(Question(TABLE)))
    table, _, sources = text.partition("\n\n出典\n\n")

    assert table.startswith("|  | 青葉町 | 若草市 |")
    assert sources.splitlines()[0] == "- [1] 『みのり自治体事例集』, p.3"
    assert set(re.findall(r"\[(\d+)\]", table)) == set(re.findall(r"\[(\d+)\]", sources))


def test_a_citation_names_edition_notes_and_older_editions(book: Assistant) -> None:
    citation = book.ask(Question(PRICE)).answer.citations[0]
    notes = Document("a", "手引き", DocumentKind.DIGEST, "a", edition="第2版", date="令和8年3月")

    assert formal_citation(citation, notes) == "『手引き』第2版（令和8年3月）, p.3、要約による"
    assert formal_citation(citation, replace(notes, kind=DocumentKind.ORIGINAL, superseded_by="b")).endswith(
        ", p.3、旧版"
    )


class Links(HTMLParser):
    """Whatever a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag in ("script", "link", "img", "iframe") or names & {"src", "href", "onload", "onerror"}:
            self.found.append(tag)


@pytest.mark.parametrize("text", [PRICE, TABLE, NOTHING, "<img src=x onerror=alert(1)>の利用料は？"])
def test_the_evidence_sheet_loads_and_runs_nothing(client: TestClient, text: str) -> None:
    sheet = client.post("/v1/evidence", json={"question": text})
    links = Links()
    links.feed(sheet.text)

    assert sheet.status_code == 200
    assert sheet.headers["content-type"].startswith("text/html")
    assert links.found == []
    assert "url(" not in sheet.text


def test_the_evidence_sheet_has_question_answer_quotations_pages_date_and_index(book: Assistant) -> None:
    reply = book.ask(Question(TABLE))

    sheet = evidence_sheet(TABLE, reply, book.index.name, datetime(2026, 11, 25, 9, 30, tzinfo=UTC))

    assert TABLE in sheet
    assert "2026年11月25日 09:30" in sheet
    assert book.index.name in sheet
    for citation in reply.answer.citations:
        assert f"『みのり自治体事例集』, {citation.page}" in sheet
        assert f"<td>{citation.passage_id}</td>" in sheet
    assert '<th scope="row">料金</th>' in sheet


def test_a_request_for_evidence_that_is_off_is_refused_in_words(client: TestClient) -> None:
    refused = client.post("/v1/evidence", json={"question": " "})

    assert refused.status_code in (400, 422)
    assert "質問" in refused.json()["detail"]
