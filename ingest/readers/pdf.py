"""PDF by pdfium: text in reading order, blank lines where the page has them, printed page labels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from ctypes import byref, c_double
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw

from guideqa.errors import DocumentError
from ingest.readers import ocr
from ingest.readers.page_recovery import page_labels
from ingest.readers.pdf_lines import Glyph, text_of
from ingest.source import Source, SourceFormat, SourcePage

MAX_PAGES = 10_000
# A glyph that its font maps to no character. In Japanese text this is nearly always the middle dot
# (in the guidebook's PDF 425 of 445), and quotations are compared without it.
_UNMAPPED = {"\0": "・", "\ufffe": ""}
# Bullets of the symbol fonts, which stand in the private area.
_SYMBOLS = {
    "\uf0b7": "•",
    "\uf06c": "●",
    "\uf06e": "■",
    "\uf0a7": "■",
    "\uf075": "◆",
    "\uf0d8": "➢",
    "\uf0fc": "✓",
}
_READ_AS = _UNMAPPED | _SYMBOLS
# A page whose pictures cover at least this share of it, with no more letters than a stamp has, is a scan.
_SCAN_SHARE, _SCAN_LETTERS = 0.2, 10
_OCR_DPI = 300
_MOST_PIXELS = 25_000_000


def read_pdf(path: Path) -> Source:
    """Every page of a PDF; pages that are pictures of text are read by OCR, or say that they are not.

    Raises:
        DocumentError: encrypted, damaged, too long, or no PDF at all.
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
        if len(pdf) > MAX_PAGES:
            raise DocumentError(
                f"{len(pdf)}ページあります。{MAX_PAGES}ページまでに分けてください: {path.name}"
            )
        read = [_read_page(pdf, number) for number in range(len(pdf))]
        labels = _labels(pdf, [text for text, _ in read])
        title = str(pdf.get_metadata_dict().get("Title", "")).strip()
    except pdfium.PdfiumError as error:
        raise DocumentError(f"PDFのページを読めません（壊れている可能性）: {path.name}") from error
    finally:
        pdf.close()
    pages = tuple(
        SourcePage(label, text, note=note) for label, (text, note) in zip(labels, read, strict=True)
    )
    return Source(title=title or path.stem, pages=pages, format=SourceFormat.EXTRACTED)


def _labels(pdf: Any, texts: list[str]) -> list[str]:
    """The file's own labels; where it has none, the numbers that its pages print. All differ."""
    own = [pdf.get_page_label(number).strip().replace("/", "／") for number in range(len(pdf))]
    labels = own if any(own) else page_labels(texts)
    seen: set[str] = set()
    for position, label in enumerate(labels, start=1):
        labels[position - 1] = label if label and label not in seen else f"{position}枚目"
        seen.add(labels[position - 1])
    return labels


def _read_page(pdf: Any, number: int) -> tuple[str, str]:
    """The text of a page, and what there is to say of it."""
    page = pdf[number]
    text_page = page.get_textpage()
    try:
        text, note = text_of(_glyphs(text_page)), ""
        letters = sum(character.isalpha() for character in text)
        if letters <= _SCAN_LETTERS and _is_picture(page):
            text, note = _read_scan(page, text)
        return text, note
    finally:
        text_page.close()
        page.close()


def _glyphs(text_page: Any) -> Iterator[Glyph]:
    """Every character with its place. pdfium's own line breaks are not used: it cuts small type anywhere."""
    raw = text_page.raw
    x, y, box = c_double(), c_double(), pdfium_raw.FS_RECTF()
    x_ref, y_ref, box_ref = byref(x), byref(y), byref(box)
    unicode_of, origin_of = pdfium_raw.FPDFText_GetUnicode, pdfium_raw.FPDFText_GetCharOrigin
    size, baseline = 1.0, -1.0
    for position in range(text_page.count_chars()):
        code = unicode_of(raw, position)
        if code in (10, 13):
            continue
        origin_of(raw, position, x_ref, y_ref)
        if y.value != baseline and code != 32:
            # A line is set in one size, or its other sizes off its baseline. The box is as printed; the
            # font's own size says nothing of its scaling.
            pdfium_raw.FPDFText_GetLooseCharBox(raw, position, box_ref)
            size, baseline = box.top - box.bottom, y.value
        character = chr(code)
        yield Glyph(_READ_AS.get(character, character), x.value, y.value, size)


def _is_picture(page: Any) -> bool:
    """Whether pictures cover a good part of a page."""
    width, height = page.get_size()
    covered = 0.0
    for item in page.get_objects(filter=[pdfium_raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = item.get_bounds()
        covered += max(0.0, right - left) * max(0.0, top - bottom)
    return bool(covered >= _SCAN_SHARE * width * height)


def _read_scan(page: Any, text: str) -> tuple[str, str]:
    if not ocr.languages():
        return text, f"画像のページで、文字を読み取れません。{ocr.NEEDED} を入れて、もう一度追加してください"
    width, height = page.get_size()
    scale = min(_OCR_DPI / 72, (_MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    picture = io.BytesIO()
    page.render(scale=scale, grayscale=True).to_pil().save(picture, format="PNG")
    read, confidence = ocr.read_picture(picture.getvalue())
    if not read.strip():
        return text, "画像のページで、OCRでは文字が見つかりません"
    return (
        read,
        f"画像のページをOCRで読み取り（確からしさ{confidence:.0f}%）。引用の前に原本を確かめてください",
    )
