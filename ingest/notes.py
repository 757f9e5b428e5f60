"""Markdown pages → blocks, and the hidden questions that a page of notes says it answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from guideqa.errors import DocumentError
from guideqa.text.tables import CELL_SEPARATOR
from guideqa.types import Facets, PageRef
from ingest.blocks import Block, Piece
from ingest.source import SourcePage

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_QUESTIONS = re.compile(r"<!-- 質問\n(.*?)-->", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_BULLET = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+")
_TABLE_RULE = re.compile(r"^\s*\|[\s:|-]+\|\s*$")
_EMPHASIS = re.compile(r"\*\*|__|`")
_PROGRAMME = re.compile(r"^\S{4,30}事業$")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a file of notes says of all its pages."""

    path: tuple[str, ...] = ()
    municipality: str = ""
    prefecture: str = ""


@dataclass(frozen=True, slots=True)
class _Element:
    text: str
    level: int = 0  # of a heading
    columns: str = ""  # of a table's row


@dataclass(slots=True)
class _Headings:
    levels: dict[int, str] = field(default_factory=dict)

    def enter(self, level: int, title: str) -> None:
        self.levels = {above: text for above, text in self.levels.items() if above < level}
        if title:
            self.levels[level] = title

    def path(self) -> tuple[str, ...]:
        return tuple(self.levels[level] for level in sorted(self.levels))


def front_matter(text: str) -> FrontMatter:
    """The `path`, `municipality` and `prefecture` of a page of notes.

    Raises:
        DocumentError: a line that is not `key: value`, or a path that is not a list.
    """
    match = _FRONT_MATTER.match(text)
    values: dict[str, str] = {}
    for line in match.group(1).splitlines() if match else ():
        key, colon, value = line.partition(":")
        if not colon:
            raise DocumentError(f"要約の先頭部分に「キー: 値」ではない行があります: {line}")
        values[key.strip()] = value.strip()
    try:
        path = json.loads(values.get("path") or "[]")
    except ValueError as error:
        raise DocumentError(f'要約の path は ["章", "節"] の形で書いてください: {values["path"]}') from error
    return FrontMatter(
        tuple(str(part) for part in path),
        values.get("municipality", "").strip('"'),
        values.get("prefecture", "").strip('"'),
    )


def readable_notes(text: str) -> str:
    """A page of notes as it is shown: without front matter and hidden comments."""
    return _COMMENT.sub("", _FRONT_MATTER.sub("", text)).strip()


def questions_of(text: str) -> tuple[str, ...]:
    """The questions, in the words of staff, that a page of notes answers."""
    lines = "\n".join(_QUESTIONS.findall(text)).splitlines()
    return tuple(line[2:].strip() for line in lines if line.startswith("- "))


def note_blocks(document_id: str, pages: Sequence[tuple[PageRef, SourcePage]]) -> Iterator[Block]:
    """The blocks of Markdown pages: paragraphs, bullets, and tables row by row with their column names."""
    for ref, page in pages:
        front = front_matter(page.text)
        headings = _Headings()
        for element in _elements(readable_notes(page.text)):
            if element.level:
                headings.enter(element.level, element.text)
                continue
            path = tuple(title for title, _ in groupby(front.path + headings.path()))  # none twice in a row
            programme = next((title for title in reversed(path) if _PROGRAMME.match(title)), "")
            facets = Facets(front.municipality, front.prefecture, programme, path[-1] if path else "")
            yield Block((Piece(ref, element.text),), path, facets, element.columns)


def _elements(text: str) -> Iterator[_Element]:
    """The headings, paragraphs, bullets and table rows of a page."""
    paragraph = columns = ""
    for line in [*text.splitlines(), ""]:
        heading = _HEADING.match(line)
        is_row = line.lstrip().startswith("|")
        if paragraph and (heading or is_row or not line.strip() or _BULLET.match(line)):
            yield _Element(paragraph)
            paragraph = ""
        if not is_row:
            columns = ""
        if heading:
            yield _Element(heading.group(2).strip(), level=len(heading.group(1)))
        elif is_row and not _TABLE_RULE.match(line):
            cells = [cell.strip() for cell in _EMPHASIS.sub("", line).strip().strip("|").split("|")]
            row = CELL_SEPARATOR.join(filter(None, cells))
            if columns:
                yield _Element(row, columns=columns)
            columns = columns or row
        elif line.strip() and not is_row:
            paragraph += _EMPHASIS.sub("", _BULLET.sub("", line)).strip()
