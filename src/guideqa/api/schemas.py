"""The contract as types: what the API takes and gives, and what `--json` prints."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from guideqa.assistant import AnswerReply, SearchReply
from guideqa.feedback import Feedback, PagePlace, Verdict
from guideqa.index.store import StoredDocument, StoredPage
from guideqa.types import (
    AnswerStatus,
    Citation,
    Document,
    DocumentKind,
    Filters,
    Hit,
    PageRef,
    PageStatus,
    Question,
    Turn,
)

MAX_HITS = 100
MAX_FILTER_VALUES = 100
MAX_FILTER_CHARS = 200
MAX_TURNS = 1000


def _readable(text: str) -> str:
    """Refuse what no reader types and what cannot be encoded."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("文字として扱えないものが含まれています。")
    return text


ReadableText = Annotated[str, AfterValidator(_readable)]
FilterValue = Annotated[ReadableText, Field(max_length=MAX_FILTER_CHARS)]
FilterValues = Annotated[list[FilterValue], Field(max_length=MAX_FILTER_VALUES)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FiltersIn(_Request):
    """Facet values to keep. Values of one facet are alternatives."""

    municipality: FilterValues = Field(default=[], description="自治体名", examples=[["水俣市"]])
    programme: FilterValues = Field(default=[], description="事業名", examples=[["子育て短期支援事業"]])
    document: FilterValues = Field(default=[], description="文書のID", examples=[["guidebook"]])

    def filters(self) -> Filters:
        """The library's form."""
        return Filters(tuple(self.municipality), tuple(self.programme), tuple(self.document))


class TurnIn(_Request):
    """An earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: ReadableText


class SearchRequest(_Request):
    """A search for passages."""

    query: ReadableText = Field(description="検索する言葉や文", examples=["ショートステイの里親活用"])
    k: int = Field(default=10, ge=1, le=MAX_HITS, description="件数")
    filters: FiltersIn = FiltersIn()
    history: list[TurnIn] = Field(default=[], max_length=MAX_TURNS, description="これまでの会話（古い順）")

    def question(self) -> Question:
        """The library's form."""
        return _question(self.query, self.history, self.filters)


class AskRequest(_Request):
    """A question."""

    question: ReadableText = Field(
        description="質問", examples=["玉東町の「つどいの広場」はどこで開かれている？"]
    )
    history: list[TurnIn] = Field(default=[], max_length=MAX_TURNS, description="これまでの会話（古い順）")
    filters: FiltersIn = FiltersIn()
    stream: bool = Field(default=False, description="trueなら、できた順に送る（server-sent events）")

    def to_question(self) -> Question:
        """The library's form."""
        return _question(self.question, self.history, self.filters)


def _question(text: str, history: list[TurnIn], filters: FiltersIn) -> Question:
    return Question(text, tuple(Turn(turn.role, turn.content) for turn in history), filters.filters())


class PagePlaceIn(_Request):
    """A page by its document and its printed number."""

    document: ReadableText = Field(max_length=MAX_FILTER_CHARS, examples=["guidebook"])
    label: ReadableText = Field(max_length=MAX_FILTER_CHARS, examples=["62"])

    def place(self) -> PagePlace:
        """The library's form."""
        return PagePlace(self.document, self.label)


class FeedbackRequest(_Request):
    """What a reader says of an answer. Sending it again changes nothing."""

    answer_id: ReadableText = Field(min_length=1, max_length=100, description="回答の `id`")
    verdict: Verdict = Field(description="useful（役に立った）、wrong（違う）、wrong_page（ページが違う）")
    question: ReadableText = Field(min_length=1, max_length=20_000, description="質問の文")
    cited: list[PagePlaceIn] = Field(default=[], max_length=100, description="回答が引いたページ")
    right_page: PagePlaceIn | None = Field(default=None, description="正しいページ（分かれば）")

    def feedback(self) -> Feedback:
        """The library's form."""
        return Feedback(
            self.answer_id,
            self.verdict,
            self.question,
            tuple(item.place() for item in self.cited),
            self.right_page.place() if self.right_page else None,
        )


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
