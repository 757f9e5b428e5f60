"""Sentences that say the same: the guide's summary and the case that it was taken from are one, with both pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from guideqa.answer.evidence import Evidence
from guideqa.text.normalization import comparable

# 「開催している」 and 「開催しています」 share far more of their pairs of characters than this.
SAME_SHARE = 0.8
MIN_CHARS = 20
MAX_TWINS = 2
_NUMBER = re.compile(r"\d+")


def with_twins(chosen: Sequence[Evidence], ranked: Sequence[Evidence]) -> list[Evidence]:
    """The chosen sentences, each with those of other pages that say the same."""
    return [replace(item, twins=_twins(item, ranked)) for item in chosen]


def _twins(item: Evidence, ranked: Sequence[Evidence]) -> tuple[Evidence, ...]:
    pages = set(item.hit.passage.pages)
    found: list[Evidence] = []
    for other in ranked:
        if pages.isdisjoint(other.hit.passage.pages) and says_the_same(item, other):
            found.append(other)
            pages.update(other.hit.passage.pages)
    return tuple(found[:MAX_TWINS])


def says_the_same(one: Evidence, other: Evidence) -> bool:
    """Whether two sentences agree but for their endings: same numbers, nearly the same characters."""
    # Most pairs differ in length already, which costs nothing to see.
    shorter, longer = sorted((len(one.unit.normal), len(other.unit.normal)))
    if shorter < MIN_CHARS or shorter < SAME_SHARE * longer:
        return False
    first, second = comparable(one.sentence), comparable(other.sentence)
    if _NUMBER.findall(first) != _NUMBER.findall(second):
        return False
    return _shared(first, second) >= SAME_SHARE


def _shared(first: str, second: str) -> float:
    """Dice coefficient of the pairs of characters: 2·|A∩B| / (|A|+|B|)."""
    pairs, others = _pairs(first), _pairs(second)
    return 2 * len(pairs & others) / (len(pairs) + len(others))


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[begin : begin + 2] for begin in range(len(text) - 1))
