"""What a sentence rests on: the sentences that its quotations touch, and where in the documents they stand."""

from __future__ import annotations

from dataclasses import dataclass

from guideqa.index.fields import context_of
from guideqa.text.matching import locate
from guideqa.text.sentences import sentences
from guideqa.types import Passage


@dataclass(frozen=True, slots=True)
class Ground:
    """The sentences of a passage that one quotation touches."""

    passage: Passage
    sentences: tuple[str, ...]

    @classmethod
    def of(cls, passage: Passage, quote: str) -> Ground | None:
        """Where the quotation stands in the passage; None where it does not."""
        span = locate(quote, passage.text)
        if span is None:
            return None
        touched: list[str] = []
        position = 0
        for sentence in sentences(passage.text):
            begin = passage.text.index(sentence, position)
            position = begin + len(sentence)
            if begin < span[1] and span[0] < position:
                touched.append(sentence)
        return cls(passage, tuple(touched))

    @property
    def text(self) -> str:
        """Its sentences as one text."""
        return "\n".join(self.sentences)

    @property
    def context(self) -> str:
        """What the passage's place says of it: prefecture, municipality, programme, headings."""
        return " ".join((context_of(self.passage), *self.passage.headings))

    @property
    def bodies(self) -> tuple[str, ...]:
        """The municipality and the prefecture that it speaks of; empty where it speaks of none."""
        facets = self.passage.facets
        return tuple(body for body in (facets.municipality, facets.prefecture) if body)
