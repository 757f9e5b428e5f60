"""PDF by pdfium: text in reading order, blank lines where the page has them, printed page labels."""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import byref, c_double
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw

from guideqa.errors import DocumentError
from ingest.readers.pdf_lines import Glyph, text_of
from ingest.source import Source, SourceFormat, SourcePage

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
    text = text_of(_glyphs(text_page))
    text_page.close()
    page.close()
    return SourcePage(label=pdf.get_page_label(number).strip() or str(number + 1), text=text)


def _glyphs(text_page: Any) -> Iterator[Glyph]:
    """Every character with its place. pdfium's own line breaks are not used: it cuts small type anywhere."""
    raw = text_page.raw
    x, y, box = c_double(), c_double(), pdfium_raw.FS_RECTF()
    size = 1.0
    for position in range(text_page.count_chars()):
        character = chr(pdfium_raw.FPDFText_GetUnicode(raw, position))
        if character in "\r\n":
            continue
        pdfium_raw.FPDFText_GetCharOrigin(raw, position, byref(x), byref(y))
        if not pdfium_raw.FPDFText_IsGenerated(raw, position):
            pdfium_raw.FPDFText_GetLooseCharBox(raw, position, byref(box))
            size = (
                box.top - box.bottom
            )  # of the type as printed; the font's own size says nothing of its scaling
        yield Glyph(_UNMAPPED.get(character, character), x.value, y.value, size)
