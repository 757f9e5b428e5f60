"""Structured formats → pages as Markdown: the one form in which their headings, items and tables go on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ingest.source import SourcePage

# What Markdown would take for its own is written full-width, which every comparison folds back.
_MARKS = str.maketrans({"`": "｀", "|": "｜", "<": "＜"})
_LINE_MARKS = re.compile(r"^(\s*)([#>*+-]|\d+\.(?=\s))", re.MULTILINE)
_WIDE = {"#": "＃", ">": "＞", "*": "＊", "+": "＋", "-": "－"}
_BLANKS = re.compile(r"[^\S\n]+")
_LABEL_CHARS = 40


@dataclass(slots=True)
class MarkdownText:
    """A page that is being written."""

    parts: list[str] = field(default_factory=list)

    def heading(self, level: int, text: str) -> None:
        """A heading of level 1 to 6."""
        if line := plain(text).replace("\n", " ").strip():
            self.parts.append(f"{'#' * min(max(level, 1), 6)} {line}")

    def paragraph(self, text: str) -> None:
        """A paragraph; its lines belong together."""
        if lines := plain(text).strip():
            self.parts.append(lines.replace("\n", ""))

    def item(self, text: str) -> None:
        """An item of a list."""
        if line := plain(text).replace("\n", " ").strip():
            self.parts.append(f"- {line}")

    def table(self, rows: Iterable[Sequence[str]]) -> None:
        """Rows as items. Where the first one names the columns, each cell says the name of its own."""
        filled = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
        if not filled:
            return
        names = filled[0] if _names_columns(filled) else []
        for row in filled[1:] if names else filled:
            self.item(table_row(names, row))
        if names and len(filled) == 1:
            self.item(" ".join(names))

    @property
    def text(self) -> str:
        """The whole page."""
        return "\n\n".join(self.parts)


def table_row(names: Sequence[str], row: Sequence[str]) -> str:
    """A row that can be read without its table: 「市町村: 青葉町、会員: 12人」."""
    if not names:
        return " ".join(cell for cell in row if cell)
    named = [f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=False) if cell]
    return "、".join([*named, *(cell for cell in row[len(names) :] if cell)])


def plain(text: str) -> str:
    """Text in which Markdown finds no marks of its own; equal to the original once normalised."""
    text = _BLANKS.sub(" ", text.translate(_MARKS)).replace("**", "＊＊").replace("__", "＿＿")
    return _LINE_MARKS.sub(lambda mark: mark.group(1) + _wide(mark.group(2)), text)


def _wide(mark: str) -> str:
    return _WIDE.get(mark, mark[:-1] + "．")


def _names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: all filled, short, no numbers alone, more than one."""
    first = rows[0]
    fits = len(rows) > 1 and len(first) > 1 and all(first)
    return fits and all(len(cell) <= 30 and not _is_number(cell) for cell in first)


def _is_number(text: str) -> bool:
    return not re.sub(r"[\d,.%円人件年月日￥¥\s-]", "", text)


def section_pages(sections: Sequence[tuple[str, str]], note: str) -> list[SourcePage]:
    """(heading, text) → pages that are cited by their heading; the same heading twice is told apart."""
    pages: list[SourcePage] = []
    seen: dict[str, int] = {}
    for heading, text in sections:
        name = label_of(heading) or "冒頭"
        seen[name] = seen.get(name, 0) + 1
        label = f"「{name}」" if seen[name] == 1 else f"「{name}」の{seen[name]}"
        pages.append(SourcePage(label, text, note=note))
    return pages


def label_of(text: str) -> str:
    """Text as part of a label: one line without a slash, since labels stand in addresses."""
    line = " ".join(text.split()).replace("/", "／").replace("\\", "＼")
    return line if len(line) <= _LABEL_CHARS else line[: _LABEL_CHARS - 1] + "…"
