"""PowerPoint: a page for each slide, with its title, text, tables and notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guideqa.errors import DocumentError
from ingest.readers.markup import MarkdownText
from ingest.readers.packages import open_package
from ingest.source import Source, SourceFormat, SourcePage

_FURNITURE = {"DATE", "FOOTER", "HEADER", "SLIDE_NUMBER"}


def read_slides(path: Path) -> Source:
    """Every slide, hidden ones too; cited as 「スライド3」.

    Raises:
        DocumentError: damaged, encrypted, or another kind of file.
    """
    from pptx import Presentation
    from pptx.exc import PackageNotFoundError

    try:
        presentation = Presentation(open_package(path))
        slides = list(presentation.slides)
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise DocumentError(f"スライドとして読めません（壊れている可能性）: {path.name}") from error
    pages = tuple(_page(number, slide) for number, slide in enumerate(slides, start=1))
    title = str(presentation.core_properties.title or "").strip()
    return Source(title or path.stem, pages, SourceFormat.MARKDOWN)


def _page(number: int, slide: Any) -> SourcePage:
    text = MarkdownText()
    title = slide.shapes.title
    if title is not None:
        text.heading(1, title.text_frame.text)
    for shape in _shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if getattr(shape, "has_table", False):
            text.table([[cell.text for cell in row.cells if not cell.is_spanned] for row in shape.table.rows])
        elif shape.has_text_frame and not _is_furniture(shape):
            for paragraph in shape.text_frame.paragraphs:
                text.item(paragraph.text.replace("\v", " "))
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text.strip()
        if notes:
            text.heading(2, "発表者ノート")
            text.paragraph(notes)
    return SourcePage(f"スライド{number}", text.text)


def _shapes(shapes: Any) -> Iterator[Any]:
    """All shapes in reading order, top to bottom; those of a group in its place."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _is_furniture(shape: Any) -> bool:
    return shape.is_placeholder and shape.placeholder_format.type.name in _FURNITURE
