"""What of a question the corpus does not know: words that no page has, places of which no passage speaks."""

from __future__ import annotations

from collections.abc import Iterable

from guideqa.index.opened import OpenIndex
from guideqa.retrieval.query import Query
from guideqa.text.terms import NAME_MARK, PAIR_MARK, character_pairs


def unfamiliar(index: OpenIndex, query: Query) -> float:
    """The share of the words' weight that falls to those that no page and no note has, nor another word for."""
    lexical = index.page_lexical
    weights = {
        term: lexical.weight(term) for term in query.terms if not term.startswith((PAIR_MARK, NAME_MARK))
    }
    replaced = {
        word
        for kin in query.kin
        for word in kin.asked
        if any(form and all(map(lexical.holds, form)) for form in kin.alternatives)
    }
    missing = sum(
        weight for term, weight in weights.items() if not lexical.holds(term) and term not in replaced
    )
    return missing / sum(weights.values()) if weights else 0.0


def is_named(index: OpenIndex, place: str) -> bool:
    """Whether a municipality or prefecture has a case or occurs in any passage, with or without its suffix."""
    if place in index.entities.municipalities or place in index.entities.prefectures:
        return True
    return any(
        form in index.passages[number].text
        for form in (place, place[:-1])
        if len(form) > 1
        for number in _that_may_say(index, form)
    )


def _that_may_say(index: OpenIndex, name: str) -> Iterable[int]:
    """The numbers of the passages that hold every pair of a name's characters; a name in kana alone has none."""
    pairs = character_pairs(name)
    return map(int, index.lexical.holding(pairs)) if pairs else range(len(index.passages))
