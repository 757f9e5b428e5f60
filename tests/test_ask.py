"""A question goes in, an answer with its quotation on its page comes out."""

from __future__ import annotations

from guideqa.assistant import Assistant
from guideqa.types import AnswerStatus, Question


def test_an_answer_cites_the_page_that_says_it(tiny_assistant: Assistant) -> None:
    answer = tiny_assistant.ask(Question("星見町のショートステイの利用料は1泊いくら？")).answer

    assert answer.status is AnswerStatus.ANSWERED
    assert "2,000円" in answer.citations[0].quote
    assert answer.citations[0].page.label == "3"
