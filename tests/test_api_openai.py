"""What OpenAI's own client gets from this server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from conftest import PATIENCE_SECONDS
from serving import served

from guideqa.api.app import create_app
from guideqa.assistant import Assistant
from guideqa.settings import Settings

PRICE: Any = [{"role": "user", "content": "星見町のショートステイの利用料は1泊いくら？"}]


@pytest.fixture(scope="module")
def address(tiny_assistant: Assistant, tiny_settings: Settings) -> Iterator[str]:
    with served(create_app(tiny_assistant, tiny_settings)) as http:
        yield f"{http.base_url}/v1".replace("//v1", "/v1")


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=address, api_key="none", max_retries=0) as client:
        yield client


def test_a_completion_has_its_citations_in_the_text_and_beside_it(client: openai.OpenAI) -> None:
    completion: Any = client.chat.completions.create(model="guideqa", messages=PRICE, temperature=0)

    text = completion.choices[0].message.content
    first = completion.citations[0]
    assert "2,000円" in text
    assert f"[1] 『はるかぜ自治体事例集』（原文）p.3「{first['quote']}」" in text
    assert first["page"]["label"] == "3"
    assert completion.status == "answered"


def test_a_streamed_completion_says_the_same(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="guideqa", messages=PRICE)

    chunks: list[Any] = list(client.chat.completions.create(model="guideqa", messages=PRICE, stream=True))

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].citations[0]["page"]["label"] == "3"


def test_the_conversation_before_gives_a_follow_up_its_subject(client: openai.OpenAI) -> None:
    follow_up: Any = [
        {"role": "system", "content": "簡潔に。"},
        *PRICE,
        {"role": "assistant", "content": "1泊2,000円です。"},
        {"role": "user", "content": [{"type": "text", "text": "送迎は？"}]},
    ]

    completion = client.chat.completions.create(model="guideqa", messages=follow_up)

    assert "社会福祉協議会" in (completion.choices[0].message.content or "")


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_a_completion_that_cites_nothing(client: openai.OpenAI, stream: bool) -> None:
    question: Any = [{"role": "user", "content": "月の裏側の気温と火山の高さ"}]
    answer: Any = client.chat.completions.create(model="guideqa", messages=question, stream=stream)
    last = list(answer)[-1] if stream else answer

    assert last.status == "not_found"
    assert last.citations == []


def test_the_model_can_be_listed_and_another_is_not_found(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["guideqa"]
    assert client.models.retrieve("guideqa").id == "guideqa"
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-x", messages=PRICE)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "user", "content": " "}],
        [{"role": "assistant", "content": "x"}],
        [{"role": "user"}],
        "x",
    ],
)
def test_what_is_no_question_is_a_problem_of_the_client(address: str, messages: Any) -> None:
    response = httpx.post(
        f"{address}/chat/completions",
        json={"model": "guideqa", "messages": messages},
        timeout=PATIENCE_SECONDS,
    )

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
