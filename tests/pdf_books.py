"""The invented book of the tests as a PDF, and where on its pages the words are printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from conftest import HARUKAZE
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

FONT, SIZE, LEFT, TOP, LINE_CHARS = "HeiseiKakuGo-W5", 11, 72, 90, 40
_FRONT_PAGES = 2


def write_harukaze(path: Path) -> Path:
    """The book, page by page, with its printed numbers as page labels."""
    registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setTitle(json.loads(HARUKAZE.with_suffix(".pages.json").read_text(encoding="utf-8"))["title"])
    for number, text in enumerate(HARUKAZE.read_text(encoding="utf-8").split("\f")):
        if number == 0:
            canvas.addPageLabel(0, style="ROMAN_LOWER")
        if number == _FRONT_PAGES:
            canvas.addPageLabel(number, style="ARABIC")
        canvas.setFont(FONT, SIZE)
        for row, line in enumerate(wrapped(text)):
            canvas.drawString(LEFT, A4[1] - TOP - row * 1.8 * SIZE, line)
        canvas.showPage()
    canvas.save()
    return path


def wrapped(text: str) -> Iterator[str]:
    """Lines that fit on the page."""
    for line in text.splitlines():
        yield from (line[begin : begin + LINE_CHARS] for begin in range(0, max(len(line), 1), LINE_CHARS))


@dataclass(frozen=True, slots=True)
class Printed:
    """A character, and its middle: from the left and from the top, as parts of the page."""

    character: str
    x: float
    y: float


def printed_on(path: Path, index: int) -> list[Printed]:
    """Every character of a page (from 1) that is not blank, as the PDF's own text boxes have it."""
    document = pypdfium2.PdfDocument(path)
    try:
        page = document[index - 1]
        width, height = page.get_size()
        text = page.get_textpage()
        found = []
        for number in range(text.count_chars()):
            character = text.get_text_range(number, 1)
            left, bottom, right, top = text.get_charbox(number)
            if character.strip():
                place = (left + right) / 2 / width, 1 - (bottom + top) / 2 / height
                found.append(Printed(character, *place))
        return found
    finally:
        document.close()
