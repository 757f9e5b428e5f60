"""OpenAI's chat completions over the same answers, for programs that speak nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from guideqa.api.requests import MAX_TURNS, FiltersIn, ReadableText
from guideqa.api.schemas import AskResponse, CitationOut, RelatedOut
from guideqa.api.streaming import answer_events
from guideqa.assistant import Assistant
from guideqa.errors import NotFoundError, QuestionError
from guideqa.types import AnswerStatus, Question, Turn

MODEL = "guideqa"


class ContentPart(BaseModel):
    """A part of a message; only text can be answered."""

    type: Literal["text"]
    text: ReadableText


class ChatMessage(BaseModel):
    """A message as OpenAI's clients send it."""

    role: Literal["system", "developer", "user", "assistant"]
    content: ReadableText | list[ContentPart] | None = None

    @property
    def text(self) -> str:
        """The words of the message."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class ChatRequest(BaseModel):
    """A chat completion. What only a language model could heed (temperature and the like) is ignored."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(default=MODEL, examples=[MODEL])
    messages: list[ChatMessage] = Field(
        min_length=1,
        max_length=MAX_TURNS,
        examples=[[{"role": "user", "content": "玉東町の「つどいの広場」はどこで開かれている？"}]],
    )
    stream: bool = False
    filters: FiltersIn = Field(default=FiltersIn(), description="絞り込み（guideqa独自。extra_body で渡す）")

    def question(self) -> Question:
        """The last message is the question, those before it are the conversation.

        Raises:
            NotFoundError: another model is asked for.
            QuestionError: the last message is not a user's, or is empty.
        """
        if self.model != MODEL:
            raise NotFoundError(f"モデルがありません: {self.model[:100]}（使えるもの: {MODEL}）")
        *earlier, last = self.messages
        if last.role != "user":
            raise QuestionError("最後のメッセージは user の質問にしてください。")
        said = (turn for turn in earlier if turn.role in ("user", "assistant"))
        turns = tuple(Turn(turn.role, turn.text) for turn in said)
        return Question(last.text, turns, self.filters.filters())


class ChatAnswer(BaseModel):
    """The message of a completion."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class ChatChoice(BaseModel):
    """The one choice."""

    index: int = 0
    message: ChatAnswer
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class Usage(BaseModel):
    """Tokens of a language model: none were used."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class ChatCompletion(BaseModel):
    """A completion, with the citations in its text and beside it."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[ChatChoice]
    usage: Usage = Usage()
    status: AnswerStatus
    citations: list[CitationOut]
    related: list[RelatedOut]


class ModelOut(BaseModel):
    """A model that can be asked for."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = MODEL


class ModelList(BaseModel):
    """The one model."""

    object: Literal["list"] = "list"
    data: list[ModelOut] = [ModelOut()]


def completion(answer: AskResponse) -> ChatCompletion:
    """An answer as a completion."""
    return ChatCompletion(
        id=_completion_id(),
        created=int(time.time()),
        choices=[ChatChoice(message=ChatAnswer(content=answer.answer + sources(answer)))],
        status=answer.status,
        citations=answer.citations,
        related=answer.related,
    )


def sources(answer: AskResponse) -> str:
    """The list of sources that stands under an answer, and what is to know of it: text survives every client."""
    lines = [
        f"[{item.number}] 『{item.document.title}』（{item.document.status_label}）"
        f"{item.page.ref(item.document.id)}「{item.quote}」"
        for item in answer.citations
    ]
    notice = f"\n\n{answer.notice}" if answer.notice else ""
    return notice + ("\n\n出典\n" + "\n".join(lines) if lines else "")


def chunks(assistant: Assistant, question: Question) -> Iterator[str]:
    """The answer as server-sent chunks; the last but one has the citations."""
    head = {
        "id": _completion_id(),
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": MODEL,
    }
    yield _chunk(head, {"role": "assistant", "content": ""})
    first = True
    for event in answer_events(assistant, question):
        if event.name == "statement" and not event.data["aspect"]:  # a table comes as a whole
            yield _chunk(head, {"content": event.data["text"] if first else "\n\n" + event.data["text"]})
            first = False
        elif event.name == "error":
            yield f"data: {json.dumps({'error': {'message': event.data['detail']}}, ensure_ascii=False)}\n\n"
        elif event.name == "done":
            answer = AskResponse.model_validate(event.data)
            rest = (answer.answer if first else "") + sources(answer)
            beside = {key: event.data[key] for key in ("status", "citations", "related")}
            yield _chunk(head, {"content": rest})
            yield _chunk(head | beside, {}, "stop")
    yield "data: [DONE]\n\n"


def _chunk(head: dict[str, Any], delta: dict[str, Any], finish_reason: str | None = None) -> str:
    content = head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


def _completion_id() -> str:
    return f"chatcmpl-{uuid4().hex}"
