"""Markdown notes: `# p.62 …` opens a page; other headings, bullets and tables stay as they are."""

from __future__ import annotations

import re
from pathlib import Path

from guideqa.errors import DocumentError
from ingest.readers.plain_text import decode
from ingest.source import Source, SourceFormat, SourcePage

_PAGE_HEADING = re.compile(r"^# p\.(\S+)[ \t]*(.*)$", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


def read_markdown_file(path: Path) -> Source:
    """A single Markdown file; one without page headings is one page."""
    return Source(path.stem, tuple(markdown_pages(path)), SourceFormat.MARKDOWN)


def read_markdown_folder(folder: Path, title: str) -> Source:
    """Every Markdown file of a folder, in order of name, as one document.

    Raises:
        DocumentError: the folder is missing or has no page, or a page occurs twice.
    """
    if not folder.is_dir():
        raise DocumentError(f"要約のフォルダーがありません: {folder}")
    pages = [page for path in sorted(folder.glob("*.md")) for page in markdown_pages(path)]
    labels = [page.label for page in pages]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if not pages or twice:
        raise DocumentError(f"要約のページがないか、重複しています（{', '.join(twice) or 'なし'}）: {folder}")
    return Source(title, tuple(pages), SourceFormat.MARKDOWN)


def markdown_pages(path: Path) -> list[SourcePage]:
    """The pages of one file; the file's front matter is put before each, since it speaks for all."""
    text = decode(path.read_bytes(), path.name).replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    body = text[front.end() :] if front else text
    marks = list(_PAGE_HEADING.finditer(body))
    if not marks:
        return [SourcePage("1", text)]
    if body[: marks[0].start()].strip():
        raise DocumentError(f"最初の「# p.」見出しより前に本文があります: {path.name}")
    ends = [mark.start() for mark in marks[1:]] + [len(body)]
    head = front.group(0) if front else ""
    return [
        SourcePage(mark.group(1), f"{head}# {mark.group(2)}\n{body[mark.end() : end]}")
        for mark, end in zip(marks, ends, strict=True)
    ]
