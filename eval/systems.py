"""What can be measured: this process's own assistant, or any server that speaks the contract."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import local
from typing import Protocol

from eval.outcome import CitedPage, FoundPage, Timing
from guideqa.assistant import Assistant
from guideqa.encoder.protocol import Encoder, ModelIdentity, Vectors
from guideqa.errors import NotFoundError
from guideqa.types import AnswerStatus, Citation, Hit, Question


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in the suite's form."""

    refused: bool
    answer: str
    confidence: float
    citations: tuple[CitedPage, ...]
    rewritten: str | None
    timing: Timing
    hits: tuple[FoundPage, ...] | None = None  # what the answer was made from, where the system tells


@dataclass(frozen=True, slots=True)
class SystemIdentity:
    """What a record says of the system that it measured; two records are compared only on one index."""

    kind: str  # "in-process" or "http"
    index: str  # hash over the documents' content and passages
    model: str
    version: str
    documents: tuple[str, ...]


class System(Protocol):
    """A product under test."""

    def identity(self) -> SystemIdentity:
        """What is being measured."""
        ...

    def ask(self, question: Question) -> Reply:
        """The answer to a question. Asked first, so that its time holds the embedding of the query."""
        ...

    def search(self, question: Question, count: int) -> tuple[FoundPage, ...]:
        """The best passages for a question."""
        ...

    def page_text(self, document: str, label: str) -> str | None:
        """A page as extracted; None where the product has no such page."""
        ...


class RememberingEncoder:
    """An encoder that embeds no query twice, and knows how long each took alone.

    A question is asked, searched for, and asked in other spellings: with this, a run costs one embedding a
    question, and its latencies are still those of a first question. Serves any number of threads.
    """

    def __init__(self, encoder: Encoder) -> None:
        """`encoder`: the one that the index was built with."""
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}
        self._here = local()

    @property
    def identity(self) -> ModelIdentity:
        """The model behind the vectors."""
        return self._encoder.identity

    def encode_queries(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of questions, shape (n, dimension)."""
        import numpy as np

        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            began = time.perf_counter()
            vectors = self._encoder.encode_queries(missing)
            self._taken().append((time.perf_counter() - began) * 1000)
            self._known.update(zip(missing, vectors, strict=True))
        rows = [self._known[text] for text in texts]
        return np.stack(rows) if rows else self._encoder.encode_queries([])

    def encode_passages(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of passages, shape (n, dimension)."""
        return self._encoder.encode_passages(texts)

    def times(self) -> list[float]:
        """Milliseconds of each embedding that this thread has waited for since it forgot them."""
        return self._taken()

    def forget_times(self) -> None:
        """Begin anew, in this thread."""
        self._here.taken = []

    def _taken(self) -> list[float]:
        if not hasattr(self._here, "taken"):
            self._here.taken = []
        taken: list[float] = self._here.taken
        return taken


class InProcess:
    """The assistant of this process."""

    def __init__(self, assistant: Assistant, encoder: RememberingEncoder) -> None:
        """`encoder` is the one that the assistant's retriever uses."""
        self._assistant = assistant
        self._encoder = encoder

    def identity(self) -> SystemIdentity:
        """The index that is open, and the code that reads it."""
        from eval.fingerprints import code_version, index_hash

        index = self._assistant.index
        pages = {
            key: [(item.page.ref.label, item.page.text) for item in stored.pages]
            for key, stored in index.store.documents.items()
        }
        return SystemIdentity(
            kind="in-process",
            index=index_hash(pages),
            model=f"{index.model.name} {index.model.dimension} {index.model.fingerprint}",
            version=code_version(),
            documents=tuple(index.store.documents),
        )

    def ask(self, question: Question) -> Reply:
        """Ask the assistant."""
        self._encoder.forget_times()
        began = time.perf_counter()
        reply = self._assistant.ask(question)
        took = (time.perf_counter() - began) * 1000
        embedded = self._encoder.times()
        answer = reply.answer
        return Reply(
            refused=answer.status is AnswerStatus.NOT_FOUND,
            answer=answer.markdown,
            confidence=answer.confidence,
            citations=tuple(_cited(citation) for citation in answer.citations),
            rewritten=answer.rewritten_question,
            timing=Timing(took, embedded[0] if embedded else None),
            hits=_ranked(reply.hits),
        )

    def search(self, question: Question, count: int) -> tuple[FoundPage, ...]:
        """Search as the assistant does."""
        return _ranked(self._assistant.search(question, count).hits)

    def page_text(self, document: str, label: str) -> str | None:
        """The page in the index."""
        try:
            return self._assistant.index.store.page(document, label).page.text
        except NotFoundError:
            return None


def _cited(citation: Citation) -> CitedPage:
    return CitedPage(
        citation.number, citation.page.document_id, citation.page.label, citation.quote, citation.passage_id
    )


def _ranked(hits: Sequence[Hit]) -> tuple[FoundPage, ...]:
    return tuple(_found(rank, hit) for rank, hit in enumerate(hits, start=1))


def _found(rank: int, hit: Hit) -> FoundPage:
    passage = hit.passage
    return FoundPage(
        rank=rank,
        passage_id=passage.id,
        score=hit.score,
        document=passage.document_id,
        pages=tuple(ref.label for ref in passage.pages),
        headings=passage.headings,
        text=passage.text,
        dense_rank=hit.dense_rank,
        lexical_rank=hit.lexical_rank,
        cosine=hit.cosine,
        lexical_score=hit.lexical_score,
    )
