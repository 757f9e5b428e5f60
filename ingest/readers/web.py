"""HTML: sections by their headings; navigation, scripts and readings (ruby) are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guideqa.errors import DocumentError
from ingest.readers.markup import MarkdownText, section_pages
from ingest.readers.plain_text import decode
from ingest.source import Source, SourceFormat

_LEFT_OUT = {"script", "style", "nav", "noscript", "template", "rt", "rp", "svg", "iframe", "form", "button"}
_FRAME = {"header", "footer", "aside"}  # of the page; within an article they belong to its text
_BLOCKS = {
    "p",
    "div",
    "section",
    "article",
    "main",
    "blockquote",
    "pre",
    "figure",
    "figcaption",
    "dd",
    "dt",
    "address",
    "ul",
    "ol",
    "dl",
    "li",
    "table",
    "hr",
}
_HEADING = re.compile(r"^h([1-6])$")
_PAGE_HEADING = 3
_DECLARED = re.compile(rb"<meta[^>]+charset=[\"']?([\w-]+)", re.IGNORECASE)


def read_web_page(path: Path) -> Source:
    """A web page saved as a file, cited by its headings.

    Raises:
        DocumentError: its characters cannot be told, or it has no content.
    """
    from lxml import etree, html

    text = _decoded(path)
    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (etree.ParserError, ValueError) as error:
        raise DocumentError(f"HTMLとして読めません: {path.name}") from error
    title = " ".join((root.findtext(".//title") or "").split())
    sections: list[tuple[str, MarkdownText]] = [(title, MarkdownText())]
    body = root.find("body")
    _take(root if body is None else body, sections)
    filled = [(heading, part.text) for heading, part in sections if part.parts]
    return Source(title or path.stem, tuple(section_pages(filled, "")), SourceFormat.MARKDOWN)


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    declared = _DECLARED.search(data[:4096])
    if declared:
        try:
            return data.decode(declared.group(1).decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # it lies; the bytes themselves tell better
    return decode(data, path.name)


def _take(element: Any, sections: list[tuple[str, MarkdownText]]) -> None:
    """Write an element's text into its section: text between blocks is a paragraph, blocks are their own."""
    inline = element.text or ""
    for child in element:
        if not isinstance(child.tag, str) or _is_left_out(child):
            inline += child.tail or ""
            continue
        if _is_block(child):
            sections[-1][1].paragraph(_lines(inline))
            _take_block(child, sections)
            inline = child.tail or ""
        else:
            inline += _text(child) + (child.tail or "")
    sections[-1][1].paragraph(_lines(inline))


def _take_block(element: Any, sections: list[tuple[str, MarkdownText]]) -> None:
    heading = _HEADING.match(element.tag)
    if heading:
        level, text = int(heading.group(1)), _lines(_text(element))
        if level <= _PAGE_HEADING and text:
            sections.append((text, MarkdownText()))
        sections[-1][1].heading(level, text)
    elif element.tag == "table":
        sections[-1][1].table(_rows(element))
    elif element.tag == "li" and not any(_is_block(child) for child in element):
        sections[-1][1].item(_lines(_text(element)))
    else:
        _take(element, sections)


def _rows(table: Any) -> Iterator[list[str]]:
    for row in table.iter("tr"):
        if next(row.iterancestors("table")) is table:
            yield [_lines(_text(cell)) for cell in row if cell.tag in ("td", "th")]


def _is_block(element: Any) -> bool:
    tags = (inner.tag for inner in element.iter() if isinstance(inner.tag, str))
    return any(tag in _BLOCKS or tag in _FRAME or _HEADING.match(tag) for tag in tags)


def _is_left_out(element: Any) -> bool:
    hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
    framed = element.tag in _FRAME and next(element.iterancestors("article", "main"), None) is None
    return hidden or framed or element.tag in _LEFT_OUT


def _text(element: Any) -> str:
    if element.tag == "br":
        return "\n"
    pieces = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and not _is_left_out(child):
            pieces.append(_text(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def _lines(text: str) -> str:
    """White space as a browser shows it: a line break in Japanese source text is no blank."""
    joined = re.sub(r"(?<=[^\x00-\x7f])[ \t]*\n[ \t]*(?=[^\x00-\x7f])", "", text.strip())
    return " ".join(joined.split())
