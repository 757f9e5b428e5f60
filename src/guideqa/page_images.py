"""A PDF's page as a picture, and where on it a quotation stands. Rendered here: no viewer is loaded."""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from guideqa.errors import DocumentError, NotFoundError
from guideqa.index.folder import INDEX, IndexFolder
from guideqa.text.matching import locate

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

FOLDER = "originals"
READY = ".ready-"  # and the name of a build: the files that come into place when it is the current one
DEFAULT_WIDTH = 1000
MIN_WIDTH, MAX_WIDTH = 200, 2000
# A page three times as high as it is wide is drawn whole; a scroll of paper is not.
_MAX_RATIO = 3.0
_KEPT_PICTURES = 32  # about 10 MB
# Shorter pieces of a quotation would be found anywhere.
_MIN_PIECE = 6


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, as shares (0..1) of its width and height, from the top left corner."""

    left: float
    top: float
    width: float
    height: float

    def goes_on_with(self, other: Box) -> bool:
        """Whether the other stands on the same line, further on."""
        shared = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        return other.left >= self.left and shared > 0.5 * min(self.height, other.height)

    def with_(self, other: Box) -> Box:
        """The rectangle that holds both."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        right = max(self.left + self.width, other.left + other.width)
        bottom = max(self.top + self.height, other.top + other.height)
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is needed to show a page before it has been drawn."""

    ratio: float  # height / width
    boxes: tuple[Box, ...]  # of the quotation, one a line


class PageImages:
    """Draws pages of the PDFs that lie in `folder/<document id>/`. One instance serves any number of threads."""

    def __init__(self, folder: Path) -> None:
        """Nothing is opened yet."""
        self._folder = folder
        self._drawn: OrderedDict[tuple[Path, float, int, int], bytes] = OrderedDict()
        self._lock = Lock()  # PDFium must not be used by two threads at once

    def pdf_of(self, document_id: str) -> Path | None:
        """The PDF that a document was read from; None where it is none or has not been kept."""
        if not document_id or document_id in (".", "..") or "/" in document_id or "\0" in document_id:
            return None
        found = sorted(self._folder_of(document_id).glob("*.[pP][dD][fF]"))
        return found[0] if found else None

    def _folder_of(self, document_id: str) -> Path:
        """Where its file lies; right after a switch still ready, under the name of the build."""
        build = IndexFolder(self._folder.parent / INDEX).current_name()
        ready = self._folder / f"{READY}{build}" / document_id
        return ready if ready.is_dir() else self._folder / document_id

    def look(self, document_id: str, index: int, quote: str = "") -> Picture | None:
        """A page's shape and where its quotation stands; None where there is no picture of it.

        `index` is the physical page, from 1.
        """
        path = self.pdf_of(document_id)
        if path is None:
            return None
        try:
            with self._page(path, index) as page:
                width, height = page.get_size()
                ratio = min(height / width, _MAX_RATIO)
                return Picture(ratio, tuple(_boxes(page, quote)) if quote else ())
        except (DocumentError, NotFoundError):
            return None

    def draw(self, document_id: str, index: int, width: int = DEFAULT_WIDTH) -> bytes:
        """A page as a PNG of this width in pixels.

        Raises:
            NotFoundError: there is no PDF of this document, or no such page in it.
            DocumentError: the PDF cannot be read.
        """
        path = self.pdf_of(document_id)
        if path is None:
            raise NotFoundError(f"このページの画像はありません（PDFが保存されていません）: {document_id}")
        width = max(MIN_WIDTH, min(width, MAX_WIDTH))
        key = (path, path.stat().st_mtime, index, width)
        drawn = self._drawn.get(key)
        if drawn is None:
            drawn = self._draw(path, index, width)
            self._drawn[key] = drawn
            while len(self._drawn) > _KEPT_PICTURES:
                self._drawn.popitem(last=False)
        return drawn

    def _draw(self, path: Path, index: int, width: int) -> bytes:
        with self._page(path, index) as page:
            scale = (width - 1e-3) / page.get_width()  # rounded up to whole pixels
            scale = min(scale, width * _MAX_RATIO / page.get_height())
            image = page.render(scale=scale, may_draw_forms=False).to_pil()
        content = BytesIO()
        image.convert("RGB").save(content, "PNG", compress_level=4)
        return content.getvalue()

    @contextmanager
    def _page(self, path: Path, index: int) -> Iterator[PdfPage]:
        import pypdfium2

        with self._lock:
            try:
                document = pypdfium2.PdfDocument(path)
            except (pypdfium2.PdfiumError, OSError) as error:
                raise DocumentError(f"PDFを開けません: {path.name}") from error
            try:
                if not 1 <= index <= len(document):
                    raise NotFoundError(f"PDFに{index}ページ目はありません（全{len(document)}ページ）")
                page = document[index - 1]
                try:
                    yield page
                finally:
                    page.close()
            finally:
                document.close()


def _boxes(page: PdfPage, quote: str) -> Iterator[Box]:
    """The rectangles of the quotation's characters, line by line."""
    from pypdfium2 import raw

    text_page = page.get_textpage()
    try:
        # Character by character, so that an offset is PDFium's own index.
        codes = (raw.FPDFText_GetUnicode(text_page, n) for n in range(text_page.count_chars()))
        text = "".join(chr(code) if code < 0x110000 else "\ufffd" for code in codes)
        for begin, end in _places(quote, text):
            seen = (number for number in range(begin, end) if not text[number].isspace())
            yield from _lines(_box(page, text_page.get_charbox(number, loose=True)) for number in seen)
    finally:
        text_page.close()


def _lines(characters: Iterable[Box]) -> Iterator[Box]:
    """The boxes of characters that follow each other on one line, as one."""
    line: Box | None = None
    for box in characters:
        if line is not None and line.goes_on_with(box):
            line = line.with_(box)
            continue
        if line is not None:
            yield line
        line = box
    if line is not None:
        yield line


def _places(quote: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the quotation stands: in one piece, or, where lines lie in another order, in its longest pieces."""
    rest = quote
    while len(rest) >= _MIN_PIECE or rest == quote:
        length = _longest(rest, text)
        if length:
            place = locate(rest[:length], text)
            if place:
                yield place
        rest = rest[max(length, 1) :]
        if not rest:
            return


def _longest(rest: str, text: str) -> int:
    """How much of the beginning of `rest` stands in the text in one piece; 0 where that is too little."""
    if locate(rest, text):
        return len(rest)
    fits, fails = 0, len(rest)
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if locate(rest[:middle], text):
            fits = middle
        else:
            fails = middle
    return fits if fits >= _MIN_PIECE else 0


def _box(page: PdfPage, rectangle: tuple[float, float, float, float]) -> Box:
    """From PDF points, which count from the bottom of an unrotated page, to shares of what is shown."""
    left, bottom, right, top = rectangle
    across, down = zip(_shown(page, left, top), _shown(page, right, bottom), strict=True)
    return Box(min(across), min(down), max(across) - min(across), max(down) - min(down))


def _shown(page: PdfPage, x: float, y: float) -> tuple[float, float]:
    from pypdfium2 import raw

    grid = 100_000
    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, grid, grid, 0, x, y, ctypes.byref(across), ctypes.byref(down))
    return across.value / grid, down.value / grid
