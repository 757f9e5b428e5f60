"""What a search says of its order adds up to its order."""

from __future__ import annotations

import pytest
from conftest import Guideqa

from guideqa.assistant import Assistant
from guideqa.types import Question


@pytest.mark.parametrize(
    "text", ["星見町の送迎の委託費は？", "里親ショートをしている自治体はどこ？", "ほめ方の講座"]
)
def test_the_parts_of_a_score_add_up_to_it(tiny_assistant: Assistant, text: str) -> None:
    reply = tiny_assistant.search(Question(text), 10)

    assert reply.hits
    for hit in reply.hits:
        assert sum(part.points for part in tiny_assistant.explain(reply, hit)) == pytest.approx(hit.score)


def test_the_explanation_names_the_shared_words_and_the_body(tiny_assistant: Assistant) -> None:
    reply = tiny_assistant.search(Question("星見町の送迎の委託費は？"), 3)

    parts = {part.name: part for part in tiny_assistant.explain(reply, reply.hits[0])}

    assert "送迎" in parts["ページの語句"].detail
    assert parts["質問の自治体の事例"].detail == "星見町"


def test_only_what_stands_back_loses_points_for_it(tiny_assistant: Assistant) -> None:
    reply = tiny_assistant.search(Question("ほめ方の講座は全部で何回？"), 10)
    pages = [hit.passage.id.rpartition(":")[0] for hit in reply.hits]

    stood_back = [
        any("2件目以降" in part.name for part in tiny_assistant.explain(reply, hit)) for hit in reply.hits
    ]

    assert stood_back == [page in pages[:place] for place, page in enumerate(pages)]


def test_the_command_shows_the_parts_under_each_hit(guideqa: Guideqa) -> None:
    done = guideqa("search", "星見町の送迎の委託費は？", "-k", "2", "--explain")

    assert done.code == 0
    assert done.out.count("得点") == 2
    assert "ページの語句" in done.out
