"""Copies of a document of which no passage repeats: a corpus of any size for measuring how an ingest grows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from guideqa.errors import InputError
from ingest.source import Source, SourcePage

# Signs of structure: with these changed, a copy would be read as another kind of text.
_STRUCTURE = frozenset("一二三四五六七八九十百千万第章節項条編部表図目次市町村区都道府県年月日事業")
_TARGETS = 400  # so many copies can be told apart
_MIN_KANJI = 4  # lines with fewer say nothing of their own


class Alteration:
    """Other characters in the place of some, by the number of the copy: lines keep their length and their kind.

    The same character becomes the same other one all over a copy, so its contents table still fits its headings.
    """

    def __init__(self, pages: Sequence[SourcePage]) -> None:
        """Choose the characters, so that every line with enough of them has one that changes.

        Raises:
            InputError: the text has too few different characters.
        """
        lines = [set(_kanji(line)) for page in pages for line in page.text.splitlines()]
        self._changing = _cover([line for line in lines if len(line) >= _MIN_KANJI])
        counts = Counter(character for page in pages for character in _kanji(page.text))
        others = [character for character, _ in counts.most_common() if character not in self._changing]
        self._targets = others[:_TARGETS]
        if len(self._targets) <= len(self._changing):
            raise InputError("漢字の種類が少なすぎて、書き換えた写しを作れません。")

    def of(self, source: Source, number: int) -> Source:
        """Copy `number`, from 1.

        Raises:
            InputError: there are not so many different copies.
        """
        count = len(self._targets)
        if not 0 < number < count:
            raise InputError(f"写しは{count - 1}部まで作れます: {number}")
        becomes = {
            ord(character): self._targets[(place + number) % count]
            for place, character in enumerate(self._changing)
        }
        pages = tuple(replace(page, text=page.text.translate(becomes)) for page in source.pages)
        return replace(source, title=f"{source.title}（写し{number}）", pages=pages)


def write_copies(source: Source, count: int, folder: Path) -> list[Path]:
    """Write `count` copies as text files with their page numbers beside them."""
    alteration = Alteration(source.pages)
    paths = []
    for number in range(1, count + 1):
        copy = alteration.of(source, number)
        path = folder / f"copy-{number:04d}.txt"
        text = "\f".join(page.text.replace("\f", "\n") for page in copy.pages)
        path.write_text(text, encoding="utf-8", errors="replace")
        numbers = {"title": copy.title, "labels": [page.label for page in copy.pages]}
        path.with_suffix(".pages.json").write_text(json.dumps(numbers, ensure_ascii=False), encoding="utf-8")
        paths.append(path)
    return paths


def _kanji(text: str) -> Iterator[str]:
    return (letter for letter in text if "一" <= letter <= "鿿" and letter not in _STRUCTURE)


def _cover(lines: list[set[str]]) -> list[str]:
    """A small set of characters of which every line has one: greedily, the most frequent of what is left."""
    chosen: list[str] = []
    while lines:
        best, _ = Counter(character for line in lines for character in line).most_common(1)[0]
        chosen.append(best)
        lines = [line for line in lines if best not in line]
    return chosen
