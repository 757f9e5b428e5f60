"""Titles whose page a text names, in its contents or where it refers to them, and where they stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

from guideqa.text.normalization import comparable, normalize
from ingest.outline import contents_entries, strip_number

_REFERENCE = re.compile(r"「([^「」\n]{4,40})」\s*\(\s*[pP]?\.?\s*(\d{1,4})\s*(?:ページ|頁)?\s*\)")
_CHAPTER_NUMBER = re.compile(r"^第\s*[\d一二三四五六七八九十]+\s*[章部編節]\s*|^\d{1,2}(?:[-.]\d{1,2})+\s*")
_MIN_TITLE = 3
_LONGEST_REST = 24  # what may stand on a line behind a title: a department, a remark
_REFERENCE_SHARE = 0.7  # a reference in the text is a little less reliable than the contents
_HEAD_LINES = 3
_ELSEWHERE = 0.7  # of its weight is left to a title that stands further down
_MOST = 5.0


@dataclass(frozen=True, slots=True)
class Title:
    """A title in comparable form, the number of its page, and how far whoever says so is believed."""

    text: str
    page: int
    share: float


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A segment in which a title stands on a line of its own; the rarer that is, the more it weighs."""

    segment: int
    weight: float
    at_head: float  # how well it heads the segment, 0…1


def titles_of(texts: Sequence[str], contents: frozenset[int]) -> Iterator[Title]:
    """The titles whose page the contents or a reference name; each once."""
    listed = [(e.title, e.label) for number in sorted(contents) for e in contents_entries(texts[number])]
    quoted = [
        (match.group(1), match.group(2)) for text in texts for match in _REFERENCE.finditer(normalize(text))
    ]
    trusted = [(entry, 1.0) for entry in _rising(listed)]
    seen: set[tuple[str, int]] = set()
    for (title, label), share in [*trusted, *((entry, _REFERENCE_SHARE) for entry in quoted)]:
        text, page = title_key(normalize(title)), int(label) if label.isdecimal() else 0
        if page and len(text) >= _MIN_TITLE and (text, page) not in seen:
            seen.add((text, page))
            yield Title(text, page, share)


def title_key(line: str) -> str:
    """A line by which titles are compared: without its number."""
    return comparable(_CHAPTER_NUMBER.sub("", strip_number(line).strip()))


def occurrences(title: Title, keys: Sequence[Sequence[str]]) -> list[Occurrence]:
    """Where a title stands; `keys` are the `title_key`s of each segment's lines."""
    found = [(number, *_best_match(title.text, lines)) for number, lines in enumerate(keys)]
    found = [match for match in found if match[1]]
    rarity = min(_MOST, 1 + log(len(keys) / len(found))) if found else 0.0
    return [
        Occurrence(
            number, title.share * quality * rarity * (1 if at_head else _ELSEWHERE), at_head * title.share
        )
        for number, quality, at_head in found
    ]


def _rising(entries: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The longest run of entries whose numbers never fall: a misread line does not lead the rest astray."""
    numbered = [entry for entry in entries if entry[1].isdecimal()]
    best, link = [1] * len(numbered), [-1] * len(numbered)
    for here, (_, label) in enumerate(numbered):
        for there in range(here):
            if int(numbered[there][1]) <= int(label) and best[there] + 1 > best[here]:
                best[here], link[here] = best[there] + 1, there
    found: list[tuple[str, str]] = []
    place = max(range(len(numbered)), key=best.__getitem__, default=-1)
    while place >= 0:
        found.append(numbered[place])
        place = link[place]
    return found[::-1]


def _best_match(title: str, keys: Sequence[str]) -> tuple[float, float]:
    """How well a title matches a line of a segment, and how well one at its head."""
    best = at_head = 0.0
    for place, key in enumerate(keys):
        quality = _quality(title, key)
        if not quality and len(key) >= 2 and title.startswith(key):
            following = "".join(keys[place : place + 2]), "".join(keys[place : place + 3])
            quality = max(0.8 * _quality(title, joined) for joined in following)
        best = max(best, quality)
        at_head = max(at_head, quality) if place < _HEAD_LINES else at_head
    return best, at_head


def _quality(title: str, key: str) -> float:
    if key == title:
        return 1.0
    if key.startswith(title) and len(key) <= len(title) + _LONGEST_REST:
        return 0.6
    if len(key) >= 6 and title.endswith(key):
        return 0.8 * len(key) / len(title)
    return 0.0
