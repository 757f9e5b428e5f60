"""Documents, pages and passages as JSON lines: readable without this program, and checked when opened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from guideqa.errors import NotFoundError
from guideqa.types import Document, DocumentKind, Facets, Page, PageRef, PageStatus, Passage


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page with what became of it at ingest."""

    page: Page
    status: PageStatus
    reason: str = ""
    headings: tuple[str, ...] = ()
    # Index-time expansion, shown to nobody: everyday questions that the page answers, notes on it.
    questions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expansion:
    """A text by which a page can be found besides its own."""

    page: PageRef
    text: str


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document with all its pages and passages."""

    document: Document
    content_hash: str
    pages: tuple[StoredPage, ...]
    passages: tuple[Passage, ...]


@dataclass(slots=True)
class CorpusStore:
    """What an index knows of its documents, in memory."""

    documents: dict[str, StoredDocument] = field(default_factory=dict)

    @property
    def passages(self) -> list[Passage]:
        """All passages, in the order in which both legs number them."""
        return [passage for stored in self.documents.values() for passage in stored.passages]

    @property
    def expansions(self) -> list[Expansion]:
        """All expansions of all pages, in the order in which the dense leg numbers them."""
        return [
            Expansion(page.page.ref, text)
            for stored in self.documents.values()
            for page in stored.pages
            for text in page.questions + page.notes
        ]

    def document(self, document_id: str) -> StoredDocument:
        """One document.

        Raises:
            NotFoundError: there is no such document.
        """
        stored = self.documents.get(document_id)
        if stored is None:
            raise NotFoundError(f"文書がありません: {document_id}")
        return stored

    def page(self, document_id: str, label: str) -> StoredPage:
        """A page by its printed label.

        Raises:
            NotFoundError: there is no such document or page.
        """
        for stored in self.document(document_id).pages:
            if stored.page.ref.label == label:
                return stored
        raise NotFoundError(f"ページがありません: {document_id} {label}ページ")

    def page_at(self, ref: PageRef) -> Page:
        """The page behind a reference, as extracted.

        Raises:
            NotFoundError: there is no such document or page.
        """
        pages = self.document(ref.document_id).pages
        if 0 < ref.index <= len(pages) and pages[ref.index - 1].page.ref == ref:
            return pages[ref.index - 1].page
        raise NotFoundError(f"ページがありません: {ref.document_id} {ref.label}ページ")

    def save(self, path: Path) -> None:
        """Write one line for each document, page and passage."""
        with path.open("w", encoding="utf-8", errors="surrogatepass") as file:
            for record in _records(self.documents.values()):
                file.write(json.dumps(record, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> CorpusStore:
        """Read what `save` has written."""
        with path.open(encoding="utf-8", errors="surrogatepass") as file:
            return cls(
                {stored.document.id: stored for stored in _documents(json.loads(line) for line in file)}
            )


def _records(documents: Iterable[StoredDocument]) -> Iterator[dict[str, Any]]:
    for stored in documents:
        yield {"record": "document", "content_hash": stored.content_hash, **asdict(stored.document)}
        for page in stored.pages:
            ref = page.page.ref
            yield {
                "record": "page",
                "index": ref.index,
                "label": ref.label,
                "text": page.page.text,
                "status": page.status,
                "reason": page.reason,
                "headings": page.headings,
                "questions": page.questions,
                "notes": page.notes,
            }
        for passage in stored.passages:
            yield {
                "record": "passage",
                "id": passage.id,
                "pages": [(ref.index, ref.label) for ref in passage.pages],
                "headings": passage.headings,
                "text": passage.text,
                "facets": asdict(passage.facets),
                "topics": passage.topics,
            }


def _documents(records: Iterable[dict[str, Any]]) -> Iterator[StoredDocument]:
    document: Document | None = None
    content_hash = ""
    pages: list[StoredPage] = []
    passages: list[Passage] = []
    for record in records:
        kind = record.pop("record")
        if kind == "document":
            if document is not None:
                yield StoredDocument(document, content_hash, tuple(pages), tuple(passages))
            content_hash = record.pop("content_hash")
            document = _document(record)
            pages, passages = [], []
        elif document is not None and kind == "page":
            pages.append(_page(document.id, record))
        elif document is not None:
            passages.append(_passage(document.id, record))
    if document is not None:
        yield StoredDocument(document, content_hash, tuple(pages), tuple(passages))


def _document(record: dict[str, Any]) -> Document:
    bands = tuple(record.get("populations", ()))  # older formats have none
    return Document(**record | {"kind": DocumentKind(record["kind"]), "populations": bands})


def _page(document_id: str, record: dict[str, Any]) -> StoredPage:
    ref = PageRef(document_id, record["index"], record["label"])
    return StoredPage(
        Page(ref, record["text"]),
        PageStatus(record["status"]),
        record["reason"],
        tuple(record["headings"]),
        tuple(record["questions"]),
        tuple(record.get("notes", ())),
    )


def _passage(document_id: str, record: dict[str, Any]) -> Passage:
    return Passage(
        id=record["id"],
        pages=tuple(PageRef(document_id, index, label) for index, label in record["pages"]),
        headings=tuple(record["headings"]),
        text=record["text"],
        facets=Facets(**record["facets"]),
        topics=tuple(record.get("topics", ())),
    )
