"""Excel: pages of some rows each, cited as 「シート名!A1:D20」."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any

from guideqa.errors import DocumentError
from ingest.readers.markup import MarkdownText, label_of, table_row
from ingest.readers.packages import open_package
from ingest.source import Source, SourceFormat, SourcePage

# A range of so many rows is still found at a glance.
ROWS_PER_PAGE = 25
# A sheet that reaches further is formatted to its end rather than filled.
_MAX_ROWS, _MAX_COLUMNS = 100_000, 500


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: dict[int, str]  # by column number


def read_sheets(path: Path) -> Source:
    """Every sheet, hidden ones too, by the values that its formulas last had.

    Raises:
        DocumentError: damaged, encrypted, or another kind of file.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        workbook = load_workbook(open_package(path), read_only=True, data_only=True)
        pages = [page for sheet in workbook.worksheets for page in _pages(sheet)]
        title = str(workbook.properties.title or "").strip()
        workbook.close()
    except (InvalidFileException, KeyError, ValueError, TypeError, EOFError) as error:
        raise DocumentError(f"表計算の文書として読めません（壊れている可能性）: {path.name}") from error
    return Source(title or path.stem, tuple(pages), SourceFormat.MARKDOWN)


def _pages(sheet: Any) -> Iterator[SourcePage]:
    """Pages of the blocks of rows that blank rows part. A block of one cell is the title of the next one."""
    rows = list(_rows(sheet))
    if not rows:
        yield SourcePage(f"{label_of(sheet.title)}!A1", "")
    titles: list[_Row] = []
    for _, numbered in groupby(enumerate(rows), key=lambda item: item[1].number - item[0]):
        block = [row for _, row in numbered]
        while block and len(block[0].cells) == 1 and (len(block) == 1 or len(block[1].cells) > 1):
            titles.append(block.pop(0))
        if block:
            yield from _block_pages(sheet.title, titles, block)
            titles = []
    if titles:
        yield from _block_pages(sheet.title, [], titles)


def _block_pages(sheet: str, titles: list[_Row], block: list[_Row]) -> Iterator[SourcePage]:
    """At most ROWS_PER_PAGE rows each; a header row names the columns on all of them."""
    names = _column_names(block)
    body = block[1:] if names else block
    above = [*titles, *block[:1]] if names else titles
    for start in range(0, len(body), ROWS_PER_PAGE):
        rows = body[start : start + ROWS_PER_PAGE]
        text = MarkdownText()
        text.heading(1, sheet)
        for title in titles:
            text.heading(2, " ".join(title.cells.values()))
        for row in rows:
            text.item(table_row([names.get(column, "") for column in row.cells], [*row.cells.values()]))
        yield SourcePage(f"{label_of(sheet)}!{_range([*above, *rows] if not start else rows)}", text.text)


def _range(rows: Sequence[_Row]) -> str:
    from openpyxl.utils import get_column_letter

    columns = [column for row in rows for column in row.cells]
    first, last = get_column_letter(min(columns)), get_column_letter(max(columns))
    return f"{first}{rows[0].number}:{last}{rows[-1].number}"


def _rows(sheet: Any) -> Iterator[_Row]:
    limited = sheet.iter_rows(max_row=min(sheet.max_row or _MAX_ROWS, _MAX_ROWS), max_col=_MAX_COLUMNS)
    for number, cells in enumerate(limited, start=1):
        filled = {column: text for column, cell in enumerate(cells, start=1) if (text := _text(cell))}
        if filled:
            yield _Row(number, filled)


def _text(cell: Any) -> str:
    """A value as the sheet shows it, as far as its format is plain: dates, percentages, thousands."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, date):
        clock = value.strftime(" %H:%M") if isinstance(value, datetime) and value.time() != time() else ""
        return f"{value.year}年{value.month}月{value.day}日{clock}"
    if isinstance(value, int | float):
        return _number(float(value), str(cell.number_format or ""))
    return " ".join(str(value).split())


def _number(value: float, number_format: str) -> str:
    if "%" in number_format:
        return f"{round(100 * value, 4):g}%"
    return f"{int(value):,}" if value.is_integer() and "," in number_format else f"{value:.10g}"


def _column_names(block: Sequence[_Row]) -> dict[int, str]:
    """The first row, if it is a header: several cells of text that name what the rows below fill."""
    if len(block) < 2:
        return {}
    first = block[0].cells
    below = {column for row in block[1:] for column in row.cells}
    is_text = all(any(character.isalpha() for character in name) for name in first.values())
    return first if len(first) > 1 and is_text and len(below - first.keys()) <= len(first) // 2 else {}
