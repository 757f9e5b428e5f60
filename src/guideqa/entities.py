"""Who and what a corpus speaks of: the values of its facets, as they are found in a question."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from guideqa.text.normalization import comparable, normalize
from guideqa.text.population import Scale, bands_of_size, named_bands
from guideqa.text.tokenization import morphemes, reading_of, to_katakana
from guideqa.types import Passage

_BODY_SUFFIXES = "都道府県市区町村"
_PROGRAMME_SUFFIX = "事業"
# A name without its suffix is looked for only where it is long enough to be no part of another word.
_MIN_STEM = 2
_MIN_READING = 4
_PARTICLES = r"(?:では|だと|の|で|は|って|に|が|も)?[、,]?\s*"


@dataclass(frozen=True, slots=True)
class Mentions:
    """The facet values that a text names, in the order in which they are named."""

    municipalities: tuple[str, ...] = ()
    prefectures: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    populations: tuple[str, ...] = ()  # the bands that hold the number of inhabitants, or are of the size
    hints_at_size: bool = False  # the bands are those of 「小さな町」: no number, and no band by its name

    @property
    def bodies(self) -> tuple[str, ...]:
        """Municipalities and prefectures."""
        return self.municipalities + self.prefectures

    def without_bodies(self, text: str) -> str:
        """A normalised text without the names of the bodies and the particles that tie them in.

        Where nothing else would be left, the text as it is.
        """
        return _without(text, self.bodies) or text

    def without_programmes(self, text: str) -> str:
        """The same for the programmes."""
        return _without(text, self.programmes) or text

    def without(self, text: str) -> str:
        """What is left of a normalised text without any of the names; "" where nothing is."""
        return _without(text, self.bodies + self.programmes)


@dataclass(frozen=True, slots=True)
class Entities:
    """The municipalities, prefectures and programmes of an index, and the bands of population of each document."""

    municipalities: tuple[str, ...]
    prefectures: tuple[str, ...]
    programmes: tuple[str, ...]
    populations: tuple[str, ...] = ()  # the bands of population that have cases, smallest first
    scales: tuple[Scale, ...] = ()  # all bands of each document

    @classmethod
    def of(cls, passages: Iterable[Passage], scales: Iterable[Scale] = ()) -> Entities:
        """Collect the facet values. A prefecture is one whose own case is in the corpus."""
        municipalities: dict[str, None] = {}
        prefectures: dict[str, None] = {}
        programmes: dict[str, None] = {}
        populations: set[str] = set()
        for passage in passages:
            facets = passage.facets
            if facets.municipality:
                municipalities[facets.municipality] = None
            elif facets.prefecture:
                prefectures[facets.prefecture] = None
            if facets.programme:
                programmes[facets.programme] = None
            populations.add(facets.population)
        distinct = tuple(dict.fromkeys(scale for scale in scales if scale))
        bands = dict.fromkeys(band for scale in distinct for band in scale if band in populations)
        return cls(tuple(municipalities), tuple(prefectures), tuple(programmes), tuple(bands), distinct)

    def mentioned(self, text: str) -> Mentions:
        """What a text names, by full name or without the suffix of a municipality; bands by what they hold."""
        folded = comparable(text)
        bands = named_bands(text, self.scales)
        hints = () if bands else bands_of_size(text, self.scales)
        return Mentions(
            _named(folded, self.municipalities),
            _named(folded, self.prefectures),
            _named(folded, self.programmes),
            bands or hints,
            hints_at_size=bool(hints),
        )


def place_names(text: str, *, known_only: bool = False) -> list[str]:
    """The names of municipalities and prefectures in a text: 会津若松市, 鹿児島県.

    `known_only`: not those that the dictionary knows as a family's name alone (深山 in 深山村).
    """
    kinds = ("地名",) if known_only else ("地名", "人名")
    units = [unit for _, unit in morphemes(normalize(text))]
    found: list[str] = []
    for number, unit in enumerate(units):
        surface = unit.surface()
        after = units[number + 1].surface() if number + 1 < len(units) else ""
        if unit.part_of_speech()[2] not in kinds:
            continue
        if unit.part_of_speech()[2] == "地名" and surface[-1] in _BODY_SUFFIXES and len(surface) > _MIN_STEM:
            found.append(surface)
        elif after and after in _BODY_SUFFIXES:
            found.append(surface + after)
    return found


def _without(text: str, names: Iterable[str]) -> str:
    for name in names:
        for form in _forms(normalize(name)):
            text = re.sub(re.escape(form) + _PARTICLES, "", text)
    return text.strip()


def _named(folded: str, names: tuple[str, ...]) -> tuple[str, ...]:
    in_kana = to_katakana(folded)
    places = []
    for name, forms, reading in _spelled(names):
        found = [position for form in forms if (position := folded.find(form)) >= 0]
        # People who are not sure of the characters type the sound: 「ぎょくとう町」.
        if reading and (position := in_kana.find(reading)) >= 0:
            found.append(position)
        if found:
            places.append((min(found), name))
    return tuple(name for _, name in sorted(places))


@lru_cache(maxsize=16)
def _spelled(names: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """(name, its forms, its sound where that is long enough): of a thousand names this takes a tenth of a second."""
    readings = [_reading(name) for name in names]
    return tuple(
        (name, tuple(_forms(comparable(name))), reading if len(reading) >= _MIN_READING else "")
        for name, reading in zip(names, readings, strict=True)
    )


def _reading(name: str) -> str:
    """The sound of a municipality's name without its suffix, in katakana; "" for other names."""
    stem = name.rstrip(_BODY_SUFFIXES)
    if stem == name or len(stem) < _MIN_STEM:
        return ""
    return reading_of(name).removesuffix(reading_of(name[len(stem) :]))


def _forms(name: str) -> list[str]:
    """The full name, then the name without its suffix."""
    stem = (
        name.removesuffix(_PROGRAMME_SUFFIX)
        if name.endswith(_PROGRAMME_SUFFIX)
        else name.rstrip(_BODY_SUFFIXES)
    )
    return [name, stem] if len(stem) >= _MIN_STEM and stem != name else [name]
