"""Deliberate damage to a system's replies, by which a gate is proven: each kind must shut it, by name.

A leg that is switched off needs no wrapper: the product's settings do that.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from eval.outcome import CitedPage, FoundPage
from eval.systems import Reply, System, SystemIdentity
from guideqa.types import Question


@dataclass(slots=True)
class Undamaged:
    """Passes everything on; the kinds of damage override what they spoil."""

    inner: System

    def identity(self) -> SystemIdentity:
        """The damage is not in the identity: a gate must see it in the figures."""
        return self.inner.identity()

    def ask(self, question: Question) -> Reply:
        """The reply as it is."""
        return self.inner.ask(question)

    def search(self, question: Question, count: int) -> tuple[FoundPage, ...]:
        """The hits as they are."""
        return self.inner.search(question, count)

    def page_text(self, document: str, label: str) -> str | None:
        """The page as it is."""
        return self.inner.page_text(document, label)


class PagesOffByOne(Undamaged):
    """Every page that is named is the one after the right one: a cover sheet was not counted."""

    def ask(self, question: Question) -> Reply:
        """The citations and what they were chosen from name the next page."""
        reply = Undamaged.ask(self, question)
        return replace(
            reply,
            citations=tuple(replace(item, page=_next(item.page)) for item in reply.citations),
            hits=None if reply.hits is None else _moved(reply.hits),
        )

    def search(self, question: Question, count: int) -> tuple[FoundPage, ...]:
        """The hits name the next pages."""
        return _moved(Undamaged.search(self, question, count))


class AlteredQuotes(Undamaged):
    """One character in the middle of every quotation is another."""

    def ask(self, question: Question) -> Reply:
        """The quotations differ from their pages by a character."""
        reply = Undamaged.ask(self, question)
        return replace(
            reply, citations=tuple(replace(item, quote=_altered(item.quote)) for item in reply.citations)
        )


@dataclass(slots=True)
class ShuffledCitations(Undamaged):
    """Every answer has the citations of the one before."""

    before: tuple[CitedPage, ...] = field(default=())

    def ask(self, question: Question) -> Reply:
        """The answer with the citations of another."""
        reply = Undamaged.ask(self, question)
        shuffled, self.before = replace(reply, citations=self.before), reply.citations
        return shuffled


class AllRefused(Undamaged):
    """Nothing is ever found."""

    def ask(self, question: Question) -> Reply:
        """A refusal."""
        reply = Undamaged.ask(self, question)
        return replace(
            reply, refused=True, answer="記載が見つかりませんでした。", citations=(), confidence=0.0
        )


class WholePages(Undamaged):
    """Every question is answered with the whole page that was found first."""

    def ask(self, question: Question) -> Reply:
        """A page copied out, and cited as it stands."""
        reply = Undamaged.ask(self, question)
        first = Undamaged.search(self, question, 1)[0]
        text = self.page_text(first.document, first.pages[0]) or first.text
        citation = CitedPage(1, first.document, first.pages[0], text, first.passage_id)
        return replace(reply, refused=False, answer=f"{text}[1]", citations=(citation,), confidence=1.0)


def _moved(hits: tuple[FoundPage, ...]) -> tuple[FoundPage, ...]:
    return tuple(replace(hit, pages=tuple(_next(label) for label in hit.pages)) for hit in hits)


def _next(label: str) -> str:
    return str(int(label) + 1) if label.isdecimal() else f"{label}i"


def _altered(quote: str) -> str:
    middle = len(quote) // 2
    return quote[:middle] + ("〇" if quote[middle] != "〇" else "一") + quote[middle + 1 :]
