"""Whether every number of a sentence stands in its grounds, and belongs there to the same thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from guideqa.llm.clauses import words_of
from guideqa.llm.quantities import Quantity, canonical, quantities
from guideqa.text.normalization import normalize

_OF = re.compile(r"(?:の(?:うち|中|なか)|中)")
_CUTS = re.compile(r"[、。;!?\n]|,(?!\d)")


@dataclass(frozen=True, slots=True)
class Counted:
    """A quantity and the words that say what it counts."""

    quantity: Quantity
    words: frozenset[str]
    text: str  # as it is written
    clause: str  # in which it stands

    def equals(self, other: Counted) -> bool:
        """The same amount for the same period: what one has before the number the other has in its clause."""
        rates = (self.quantity.rate, other.clause), (other.quantity.rate, self.clause)
        return self.quantity.equals(other.quantity) and all(rate in clause for rate, clause in rates)


@lru_cache(maxsize=2048)
def counted(text: str) -> tuple[Counted, ...]:
    """Every quantity of a text with the words of its clause.

    Where one clause has several of a kind, each has the words before it, from the one before; the first
    clause of a sentence that has none of its kind lends its words (「利用料は、平日は500円、…」).
    """
    found: list[Counted] = []
    lent = ""
    for clause in _CUTS.split(canonical(normalize(text))):
        own = quantities(clause)
        for number, item in enumerate(own):
            said = lent + _said_of(number, own, clause)
            found.append(Counted(item, words_of(said), clause[item.begin : item.end], clause))
        lent = "" if own else f"{lent}{clause}、"
    return tuple(found)


def _said_of(number: int, own: Sequence[Quantity], clause: str) -> str:
    """The part of a clause that speaks of one of its quantities, the numbers of its kind apart."""
    item = own[number]
    begin = max((other.end for other in own[:number] if other.is_of_kind(item)), default=0)
    end = min((other.begin for other in own[number + 1 :] if other.is_of_kind(item)), default=len(clause))
    before = clause[begin : item.begin]
    return before if words_of(before) else clause[item.end : end]


def number_faults(sentence: str, grounds: Sequence[str], known: frozenset[str]) -> list[str]:
    """The numbers of a sentence that its grounds do not have, or have of something else, told in Japanese.

    `known`: words that say whom or what programme all of it is about, and so tell no number from another.
    """
    given = [item for text in grounds for item in counted(text)]
    said = counted(sentence)
    faults = [fault for item in said if (fault := _fault(item, given, known))]
    faults += [
        f"「{whole.text}のうち{part.text}」は全体より多くなっています"
        for whole, part in pairwise(said)
        if _is_more_than_all(whole, part)
    ]
    return faults or [
        f"「{item.text}」が引用の文より多く書かれています" for item in said if _is_excess(item, said, given)
    ]


def _is_more_than_all(whole: Counted, part: Counted) -> bool:
    """「16市町村のうち18市町村」: a whole and its part that have been exchanged."""
    if whole.clause != part.clause or not whole.quantity.is_of_kind(part.quantity):
        return False
    between = whole.clause[whole.quantity.end : part.quantity.begin]
    return bool(_OF.match(between)) and whole.quantity.value < part.quantity.value


def _is_excess(item: Counted, said: Sequence[Counted], given: Sequence[Counted]) -> bool:
    """「18市町村のうち18市町村」: a number that the grounds have once cannot stand for two."""
    times = sum(item.equals(other) for other in said)
    return times > sum(item.equals(other) for other in given)


def _fault(item: Counted, given: Sequence[Counted], known: frozenset[str]) -> str:
    equal = [other for other in given if item.equals(other)]
    if not equal:
        return f"「{item.text}」が引用の文にありません"
    words = item.words - known
    if not words:
        return ""
    shared = max(len(words & other.words) for other in equal)
    rivals = [other for other in given if other not in equal and item.quantity.is_of_kind(other.quantity)]
    if any(len(words & other.words) > shared for other in rivals):
        return f"「{item.text}」は引用の文では別のものの数です"
    tells_nothing = any(not other.words for other in equal)
    return "" if shared or tells_nothing or not rivals else f"「{item.text}」が何の数か、引用の文と合いません"
