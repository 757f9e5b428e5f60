"""Between those who ask and the assistant: every answer is counted and every page shown is written down."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guideqa.assistant import AnswerReply, Assistant, GivenStatement, SearchReply
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import OpenIndex
from guideqa.operation.audit import FOLDER, AuditLog, Caller, Deed, Entry
from guideqa.operation.metrics import Metrics
from guideqa.retrieval.explanation import Part
from guideqa.settings import Settings
from guideqa.types import Hit, PageRef, Question

_log = logging.getLogger("guideqa.questions")
RECORD = "guideqa.record"  # where a request's scope holds its Record
INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Recorder:
    """What all requests of a server share."""

    metrics: Metrics
    audit: AuditLog | None
    logs_questions: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Recorder:
        """As the settings say."""
        audit = AuditLog(settings.data_dir / FOLDER, settings.audit_months) if settings.audit else None
        return cls(Metrics(IndexFolder(settings.index_dir)), audit, settings.log_questions)

    def asked(self, question: Question) -> None:
        """A log line with what was asked, where an administrator wants it."""
        if self.logs_questions:
            _log.info("質問: %r", question.text)

    def write(self, entry: Entry) -> None:
        """A line of the audit log, where there is to be one."""
        if self.audit is None:
            return
        before = self.audit.failures
        self.audit.write(entry)
        if self.audit.failures > before:
            self.metrics.count_audit_failure()


@dataclass(frozen=True, slots=True)
class Record:
    """The record of one request."""

    recorder: Recorder
    caller: Caller

    def note(self, deed: Deed, outcome: str = "", *pages: PageRef) -> None:
        """Write down what the caller did and which pages they were shown."""
        self.recorder.write(Entry(self.caller, deed, outcome, pages))

    def of(self, assistant: Assistant) -> Assistant:
        """The assistant, writing down what it shows to this caller."""
        return RecordedAssistant(assistant, self)


def record_of(scope: Mapping[str, Any]) -> Record | None:
    """The record of an HTTP request; None outside of a server."""
    record: Record | None = scope.get(RECORD)
    return record


class RecordedAssistant(Assistant):
    """An assistant for one caller. What it is asked for is written down before it is given."""

    def __init__(self, assistant: Assistant, record: Record) -> None:
        """`assistant` answers; of its own this one has nothing."""
        self._assistant = assistant
        self._record = record

    @property
    def index(self) -> OpenIndex:
        """The current index."""
        return self._assistant.index

    def search(self, question: Question, count: int) -> SearchReply:
        """The best `count` passages."""
        self._record.recorder.asked(question)
        reply = self._assistant.search(question, count)
        self._record.note(Deed.SEARCH, "", *(page for hit in reply.hits for page in hit.passage.pages))
        return reply

    def explain(self, reply: SearchReply, hit: Hit) -> tuple[Part, ...]:
        """What gave a hit its score; the search that found it has been written down."""
        return self._assistant.explain(reply, hit)

    def answering(
        self, question: Question, *, written: bool = True
    ) -> Iterator[GivenStatement | AnswerReply]:
        """The answer, statement by statement. One that is broken off is written down as such."""
        self._record.recorder.asked(question)
        shown: list[PageRef] = []
        outcome = INTERRUPTED
        try:
            for part in self._assistant.answering(question, written=written):
                if isinstance(part, GivenStatement):
                    shown += [citation.page for citation in part.statement.citations]
                else:
                    answer, outcome = part.answer, part.answer.status.value
                    shown = [citation.page for citation in answer.citations]
                    self._note(outcome, shown)
                    self._record.recorder.metrics.count_answer(outcome, part.took_ms / 1000)
                yield part
        finally:
            if outcome == INTERRUPTED and shown:
                self._note(outcome, shown)

    def _note(self, outcome: str, shown: list[PageRef]) -> None:
        self._record.note(Deed.ASK, outcome, *shown)
