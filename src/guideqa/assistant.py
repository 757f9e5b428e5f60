"""The one way in for the command line, the API and the chat: a question comes, hits or an answer go."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from guideqa.answer.extractive import compose
from guideqa.answer.task import Task
from guideqa.conversation import standalone
from guideqa.errors import QuestionError
from guideqa.index.live import LiveIndex
from guideqa.index.opened import OpenIndex
from guideqa.retrieval.balance import spread
from guideqa.retrieval.explanation import Part
from guideqa.retrieval.form import AnswerForm
from guideqa.retrieval.query import Query, on_one_line
from guideqa.retrieval.search import Retriever
from guideqa.text.personal import Personal, seems_to_tell
from guideqa.types import Answer, AnswerStatus, Document, Hit, Question, Statement, Table

if TYPE_CHECKING:
    from guideqa.llm.condensing import Condenser
    from guideqa.llm.writer import Writer

# Enough to answer a list over all cases from.
ANSWER_HITS = 40
LIST_HITS = 120


@dataclass(frozen=True, slots=True)
class Policy:
    """What is asked and answered at all."""

    max_question_chars: int  # longer questions are refused
    min_confidence: float  # 0..1; less sure answers are not given


@dataclass(frozen=True, slots=True)
class SearchReply:
    """Hits for a question, and the documents that they come from."""

    hits: tuple[Hit, ...]
    rewritten_query: str | None
    documents: Mapping[str, Document]
    took_ms: float
    query: Query  # the question as it was understood


@dataclass(frozen=True, slots=True)
class AnswerReply:
    """An answer, and the documents that it cites."""

    answer: Answer
    hits: tuple[Hit, ...]  # what the answer was made from: the same, in the same order, as a search gives
    documents: Mapping[str, Document]
    took_ms: float
    withheld: bool = False  # from the language model: the question seems to hold personal information


@dataclass(frozen=True, slots=True)
class GivenStatement:
    """A verified statement of an answer that is not whole yet, and the documents that it cites."""

    statement: Statement
    documents: Mapping[str, Document]
    table: Table | None = None  # where the statement is part of one


@dataclass(frozen=True, slots=True)
class Hand:
    """A language model's two tasks: to write answers, and to make follow-ups standalone."""

    writer: Writer
    condenser: Condenser


class Assistant:
    """Answers from the current index. One instance serves any number of threads."""

    def __init__(
        self, live: LiveIndex, retriever: Retriever, policy: Policy, hand: Hand | None = None
    ) -> None:
        """All parts are ready made; the index is opened at its first use. `hand`: None without a model."""
        self._live = live
        self._retriever = retriever
        self._policy = policy
        self._hand = hand

    @property
    def index(self) -> OpenIndex:
        """The current index.

        Raises:
            IndexUnavailableError: there is none that could answer.
        """
        return self._live.get()

    def search(self, question: Question, count: int) -> SearchReply:
        """The best `count` passages.

        Raises:
            QuestionError: the question is too long.
            IndexUnavailableError: there is no index.
        """
        began = time.perf_counter()
        index = self.index
        rewritten, query = self._understand(index, question)
        hits = self._retriever.find(index, query, max(count, _depth(query)), question.filters)
        return SearchReply(
            tuple(spread(hits, query)[:count]),
            rewritten,
            _documents(index),
            _milliseconds_since(began),
            query,
        )

    def explain(self, reply: SearchReply, hit: Hit) -> tuple[Part, ...]:
        """What gave a hit of a search its score."""
        return self._retriever.explain(self.index, reply.query, hit)

    def ask(self, question: Question, *, written: bool = True) -> AnswerReply:
        """An answer whose every citation has been verified, or the statement that there is none.

        `written`: whether a language model, where there is one, may put it into words.

        Raises:
            QuestionError: the question is too long.
            IndexUnavailableError: there is no index.
        """
        *_, reply = self.answering(question, written=written)
        assert isinstance(reply, AnswerReply)
        return reply

    def answering(
        self, question: Question, *, written: bool = True
    ) -> Iterator[GivenStatement | AnswerReply]:
        """The same answer as `ask` gives, each statement as soon as it is verified, and at last the whole.

        Raises:
            QuestionError: the question is too long.
            IndexUnavailableError: there is no index.
        """
        began = time.perf_counter()
        index = self.index
        withheld = self._withheld(question) if written else ()
        hand = self._hand if written and not withheld else None
        documents = _documents(index)
        rewritten, query = self._understand(index, question, hand)
        hits = self._retriever.find(index, query, _depth(query), question.filters)
        answer = compose(index, query, hits, self._policy.min_confidence)
        for part in _written(hand, Task(index, query, hits, answer)):
            if isinstance(part, Statement):
                yield GivenStatement(part, documents, answer.table if part.aspect else None)
            else:
                reply = _noted(replace(part, rewritten_question=rewritten), withheld)
                shown = tuple(spread(hits, query))
                yield AnswerReply(reply, shown, documents, _milliseconds_since(began), bool(withheld))

    def _withheld(self, question: Question) -> tuple[Personal, ...]:
        """Why no language model is told of this question."""
        return () if self._hand is None or question.confirmed else seems_to_tell(question)

    def _understand(
        self, index: OpenIndex, question: Question, hand: Hand | None = None
    ) -> tuple[str | None, Query]:
        limit = self._policy.max_question_chars
        if len(question.text) > limit:
            raise QuestionError(
                f"質問が長すぎます（{len(question.text):,}文字）。{limit:,}文字以内にしてください。"
            )
        typed, meant = on_one_line(question.text), self._retriever.meant(index, question.text)
        if meant != typed:
            question = replace(question, text=meant)
        rewritten = standalone(question, index.entities, index.lexical.holds)
        if rewritten and hand:
            rewritten = hand.condenser.condense(question, rewritten, index.entities)
        query = self._retriever.understand(index, rewritten or question.text)
        return rewritten or (meant if meant != typed else None), query


def _written(hand: Hand | None, task: Task) -> Iterator[Statement | Answer]:
    """The answer in a model's words; in the documents' own without one, and what is not there stays not there."""
    if hand is not None and task.extractive.status is AnswerStatus.ANSWERED:
        yield from hand.writer.write(task)
        return
    yield from task.extractive.statements
    yield task.extractive


def _noted(answer: Answer, withheld: tuple[Personal, ...]) -> Answer:
    """An answer that a model would have written says why it did not. A refusal needs no model."""
    if not withheld or answer.status is AnswerStatus.NOT_FOUND:
        return answer
    kinds = "、".join(kind.label for kind in withheld)
    text = f"質問に個人の情報（{kinds}）があるようなので、言語モデルには送らず、資料の文をそのまま引いて答えました。"
    return replace(answer, notice=text)


def _depth(query: Query) -> int:
    return LIST_HITS if query.form is AnswerForm.LIST else ANSWER_HITS


def _documents(index: OpenIndex) -> dict[str, Document]:
    return {key: stored.document for key, stored in index.store.documents.items()}


def _milliseconds_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
