"""The contract as types: what the API gives, and what `--json` prints."""

from __future__ import annotations

from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, Field

from guideqa.assistant import AnswerReply, SearchReply
from guideqa.index.store import StoredDocument, StoredPage
from guideqa.types import (
    AnswerStatus,
    Citation,
    Document,
    DocumentKind,
    Hit,
    PageRef,
    PageStatus,
)

MAX_HITS = 100


class FeedbackReceipt(BaseModel):
    """It has been kept."""

    status: Literal["recorded"] = "recorded"


class DocumentBrief(BaseModel):
    """What a passage comes from."""

    id: str
    title: str
    kind: DocumentKind = Field(description="digest（要約）かoriginal（原文）")

    @classmethod
    def of(cls, document: Document) -> DocumentBrief:
        """The contract's form."""
        return cls(id=document.id, title=document.title, kind=document.kind)


class DocumentOut(DocumentBrief):
    """A document of the index."""

    edition: str
    publisher: str
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
            edition=document.edition,
            publisher=document.publisher,
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


class HitOut(BaseModel):
    """A passage that was found."""

    rank: int
    passage_id: str
    score: float
    text: str
    headings: list[str]
    document: DocumentBrief
    pages: list[PageNumber]

    @classmethod
    def of(cls, rank: int, hit: Hit, document: Document) -> HitOut:
        """The contract's form."""
        return cls(
            rank=rank,
            passage_id=hit.passage.id,
            score=round(hit.score, 6),
            text=hit.passage.text,
            headings=list(hit.passage.headings),
            document=DocumentBrief.of(document),
            pages=[PageNumber.of(ref) for ref in hit.passage.pages],
        )


class SearchResponse(BaseModel):
    """What a search found, best first."""

    query: str
    rewritten_query: str | None = Field(description="会話を補った検索文（補わなければnull）")
    took_ms: float
    hits: list[HitOut]

    @classmethod
    def of(cls, query: str, reply: SearchReply) -> SearchResponse:
        """The contract's form."""
        hits = [
            HitOut.of(rank, hit, reply.documents[hit.passage.document_id])
            for rank, hit in enumerate(reply.hits, start=1)
        ]
        return cls(
            query=query, rewritten_query=reply.rewritten_query, took_ms=round(reply.took_ms, 1), hits=hits
        )


class CitationOut(BaseModel):
    """A quotation that stands on its page."""

    number: int = Field(description="回答中の [n] の番号")
    page: PageNumber
    quote: str
    passage_id: str
    document: DocumentBrief
    url: str = Field(description="そのページの本文")

    @classmethod
    def of(cls, citation: Citation, document: Document) -> CitationOut:
        """The contract's form."""
        return cls(
            number=citation.number,
            page=PageNumber.of(citation.page),
            quote=citation.quote,
            passage_id=citation.passage_id,
            document=DocumentBrief.of(document),
            url=page_url(citation.page),
        )


class RelatedOut(BaseModel):
    """A page that is near the question."""

    page: PageNumber
    document: DocumentBrief
    headings: list[str]


class AskResponse(BaseModel):
    """An answer, or that the documents do not say."""

    id: str
    status: AnswerStatus
    answer: str = Field(description="[1] のような番号の付いたMarkdown")
    confidence: float = Field(ge=0, le=1)
    rewritten_question: str | None
    took_ms: float
    citations: list[CitationOut]
    related: list[RelatedOut]

    @classmethod
    def of(cls, reply: AnswerReply) -> AskResponse:
        """The contract's form."""
        answer, documents = reply.answer, reply.documents
        return cls(
            id=uuid4().hex,
            status=answer.status,
            answer=answer.markdown,
            confidence=round(answer.confidence, 3),
            rewritten_question=answer.rewritten_question,
            took_ms=round(reply.took_ms, 1),
            citations=[CitationOut.of(item, documents[item.page.document_id]) for item in answer.citations],
            related=[
                RelatedOut(
                    page=PageNumber.of(item.page),
                    document=DocumentBrief.of(documents[item.page.document_id]),
                    headings=list(item.headings),
                )
                for item in answer.related
            ],
        )


class Health(BaseModel):
    """The server runs."""

    status: Literal["ok"] = "ok"
    version: str


class Readiness(BaseModel):
    """The server can answer."""

    status: Literal["ready"] = "ready"
    index: str = Field(description="開いている索引の名前")
    documents: int
    passages: int


def page_url(ref: PageRef, form: str = "pages") -> str:
    """Where the API serves a page: its text ("pages") or its picture ("images")."""
    from urllib.parse import quote

    return f"/v1/documents/{quote(ref.document_id, safe='')}/{form}/{quote(ref.label, safe='')}"


def image_url(ref: PageRef, content_hash: str) -> str:
    """Where the API serves a page's picture. The hash lets browsers keep it until the document changes."""
    return f"{page_url(ref, 'images')}?v={content_hash[:12]}"
