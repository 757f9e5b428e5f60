"""Slips of the input method: 「円卓会義」 for 「円卓会議」, 「服岡市」 for 「福岡市」.

Japanese is typed by its sound, so a slip is another word of the same sound. What the corpus holds is never
repaired, and neither is a word that the dictionary knows: only what falls to pieces in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from guideqa.entities import Entities, place_names
from guideqa.index.lexical import LexicalIndex
from guideqa.text.terms import NAME_MARK, PAIR_MARK, character_pairs
from guideqa.text.tokenization import morphemes, reading_of

_NOUNS = ("名詞", "接尾辞", "接頭辞", "形状詞")
# Shorter sounds belong to too many words.
_MIN_READING = 3
_MAX_UNITS = 3
_SUFFIXES = "都道府県市区町村"
_MIN_NAME = 3
_GAP = "\0"


def repaired(text: str, lexical: LexicalIndex, entities: Entities) -> str:
    """A normalised question with its slips repaired, as far as the corpus's own words tell what was meant."""
    text = _with_places(text, lexical, entities)
    for span in _broken(text, lexical):
        if meant := _meant(span, lexical):
            text = text.replace(span, meant)
    return text


def _with_places(text: str, lexical: LexicalIndex, entities: Entities) -> str:
    """A place of the corpus for one that differs in a character and is no place that the dictionary knows."""
    names = (*entities.municipalities, *entities.prefectures)
    known = {*names, *place_names(text, known_only=True)}
    for typed, slip, name in _nearly_named(text, _with_gaps(names)):
        if typed not in known and _is_ideograph(slip) and not _is_held(typed[:-1], lexical):
            text = text.replace(typed, name)
    return text


def _nearly_named(text: str, gaps: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(what is typed, the character that differs, the name) of every run that differs in one from a name."""
    longest = max(map(len, gaps), default=0)
    for end in range(_MIN_NAME, len(text) + 1):
        if text[end - 1] in _SUFFIXES:
            for begin in range(max(0, end - longest), end - _MIN_NAME + 1):
                typed = text[begin:end]
                for place in range(len(typed) - 1):
                    if name := gaps.get(typed[:place] + _GAP + typed[place + 1 :]):
                        yield typed, typed[place], name


@lru_cache(maxsize=4)
def _with_gaps(names: tuple[str, ...]) -> dict[str, str]:
    """Each name by what is left of it without one of its characters: a thousand names are not tried in turn."""
    return {
        name[:place] + _GAP + name[place + 1 :]: name
        for name in reversed(names)
        if len(name) >= _MIN_NAME and name[-1] in _SUFFIXES
        for place in range(len(name) - 1)
    }


def _is_ideograph(character: str) -> bool:
    return "一" <= character <= "鿿"


def _is_held(text: str, lexical: LexicalIndex) -> bool:
    """Whether every pair of characters of a text occurs in the corpus."""
    return all(lexical.holds(pair) for pair in character_pairs(text))


def _broken(text: str, lexical: LexicalIndex) -> Iterator[str]:
    """Neighbouring nouns, one of them a single character, that the corpus does not have side by side."""
    units = [unit for _, unit in morphemes(text)]
    for size in range(_MAX_UNITS, 1, -1):
        for begin in range(len(units) - size + 1):
            run = units[begin : begin + size]
            surfaces = [unit.surface() for unit in run]
            if (
                all(unit.part_of_speech()[0] in _NOUNS and unit.part_of_speech()[1] != "数詞" for unit in run)
                and min(map(len, surfaces)) == 1
                and not _is_held("".join(surfaces), lexical)
            ):
                yield "".join(surfaces)


def _meant(span: str, lexical: LexicalIndex) -> str:
    """The word of the corpus, or the two of them, that sound the same; "" where there is none."""
    reading = reading_of(span)
    if len(reading) < _MIN_READING:
        return ""
    words = _by_reading(lexical)
    whole = list(words.get(reading, ()))
    for cut in range(2, len(reading) - 1):
        whole += [
            first + second
            for first in words.get(reading[:cut], ())
            for second in words.get(reading[cut:], ())
            if _is_held(first + second, lexical)
        ]
    return max(whole, key=lambda word: _likeness(word, span), default="")


def _likeness(word: str, span: str) -> int:
    return len(set(word) & set(span))


@lru_cache(maxsize=2)
def _by_reading(lexical: LexicalIndex) -> dict[str, tuple[str, ...]]:
    """The words of the corpus by their sound. Made at the first slip: 0.2 s for 150 pages."""
    words: dict[str, list[str]] = {}
    for term in lexical.vocabulary:
        if not term.startswith((PAIR_MARK, NAME_MARK)) and len(term) > 1 and _is_ideograph(term[0]):
            words.setdefault(reading_of(term), []).append(term)
    return {reading: tuple(found) for reading, found in words.items() if len(reading) > 1}
