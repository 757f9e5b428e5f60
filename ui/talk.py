"""One reader's conversation, as it travels between the page and its handlers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from guideqa.assistant import AnswerReply
from guideqa.feedback import PagePlace
from guideqa.history.records import Conversation, Exchange, KeptCitation
from guideqa.history.store import new_id
from guideqa.types import Turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what its answer cited: what feedback on it is about."""

    question: str
    cited: tuple[PagePlace, ...]


@dataclass(frozen=True, slots=True)
class Talk:
    """The turns of a conversation, and its answers by their ids, both oldest first."""

    turns: tuple[Turn, ...] = ()
    answers: dict[str, Asked] = field(default_factory=dict)
    id: str = ""  # under which it is kept; "" before the first answer
    instead_of: str = ""  # the answer in whose place the next one comes

    @classmethod
    def of(cls, kept: Conversation) -> Talk:
        """A kept conversation, to be gone on with."""
        talk = cls(id=kept.id)
        for exchange in kept.exchanges:
            talk = talk.with_exchange(exchange)
        return talk

    def with_exchange(self, exchange: Exchange) -> Talk:
        """The conversation with one more question and its answer."""
        said = (Turn("user", exchange.question), Turn("assistant", exchange.answer))
        places = (PagePlace(item.document, item.label) for item in exchange.citations)
        asked = Asked(exchange.question, tuple(dict.fromkeys(places)))
        return Talk((*self.turns, *said), self.answers | {exchange.id: asked}, self.id or new_id())

    def only(self, answer_ids: Collection[str]) -> Talk:
        """The conversation without what came after these answers; what comes next takes its place."""
        count = next((n for n, key in enumerate(self.answers) if key not in answer_ids), len(self.answers))
        gone = list(self.answers)[count:]
        answers = dict(list(self.answers.items())[:count])
        return replace(
            self,
            turns=self.turns[: 2 * count],
            answers=answers,
            instead_of=gone[0] if gone else self.instead_of,
        )


def exchange_of(answer_id: str, question: str, reply: AnswerReply, shown: str) -> Exchange:
    """A question and its answer as they are kept."""
    citations = (
        KeptCitation.of(citation, reply.documents[citation.page.document_id])
        for citation in reply.answer.citations
    )
    return Exchange(answer_id, question, reply.answer.markdown, shown, tuple(citations))
