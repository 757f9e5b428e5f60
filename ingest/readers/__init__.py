"""One reader for each format. A reader yields every page, with both its numbers, or says why it cannot."""

from __future__ import annotations

from pathlib import Path

from guideqa.errors import DocumentError
from ingest.source import Source

SUFFIXES = (".pdf", ".txt", ".md")


def read_document(path: Path) -> Source:
    """Read a file by its suffix.

    Raises:
        DocumentError: the file is missing, of another format, encrypted, damaged or without any text.
    """
    if not path.exists():
        raise DocumentError(f"ファイルがありません: {path}")
    if path.is_dir():
        raise DocumentError(f"フォルダーです。ファイルを指定してください: {path}")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DocumentError(f"読めない形式です（{', '.join(SUFFIXES)} のいずれか）: {path.name}")
    try:
        source = _read(path, suffix)
    except OSError as error:
        raise DocumentError(f"ファイルを開けません（{error.strerror}）: {path}") from error
    if not any(page.text.strip() for page in source.pages):
        raise DocumentError(
            f"文字のあるページがありません（{len(source.pages)}ページ、画像だけの可能性）。"
            f"OCRで文字を付けてから追加してください: {path.name}"
        )
    return source


def _read(path: Path, suffix: str) -> Source:
    if suffix == ".pdf":
        from ingest.readers.pdf import read_pdf

        return read_pdf(path)
    if suffix == ".md":
        from ingest.readers.markdown import read_markdown_file

        return read_markdown_file(path)
    from ingest.readers.plain_text import read_plain_text

    return read_plain_text(path)
