"""What a language model is to this program: it takes messages and gives text, piece by piece, or fails."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from guideqa.errors import GuideqaError


class Trouble(StrEnum):
    """Why there is no answer of the model's, as it is told to the reader."""

    TIMEOUT = "言語モデルの応答が時間内に終わりませんでした"
    UNREACHABLE = "言語モデルにつながりませんでした"
    HTTP = "言語モデルのサーバーがエラーを返しました"
    CUT = "言語モデルの応答が途中で切れました"
    UNREADABLE = "言語モデルが読めない応答を返しました"
    SILENT = "言語モデルが何も返しませんでした"
    DECLINED = "言語モデルが回答を断りました"
    NOT_FOUND = "言語モデルは渡した資料に答えを見つけませんでした"
    UNSUPPORTED = "言語モデルは資料で確かめられる文を返しませんでした"


class LanguageModelError(GuideqaError):
    """The language model gave nothing that can be used."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        """`detail`: what an administrator needs to know besides; never the text of a question."""
        self.trouble = trouble
        self.detail = detail
        super().__init__(f"{trouble}（{detail}）" if detail else trouble.value)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the exchange with the model."""

    role: str  # "system", "user" or "assistant"
    content: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment at which a reader has waited long enough."""

    ends: float  # by time.monotonic()

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """So many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def seconds_left(self) -> float:
        """Never below 0."""
        return max(0.0, self.ends - time.monotonic())


class ChatModel(Protocol):
    """A model that writes."""

    def stream(self, messages: Sequence[Message], deadline: Deadline, /) -> Generator[str, None, None]:
        """The reply, in the pieces in which it comes; it has come whole when the iterator ends.

        Raises:
            LanguageModelError: it has not come, or not whole.
        """
        ...
