"""A page's text as HTML, with its quotation marked. What looks like Markdown is set like it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from guideqa.text.matching import locate
from ui.markup import escape

_HEADING = re.compile(r"(#{1,6}) +")
_BULLET = re.compile(r"[ \t　]*(?:[-*•・] +|•)")
_RULE = re.compile(r"\|[\s:|-]+\|?\s*$")
_CELL = re.compile(r"[^|]+")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the page: its kind, and where its words begin and end in the text."""

    kind: str  # heading, item, more (of an item), row, blank, text
    begin: int
    end: int


def sheet(text: str, quote: str = "") -> str:
    """The text of a page; the quotation is marked where it stands on it."""
    place = locate(quote, text) if quote else None
    parts: list[str] = []
    for kind, group in groupby(_lines(text), key=lambda line: "item" if line.kind == "more" else line.kind):
        parts.append(_block(kind, list(group), text, place))
    return "".join(parts)


def _lines(text: str) -> Iterator[_Line]:
    begin, before = 0, ""
    for content in text.splitlines(keepends=True):
        kind, skipped = _kind(content)
        if kind == "text" and before in ("item", "more"):
            kind = "more"  # a wrapped line of the item above
        yield _Line(kind, begin + skipped, begin + len(content.rstrip()))
        begin, before = begin + len(content), kind


def _kind(line: str) -> tuple[str, int]:
    """What a line is, and how many characters its mark takes."""
    if not line.strip():
        return "blank", 0
    if heading := _HEADING.match(line):
        return "heading", heading.end()
    if line.startswith("|"):
        return "row", 0
    if bullet := _BULLET.match(line):
        return "item", bullet.end()
    return "text", 0


def _block(kind: str, lines: Sequence[_Line], text: str, place: tuple[int, int] | None) -> str:
    def words(line: _Line) -> str:
        return _marked(text, line.begin, line.end, place)

    if kind == "blank":
        return ""
    if kind == "heading":
        return "".join(f"<h4>{words(line)}</h4>" for line in lines)
    if kind == "item":
        items = (f"{'</li><li>' if line.kind == 'item' else ''}{words(line)}" for line in lines)
        return f"<ul>{''.join(items).removeprefix('</li>')}</li></ul>"
    if kind == "row":
        return _table(lines, text, place)
    return f"<p>{'<br>'.join(words(line) for line in lines)}</p>"


def _table(lines: Sequence[_Line], text: str, place: tuple[int, int] | None) -> str:
    """Rows of cells; the first is the head where a rule stands below it."""
    has_head = len(lines) > 1 and bool(_RULE.match(text[lines[1].begin : lines[1].end]))
    rows: list[str] = []
    for number, line in enumerate(lines):
        content = text[line.begin : line.end]
        if _RULE.match(content):
            continue
        tag = "th" if has_head and number == 0 else "td"
        cells = (
            _marked(text, line.begin + cell.start(), line.begin + cell.end(), place)
            for cell in _CELL.finditer(content)
        )
        rows.append(f"<tr>{''.join(f'<{tag}>{cell.strip()}</{tag}>' for cell in cells)}</tr>")
    return f'<div class="gq-table"><table>{"".join(rows)}</table></div>'


def _marked(text: str, begin: int, end: int, place: tuple[int, int] | None) -> str:
    """Escaped, with the part that belongs to the quotation marked."""
    if place is None or place[1] <= begin or end <= place[0]:
        return escape(text[begin:end])
    first, last = max(begin, place[0]), min(end, place[1])
    before, inside, after = text[begin:first], text[first:last], text[last:end]
    return f"{escape(before)}<mark>{escape(inside)}</mark>{escape(after)}"
