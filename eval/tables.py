"""Tables of questions as people keep them: Excel, or CSV in UTF-8 or Shift_JIS."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from eval.errors import QuestionSetError

SUFFIXES = (".xlsx", ".csv")


def read_table(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(row number as the program shows it, cells as text) of each row that is not empty, the head included.

    Raises:
        QuestionSetError: there is no such file, or it is neither.
    """
    if not path.is_file():
        raise QuestionSetError(f"ファイルがありません: {path}")
    rows = {".xlsx": _excel_rows, ".csv": _csv_rows}.get(path.suffix.lower())
    if rows is None:
        raise QuestionSetError(f"Excel（.xlsx）かCSV（.csv）のファイルを指定してください: {path}")
    for number, cells in enumerate(rows(path), start=1):
        if any(cell.strip() for cell in cells):
            yield number, cells


def write_table(path: Path, rows: Sequence[Sequence[str]], notes: Sequence[Sequence[str]]) -> None:
    """Write rows, the first of them the head; an Excel file has the notes on a second sheet.

    Raises:
        QuestionSetError: the name says neither format, or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise QuestionSetError(f"名前を .xlsx か .csv で終わらせてください: {path}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".csv":
            with path.open("w", encoding="utf-8-sig", newline="") as file:  # Excel needs the mark
                csv.writer(file).writerows(rows)
        else:
            _write_excel(path, rows, notes)
    except OSError as error:
        raise QuestionSetError(f"ファイルに書き込めません（{error.strerror}）: {path}") from error


def _csv_rows(path: Path) -> Iterator[list[str]]:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise QuestionSetError(f"文字コードが分かりません（UTF-8かShift_JISで保存してください）: {path}")
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as error:
        raise QuestionSetError(f"CSVとして読めません（{error}）: {path}") from error


def _excel_rows(path: Path) -> Iterator[list[str]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise QuestionSetError(f"Excelのファイルとして読めません: {path}") from error
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield [_cell_text(value) for value in row]
    finally:
        book.close()


def _cell_text(value: object) -> str:
    """A cell as it was typed: a page 58 comes back from Excel as a number."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        # Excel has turned 「1-3」 into a date; what was typed is lost
        return f"{value:%Y-%m-%d}（日付）"
    return str(value)


def _write_excel(path: Path, rows: Sequence[Sequence[str]], notes: Sequence[Sequence[str]]) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.worksheet import Worksheet

    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = "質問"
    second = book.create_sheet("書き方")
    for sheet, content in ((first, rows), (second, notes)):
        for row in content:
            sheet.append(list(row))
        for cells in sheet.iter_rows():
            for cell in cells:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                cell.number_format = "@"  # text: Excel must not make dates of pages
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for number in range(1, len(content[0]) + 1):
            letter = sheet.cell(1, number).column_letter
            sheet.column_dimensions[letter].width = 14 if number != 2 else 48
        sheet.freeze_panes = "A2"
    second.column_dimensions["B"].width = 90
    book.save(path)
