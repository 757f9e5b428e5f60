"""Whether what is checked of a language model's sentence holds: the index's own sentences, true and altered.

Every sentence of the index must stand on itself; the same sentence with a number, year, municipality, name or
negation changed, or on the quotation of another passage, must fall. Nothing is asked of a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from guideqa.index.opened import OpenIndex
from guideqa.llm.grounds import Ground
from guideqa.llm.names import names_in
from guideqa.llm.support import Support
from guideqa.text.normalization import comparable, normalize
from guideqa.text.sentences import sentences

MIN_CHARS = 15
_NUMBER = re.compile(r"\d+(?:,\d{3})*")
_COUNTED = re.compile(r"(\d+(?:,\d{3})*)(人|回|世帯|か所|%|円|件|市町村)")
_YEAR = re.compile(r"(令和|平成|R|H)(\d{1,2})(?=年|\.)")
_DENIALS = (
    ("していない", "している"),
    ("できない", "できる"),
    ("されない", "される"),
    ("がない", "がある"),
    ("はない", "はある"),
    ("ではない", "である"),
    ("しておらず", "しており"),
)
_AFFIRMATIONS = (
    ("している。", "していない。"),
    ("する。", "しない。"),
    ("である。", "ではない。"),
    ("した。", "しなかった。"),
    ("れる。", "れない。"),
    ("ている。", "ていない。"),
    ("がある。", "がない。"),
)
_PLANS = (("予定である", "済みである"), ("検討している", "実施している"), ("検討する", "実施する"))


@dataclass(slots=True)
class Tally:
    """How many sentences of a kind were tried, and which of them stood."""

    tried: int = 0
    stood: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence of the index with its ground, and what others can be exchanged for its parts."""

    text: str
    ground: Ground
    bodies: Sequence[str]
    names: Sequence[str]
    other: Ground
    random: Random


Alteration = Callable[[Source], str | None]


def check_alterations(index: OpenIndex, seed: int = 0) -> dict[str, Tally]:
    """Tallies by kind; the first, "true", should all stand, the others none."""
    support = Support(index.entities)
    tallies = {name: Tally() for name in ("true", *ALTERATIONS, "other_passage")}
    for source in _sources(index, Random(seed)):
        tries = {name: (alter(source), source.ground) for name, alter in ALTERATIONS.items()}
        tries |= {"true": (source.text, source.ground), "other_passage": (source.text, source.other)}
        for name, (text, ground) in tries.items():
            if text is None or (name != "true" and text == source.text and ground is source.ground):
                continue
            tallies[name].tried += 1
            if not support.faults(text, [ground]):
                tallies[name].stood.append(text)
    return tallies


def _sources(index: OpenIndex, random: Random) -> Iterator[Source]:
    found = [
        (normalize(sentence), ground)
        for passage in index.passages
        for sentence in sentences(passage.text)
        if len(sentence) >= MIN_CHARS and sentence.endswith("。") and (ground := Ground.of(passage, sentence))
    ]
    every = {name for text, _ in found for name in names_in(text) if 2 <= len(name) <= 12}
    names = sorted(name for name in every if name in names_in(f"{name}が行う。"))  # not by its quotes alone
    for text, ground in found:
        others = [
            other for said, other in random.choices(found, k=3) if other.passage.id != ground.passage.id
        ]
        yield Source(text, ground, index.entities.municipalities, names, (others or [ground])[0], random)


def _number(source: Source) -> str | None:
    found = list(_NUMBER.finditer(source.text))
    if not found:
        return None
    place = source.random.choice(found)
    value = int(place.group().replace(",", "")) + source.random.choice((1, 2, 10))
    return f"{source.text[: place.start()]}{value}{source.text[place.end() :]}"


def _numbers_exchanged(source: Source) -> str | None:
    found = list(_COUNTED.finditer(source.text))
    for first in found:
        for second in found:
            alike = first.start() < second.start() and first[2] == second[2] and first[1] != second[1]
            if alike:
                between = source.text[first.end(1) : second.start(1)]
                return f"{source.text[: first.start()]}{second[1]}{between}{first[1]}{source.text[second.end(1) :]}"
    return None


def _year(source: Source) -> str | None:
    return _YEAR.sub(lambda year: f"{year[1]}{int(year[2]) + 1}", source.text, count=1)


def _municipality(source: Source) -> str | None:
    own = source.ground.passage.facets.municipality
    others = [body for body in source.bodies if body != own and body not in source.text]
    if not own or not others:
        return None
    other = source.random.choice(others)
    altered = re.sub(rf"本[市町村区]|{re.escape(own)}", other, source.text)
    return altered if other in altered else f"{other}では、{source.text}"


def _name(source: Source) -> str | None:
    own = [name for name in names_in(source.text) if len(name) > 1 and name in source.text]
    given = comparable(f"{source.text}{source.ground.context}")
    others = [name for name in source.names if comparable(name) not in given]
    if not own or not others:
        return None
    return source.text.replace(source.random.choice(own), source.random.choice(others), 1)


def _replaced(pairs: Sequence[tuple[str, str]]) -> Alteration:
    def alter(source: Source) -> str | None:
        pair = next((pair for pair in pairs if pair[0] in source.text), None)
        return source.text.replace(*pair, 1) if pair else None

    return alter


ALTERATIONS: dict[str, Alteration] = {
    "number": _number,
    "numbers_exchanged": _numbers_exchanged,
    "year": _year,
    "municipality": _municipality,
    "name": _name,
    "negation_dropped": _replaced(_DENIALS),
    "negation_added": _replaced(_AFFIRMATIONS),
    "plan_as_done": _replaced(_PLANS),
}
