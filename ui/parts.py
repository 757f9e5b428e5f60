"""The parts of the page that a handler may change, and what they may be changed to."""

from __future__ import annotations

from typing import Any

import gradio

from guideqa.operation.recording import Record, record_of

Message = dict[str, Any]
# Conversation, talk, input, note, evidence, page.
Update = tuple[Any, Any, Any, Any, Any, Any]

BUSY = {"submit_btn": False, "stop_btn": "停止", "__type__": "update"}
READY = {"submit_btn": "送信", "stop_btn": False, "__type__": "update"}


def update(**parts: Any) -> Update:
    """New values for the parts of the page that are named; the others stay."""
    names = ("conversation", "talk", "box", "note", "evidence", "sheet")
    conversation, talk, box, note, evidence, sheet = (parts.get(name, gradio.skip()) for name in names)
    return conversation, talk, box, note, evidence, sheet


def message(role: str, content: str) -> Message:
    """A message of the conversation."""
    return {"role": role, "content": content}


def is_question(shown: Message, answer_id: str) -> bool:
    """Whether a message of the conversation is the question of this answer."""
    return shown["role"] == "user" and answer_id in str(shown["content"])


def record_of_event(request: gradio.Request) -> Record | None:
    """Where what this reader is shown is written down."""
    return record_of(request.request.scope) if request.request else None
