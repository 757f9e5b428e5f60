"""Where the pages come from that questions are checked against."""

from __future__ import annotations

from pathlib import Path

from eval.validation import Book
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import load_store
from guideqa.index.store import CorpusStore
from guideqa.settings import Settings
from guideqa.types import DocumentKind


def book_of_file(path: Path) -> Book:
    """The pages of an original, as the product reads it.

    Raises:
        DocumentError: it cannot be read.
    """
    from ingest.readers import read_document

    return Book({page.label: page.text for page in read_document(path).pages}, is_original=True)


def book_of_index(settings: Settings) -> Book | None:
    """The pages of the current index; None where there is none. An original goes before a digest."""
    folder = IndexFolder(settings.index_dir)
    return None if folder.current_name() is None else book_of_store(load_store(folder.current()))


def book_of_store(store: CorpusStore) -> Book:
    """The pages of all documents; where a label occurs in several, their texts are joined."""
    originals = [item for item in store.documents.values() if item.document.kind is DocumentKind.ORIGINAL]
    pages: dict[str, list[str]] = {}
    for stored in originals or store.documents.values():
        for item in stored.pages:
            pages.setdefault(item.page.ref.label, []).append(item.page.text)
    return Book({label: "\n".join(texts) for label, texts in pages.items()}, bool(originals))
