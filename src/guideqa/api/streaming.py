"""An answer as server-sent events: what is being done, each statement, and at last the whole."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from guideqa.api.problems import problem_of, problem_of_error
from guideqa.api.schemas import AskResponse, CitationOut
from guideqa.assistant import AnswerReply, Assistant, GivenStatement
from guideqa.errors import GuideqaError
from guideqa.suggestions import RelatedQuestion
from guideqa.types import Question

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    name: str
    data: dict[str, Any]

    def encode(self) -> str:
        """The event as it is sent."""
        return f"event: {self.name}\ndata: {json.dumps(self.data, ensure_ascii=False)}\n\n"


def _nothing(reply: AnswerReply) -> tuple[RelatedQuestion, ...]:
    return ()


def answer_events(
    assistant: Assistant,
    question: Question,
    related: Callable[[AnswerReply], Sequence[RelatedQuestion]] = _nothing,
) -> Iterator[Event]:
    """`status`, then one `statement` each, then `done` with the whole answer; or `error` with a problem.

    Nothing can be raised any more once the stream has begun: check what can be refused before.
    """
    yield Event("status", {"status": "searching", "message": "資料を探しています…"})
    try:
        for part in assistant.answering(question):
            if isinstance(part, GivenStatement):
                yield Event("statement", _statement(part))
            else:
                yield Event("done", AskResponse.of(part, related(part)).model_dump(mode="json"))
    except GuideqaError as error:
        yield Event("error", problem_of_error(error).model_dump(mode="json", exclude_none=True))
    except Exception as error:
        # The message of an unforeseen error may hold the question: only its kind is logged.
        _log.error("A streamed answer failed: %s", type(error).__name__)
        yield Event("error", problem_of(500).model_dump(mode="json", exclude_none=True))


def _statement(given: GivenStatement) -> dict[str, Any]:
    citations = [
        CitationOut.of(citation, given.documents[citation.page.document_id]).model_dump(mode="json")
        for citation in given.statement.citations
    ]
    said = given.statement
    about = {"lead": said.lead, "body": said.body, "aspect": said.aspect}
    return {"text": said.markdown, "citations": citations, **about}
