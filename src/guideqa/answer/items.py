"""Enumerations and steps of one place: its items in the order of the page, none left out for another's sake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from guideqa.answer.evidence import Evidence
from guideqa.answer.units import Unit, units_of
from guideqa.text.sentences import sentences
from guideqa.types import Hit, Passage

MAX_CHARS = 400
MIN_ITEMS, MAX_ITEMS = 2, 10
# So many of the best sentences are looked at for an enumeration about them.
ANCHORS = 3
# Garbled digits of a PDF are one or two marks before a stop: 「œ. 」.
_NUMBERED = re.compile(
    r"^(?:[①-⑳❶-❿]|[(（]?\d{1,2}[)）.．、:：]|STEP\s*\d|ステップ\s*\d|[^\s\dA-Za-zぁ-ヿ一-龠「『（(【※〔・•]{1,2}[.．]\s)"
)
_ANNOUNCES = re.compile(r"下記|以下|次の|つぎの|[:：]$|とおり")
_HEAD = re.compile(r"^.{4,40}?[:：]")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the page: an item, or a paragraph. Of several sentences the first is the item."""

    unit: Unit
    hit: Hit
    place: int
    numbered: bool


def enumerated(ranked: Sequence[Evidence], hits: Sequence[Hit]) -> list[Evidence]:
    """The enumeration that the best sentences announce or belong to; nothing where there is none."""
    for anchor in ranked[:ANCHORS]:
        lines = [line for hit in _neighbours(anchor.hit, hits) for line in _lines(hit)]
        run = _numbered_run(lines) or _announced_run(lines, anchor) or _topic_run(lines, anchor)
        if MIN_ITEMS <= len(run) <= MAX_ITEMS:
            return _shortened([_evidence(line, anchor) for line in run])
    return []


def _neighbours(hit: Hit, hits: Sequence[Hit]) -> list[Hit]:
    """The passage and those that go on under the same headings on its pages, in their order."""
    passage = hit.passage
    found = [
        other
        for other in hits
        if other.passage.headings == passage.headings and set(other.passage.pages) & set(passage.pages)
    ]
    return sorted(found, key=lambda other: _place_of(other.passage))


def reading_order(item: Evidence) -> tuple[str, tuple[int, ...], int]:
    """Where a sentence stands in its document."""
    passage = item.hit.passage
    return passage.document_id, _place_of(passage), item.place


def _place_of(passage: Passage) -> tuple[int, ...]:
    """Page and number of a passage, as its id ends with them."""
    return tuple(int(part) for part in passage.id.split(":")[1:] if part.isdecimal())


def _lines(hit: Hit) -> list[_Line]:
    firsts = [found[0] for line in hit.passage.text.split("\n") if (found := sentences(line))]
    lines, begin = [], 0
    for place, unit in enumerate(units_of(hit.passage)):
        if unit.sentence in firsts[begin:]:
            begin = firsts.index(unit.sentence, begin) + 1
            lines.append(_Line(unit, hit, place, bool(_NUMBERED.match(unit.sentence))))
    return lines


def _numbered_run(lines: Sequence[_Line]) -> list[_Line]:
    return [line for line in lines if line.numbered]


def _announced_run(lines: Sequence[_Line], anchor: Evidence) -> list[_Line]:
    """What follows a line that announces it (「下記の方法」) under the same small heading."""
    for number, line in enumerate(lines):
        if line.hit is anchor.hit and _ANNOUNCES.search(line.unit.sentence):
            rest = [
                other
                for other in lines[number + 1 :]
                if other.unit.topic == line.unit.topic and not other.unit.sentence.startswith("※")
            ]
            if len(rest) >= MIN_ITEMS:
                return rest
    return []


def _topic_run(lines: Sequence[_Line], anchor: Evidence) -> list[_Line]:
    """All lines under the small heading that the best sentence stands under."""
    topic = anchor.unit.topic
    run = [line for line in lines if line.hit is anchor.hit and line.unit.topic == topic]
    run = [line for line in run if not line.unit.sentence.startswith("※")]
    return run if topic and len(run) > MIN_ITEMS else []


def _evidence(line: _Line, anchor: Evidence) -> Evidence:
    return Evidence(line.unit, line.hit, anchor.rank, line.place, anchor.features, anchor.score)


def _shortened(items: list[Evidence]) -> list[Evidence]:
    """Items that are too long together are cut to what they name before a colon; then those that fit are kept."""
    if sum(len(item.sentence) for item in items) > MAX_CHARS:
        items = [_named_only(item) for item in items]
    kept: list[Evidence] = []
    for item in items:
        if kept and sum(len(other.sentence) for other in (*kept, item)) > MAX_CHARS:
            break
        kept.append(item)
    return kept


def _named_only(item: Evidence) -> Evidence:
    head = _HEAD.match(item.sentence)
    if not head:
        return item
    return replace(item, unit=replace(item.unit, sentence=head.group().rstrip(":：")))
