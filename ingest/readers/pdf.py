"""PDF by pdfium: text in reading order, blank lines where the page has them, printed page labels."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw

from guideqa.errors import DocumentError
from ingest.source import Source, SourceFormat, SourcePage

# A gap between lines over this multiple of the page's usual one is a blank line.
BLANK_LINE_GAP = 1.6
# A glyph that its font maps to no character. In Japanese text this is nearly always the middle dot
# (in the guidebook's PDF 425 of 445), and quotations are compared without it.
_UNMAPPED = {"\0": "・", "\ufffe": ""}


def read_pdf(path: Path) -> Source:
    """Every page of a PDF.

    Raises:
        DocumentError: encrypted, damaged, or no PDF at all.
    """
    try:
        pdf = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        reason = (
            "パスワードで保護されています"
            if "assword" in str(error)
            else "PDFとして読めません（壊れている可能性）"
        )
        raise DocumentError(f"{reason}: {path.name}") from error
    try:
        pages = tuple(_read_page(pdf, number) for number in range(len(pdf)))
        title = str(pdf.get_metadata_dict().get("Title", "")).strip()
    except pdfium.PdfiumError as error:
        raise DocumentError(f"PDFのページを読めません（壊れている可能性）: {path.name}") from error
    finally:
        pdf.close()
    return Source(title=title or path.stem, pages=pages, format=SourceFormat.EXTRACTED)


def _read_page(pdf: Any, number: int) -> SourcePage:
    page = pdf[number]
    text_page = page.get_textpage()
    text = _with_blank_lines(_lines(text_page))
    text_page.close()
    page.close()
    return SourcePage(label=pdf.get_page_label(number).strip() or str(number + 1), text=text)


def _lines(text_page: Any) -> list[tuple[float, str]]:
    """Lines with the height of their baseline box, in points from the foot of the page."""
    lines: list[tuple[float, str]] = []
    characters: list[str] = []
    top = 0.0
    for position in range(text_page.count_chars()):
        character = chr(pdfium_raw.FPDFText_GetUnicode(text_page.raw, position))
        if character in "\r\n":
            if characters:
                lines.append((top, "".join(characters)))
                characters = []
            continue
        if not characters:
            top = text_page.get_charbox(position, loose=True)[3]
        characters.append(_UNMAPPED.get(character, character))
    if characters:
        lines.append((top, "".join(characters)))
    return lines


def _with_blank_lines(lines: list[tuple[float, str]]) -> str:
    """The lines as text; pdfium gives no blank ones, so they are put back from the gaps."""
    gaps = [above - below for (above, _), (below, _) in zip(lines, lines[1:], strict=False) if above > below]
    usual = _usual_gap(gaps)
    text: list[str] = []
    above: float | None = None
    for top, line in lines:
        if above is not None and usual and not (0 <= above - top <= BLANK_LINE_GAP * usual):
            text.append("")
        text.append(line)
        above = top
    return "\n".join(text)


def _usual_gap(gaps: list[float]) -> float:
    """The line spacing within paragraphs: the median of the smaller half of the gaps."""
    ordered = sorted(gap for gap in gaps if gap > 1.0)
    return median(ordered[: max(1, len(ordered) // 2)]) if ordered else 0.0
