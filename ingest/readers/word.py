"""Word documents: the pages that LibreOffice renders, or else their sections, cited by heading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guideqa.errors import DocumentError
from ingest.readers.markup import MarkdownText, section_pages
from ingest.readers.office import rendered_as_pdf
from ingest.readers.packages import open_package
from ingest.readers.placing import placed
from ingest.source import Source, SourceFormat

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# What is not the text that a reader sees: readings over it, deletions, field codes, alternatives, and text
# boxes, which stand in a paragraph's XML but not in its line.
_UNSEEN = {f"{_W}rt", f"{_W}del", f"{_W}instrText", f"{_W}moveFrom", _FALLBACK}
_BOX = f"{_W}txbxContent"
_PAGE_HEADING = 2  # headings down to this level begin what is cited as one place
NO_RENDERER = "LibreOfficeがないため、ページではなく見出しで示します"


def read_word(path: Path) -> Source:
    """A Word document. Headers and footers are left out, as are readings (ruby) and deleted text.

    Raises:
        DocumentError: damaged, encrypted, or another kind of file.
    """
    title, sections = _sections(path)
    rendered = rendered_as_pdf(path)
    if rendered is None:
        texts = [(heading, text.text) for heading, text in sections]
        return Source(title or path.stem, tuple(section_pages(texts, NO_RENDERER)), SourceFormat.MARKDOWN)
    parts = [part for _, text in sections for part in text.parts]
    pages = placed(parts, rendered.pages, "ページはLibreOfficeで組んだもの")
    return Source(title or path.stem, tuple(pages), SourceFormat.MARKDOWN)


def _sections(path: Path) -> tuple[str, list[tuple[str, MarkdownText]]]:
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError

    try:
        document = Document(open_package(path))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise DocumentError(f"Word文書として読めません（壊れている可能性）: {path.name}") from error
    notes = _footnotes(document)
    sections: list[tuple[str, MarkdownText]] = [("", MarkdownText())]
    for element in _elements(document.element.body, document):
        _take(element, sections, notes)
    filled = [(heading, text) for heading, text in sections if text.parts]
    return str(document.core_properties.title or "").strip(), filled


def _elements(parent: Any, document: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, also those inside content controls; a table of contents is left out."""
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    for child in parent:
        if child.tag == f"{_W}p":
            paragraph: Any = Paragraph(child, document)
            if not str(paragraph.style.name).lower().startswith(("toc ", "目次 ")):
                yield paragraph
        elif child.tag == f"{_W}tbl":
            yield Table(child, document)
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}smartTag"):
            yield from _elements(child, document)


def _take(element: Any, sections: list[tuple[str, MarkdownText]], notes: dict[str, str]) -> None:
    """Write one paragraph or table of the document into the section that it belongs to."""
    if hasattr(element, "rows"):
        sections[-1][1].table([[_cell(cell) for cell in _distinct(row.cells)] for row in element.rows])
        return
    text = _text(element._p)
    level = _level(element)
    if level and text.strip():
        if level <= _PAGE_HEADING:
            sections.append((text.strip(), MarkdownText()))
        sections[-1][1].heading(level, text)
    elif "List" in str(element.style.name) or element._p.find(f"{_W}pPr/{_W}numPr") is not None:
        sections[-1][1].item(text)
    else:
        sections[-1][1].paragraph(text)
    for box in _outermost_boxes(element._p):
        for paragraph in box.iter(f"{_W}p"):
            sections[-1][1].paragraph(_text(paragraph))
    for reference in element._p.iter(f"{_W}footnoteReference", f"{_W}endnoteReference"):
        kind = "endnote" if reference.tag.endswith("endnoteReference") else "footnote"
        if note := notes.get(f"{kind} {reference.get(f'{_W}id')}"):
            sections[-1][1].item(f"注: {note}")


def _level(paragraph: Any) -> int:
    """The level of a heading by its style or outline level; 0 for text."""
    name = str(paragraph.style.name)
    if name == "Title":
        return 1
    if name.startswith(("Heading ", "見出し")) and name[-1].isdecimal():
        return int(name[-1])
    outline = paragraph._p.find(f"{_W}pPr/{_W}outlineLvl")
    return min(int(outline.get(f"{_W}val")) + 1, 6) if outline is not None else 0


def _text(element: Any) -> str:
    """The text of a paragraph as it is read: base text without ruby, insertions but no deletions."""
    return "".join(_pieces(element))


def _pieces(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag in _UNSEEN or child.tag == _BOX:
            continue
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in (f"{_W}br", f"{_W}cr"):
            yield "\n"
        elif child.tag == f"{_W}tab":
            yield " "
        else:
            yield from _pieces(child)


def _outermost_boxes(paragraph: Any) -> Iterator[Any]:
    for box in paragraph.iter(_BOX):
        if not any(ancestor.tag in (_FALLBACK, _BOX) for ancestor in box.iterancestors()):
            yield box


def _cell(cell: Any) -> str:
    return " ".join(filter(None, (_text(paragraph).strip() for paragraph in cell._tc.iter(f"{_W}p"))))


def _distinct(cells: Any) -> list[Any]:
    """A merged cell once: python-docx gives it for every column that it spans."""
    found: list[Any] = []
    for cell in cells:
        if not found or cell._tc is not found[-1]._tc:
            found.append(cell)
    return found


def _footnotes(document: Any) -> dict[str, str]:
    """「footnote 2」 → its text; python-docx has no interface for them."""
    from docx.oxml import parse_xml

    found: dict[str, str] = {}
    for relation in document.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1]
        if kind not in ("footnotes", "endnotes") or relation.is_external:
            continue
        for note in parse_xml(relation.target_part.blob):
            text = "".join(_text(paragraph) for paragraph in note.iter(f"{_W}p")).strip()
            if text:
                found[f"{kind[:-1]} {note.get(f'{_W}id')}"] = text
    return found
