"""The contract as types: documents and their pages as the API gives them, and as `--json` prints them."""

from __future__ import annotations

from urllib.parse import quote

from pydantic import BaseModel, Field

from guideqa.index.store import StoredDocument, StoredPage
from guideqa.types import Document, DocumentKind, PageRef, PageStatus, status_label


class DocumentBrief(BaseModel):
    """What a passage comes from."""

    id: str
    title: str
    kind: DocumentKind = Field(description="digest（要約）かoriginal（原文）")
    superseded_by: str = Field(
        default="", exclude_if=lambda value: not value, description="旧版にだけある: これに代わった文書のID"
    )

    @classmethod
    def of(cls, document: Document) -> DocumentBrief:
        """The contract's form."""
        return cls(
            id=document.id,
            title=document.title,
            kind=document.kind,
            superseded_by=document.superseded_by,
        )

    @property
    def status_label(self) -> str:
        """The words that the interface shows."""
        return status_label(self.kind, self.superseded_by)


class DocumentOut(DocumentBrief):
    """A document of the index."""

    superseded_by: str = Field(default="", description="旧版なら、これに代わった文書のID")
    collection: str = Field(description="分類（guidebook、own など）")
    edition: str
    publisher: str
    date: str
    licence: str
    supersedes: str = Field(description="この文書が代わった旧版のID")
    pages: int = Field(description="ページの総数")
    indexed_pages: int
    empty_pages: int
    excluded_pages: int
    passages: int

    @classmethod
    def from_stored(cls, stored: StoredDocument) -> DocumentOut:
        """The contract's form."""
        document = stored.document
        statuses = [page.status for page in stored.pages]
        return cls(
            id=document.id,
            title=document.title,
            kind=document.kind,
            superseded_by=document.superseded_by,
            collection=document.collection,
            edition=document.edition,
            publisher=document.publisher,
            date=document.date,
            licence=document.licence,
            supersedes=document.supersedes,
            pages=document.page_count,
            indexed_pages=statuses.count(PageStatus.INDEXED),
            empty_pages=statuses.count(PageStatus.EMPTY),
            excluded_pages=statuses.count(PageStatus.EXCLUDED),
            passages=len(stored.passages),
        )


class DocumentList(BaseModel):
    """All documents of the index."""

    documents: list[DocumentOut]


class PageNumber(BaseModel):
    """A page by its physical position, from 1, and by the number printed on it."""

    index: int
    label: str

    @classmethod
    def of(cls, ref: PageRef) -> PageNumber:
        """The contract's form."""
        return cls(index=ref.index, label=ref.label)

    def ref(self, document_id: str) -> PageRef:
        """The library's form, which knows how a page is written."""
        return PageRef(document_id, self.index, self.label)


class PageOut(BaseModel):
    """A page as extracted, with its neighbours."""

    document: DocumentBrief
    index: int
    label: str
    text: str
    headings: list[str]
    status: PageStatus
    reason: str = Field(description="索引に入れていないときの理由")
    previous: str | None = Field(description="前のページの番号")
    next: str | None = Field(description="次のページの番号")
    image: str | None = Field(default=None, description="ページの画像（PDFが保存されているとき）")

    @classmethod
    def from_stored(
        cls, document: Document, page: StoredPage, pages: tuple[StoredPage, ...], image: str | None = None
    ) -> PageOut:
        """The contract's form."""
        ref = page.page.ref
        place = pages.index(page)
        return cls(
            document=DocumentBrief.of(document),
            index=ref.index,
            label=ref.label,
            text=page.page.text,
            headings=list(page.headings),
            status=page.status,
            reason=page.reason,
            previous=pages[place - 1].page.ref.label if place > 0 else None,
            next=pages[place + 1].page.ref.label if place + 1 < len(pages) else None,
            image=image,
        )


def page_url(ref: PageRef, form: str = "pages") -> str:
    """Where the API serves a page: its text ("pages") or its picture ("images")."""
    return f"/v1/documents/{quote(ref.document_id, safe='')}/{form}/{quote(ref.label, safe='')}"


def image_url(ref: PageRef, content_hash: str) -> str:
    """Where the API serves a page's picture. The hash lets browsers keep it until the document changes."""
    return f"{page_url(ref, 'images')}?v={content_hash[:12]}"
