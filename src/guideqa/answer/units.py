"""What an answer is made of: the sentences of a passage, each with the small heading that it stands under."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from guideqa.index.fields import context_of
from guideqa.text.lexicon import canonical_numbers
from guideqa.text.normalization import normalize
from guideqa.text.sentences import sentences
from guideqa.text.tables import CELL_SEPARATOR, table_heads
from guideqa.text.terms import lexical_terms
from guideqa.types import Passage

# A small heading of this length may say something by itself: 【事業開始：令和6年10月】.
TELLING_CHARS = 12


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, or a line that is none: a value, a row of a table."""

    sentence: str
    topic: str  # the small heading that it stands under: 「利用料」 above 「無料」; "" where there is none
    follows_topic: bool  # it is the first under its topic, so that both are one run of the page
    normal: str  # its normal form, with numbers and years written one way
    terms: frozenset[str]  # of the sentence, of its topic, and of the names of its columns

    @property
    def quote(self) -> str:
        """The run of the page that says it: a value alone might stand anywhere."""
        return f"{self.topic}\n{self.sentence}" if self.follows_topic else self.sentence


def units_of(passage: Passage) -> tuple[Unit, ...]:
    """The units of a passage in their order."""
    return _units(passage.text, passage.topics)


def windows_of(passage: Passage) -> Iterator[tuple[Unit, frozenset[str]]]:
    """Each unit with its own terms, those of the unit before it, and those of the passage's place."""
    context = before = context_terms(context_of(passage))
    for unit in units_of(passage):
        yield unit, context | before | unit.terms
        before = unit.terms


@lru_cache(maxsize=8192)
def context_terms(context: str) -> frozenset[str]:
    """The terms of what a passage's place says of it."""
    return frozenset(lexical_terms(context))


@lru_cache(maxsize=8192)
def _units(text: str, topics: tuple[str, ...]) -> tuple[Unit, ...]:
    return tuple(_walk(text, frozenset(topics)))


def _walk(text: str, topics: frozenset[str]) -> Iterator[Unit]:
    lines = sentences(text)
    heads = table_heads(lines)
    topic, columns, is_first = "", "", False
    for number, sentence in enumerate(lines):
        if number in heads:
            columns = sentence
        elif sentence in topics:
            topic, is_first = sentence, True
            if len(sentence) >= TELLING_CHARS:
                yield _unit(sentence, "", "", is_first=False)
        else:
            columns = columns if CELL_SEPARATOR in sentence else ""
            yield _unit(sentence, topic, columns, is_first)
            is_first = False


def _unit(sentence: str, topic: str, columns: str, is_first: bool) -> Unit:
    terms = frozenset(lexical_terms(sentence)).union(lexical_terms(topic), lexical_terms(columns))
    return Unit(sentence, topic, is_first, canonical_numbers(normalize(sentence)), terms)
