"""One reader for each format. A reader yields every page, with both its numbers, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from guideqa.errors import DocumentError
from ingest.source import Source

_PDF, _TEXT, _MARKDOWN = (".pdf",), (".txt",), (".md",)
_WORD, _SLIDES, _SHEETS = (".docx", ".docm"), (".pptx", ".pptm"), (".xlsx", ".xlsm")
_WEB = (".html", ".htm")
# What can be ingested; a zip file stands for the documents in it.
SUFFIXES = (*_PDF, *_TEXT, *_MARKDOWN, *_WORD, *_SLIDES, *_SHEETS, *_WEB, ".zip")


def read_document(path: Path) -> Source:
    """Read a file by its suffix.

    Raises:
        DocumentError: the file is missing, of another format than it says or than is read here, encrypted,
            damaged, or without any text.
    """
    if not path.exists():
        raise DocumentError(f"ファイルがありません: {path}")
    if path.is_dir():
        raise DocumentError(f"フォルダーです。ファイルを指定してください: {path}")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES or suffix == ".zip":
        raise DocumentError(f"読めない形式です（{', '.join(SUFFIXES)} のいずれか）: {path.name}")
    from ingest.readers.sniffing import check_type

    try:
        check_type(path)
        source = _reader(suffix)(path)
    except OSError as error:
        raise DocumentError(f"ファイルを開けません（{error.strerror}）: {path}") from error
    if not any(page.text.strip() for page in source.pages):
        raise DocumentError(_without_text(source, path))
    return source


def _without_text(source: Source, path: Path) -> str:
    remedies = {page.note for page in source.pages if page.note}
    remedy = "。".join(sorted(remedies)) or "画像だけなら、OCRで文字を付けてから追加してください"
    return f"文字のあるページがありません（{len(source.pages)}ページ）。{remedy}: {path.name}"


def _reader(suffix: str) -> Callable[[Path], Source]:
    """The reader of a format; its libraries are loaded only where it is used."""
    if suffix in _PDF:
        from ingest.readers.pdf import read_pdf

        return read_pdf
    if suffix in _WORD:
        from ingest.readers.word import read_word

        return read_word
    if suffix in _SLIDES:
        from ingest.readers.slides import read_slides

        return read_slides
    if suffix in _SHEETS:
        from ingest.readers.sheets import read_sheets

        return read_sheets
    if suffix in _WEB:
        from ingest.readers.web import read_web_page

        return read_web_page
    if suffix in _MARKDOWN:
        from ingest.readers.markdown import read_markdown_file

        return read_markdown_file
    from ingest.readers.plain_text import read_plain_text

    return read_plain_text
