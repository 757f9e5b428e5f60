"""The contract as types: hits and answers as the API gives them, and as `--json` prints them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, Field

from guideqa.api.document_schemas import DocumentBrief, PageNumber, page_url
from guideqa.assistant import AnswerReply, SearchReply
from guideqa.suggestions import RelatedQuestion
from guideqa.types import AnswerStatus, Citation, Composition, Document, Hit, Statement, Table

MAX_HITS = 100


class FeedbackReceipt(BaseModel):
    """It has been kept."""

    status: Literal["recorded"] = "recorded"


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


class StatementOut(BaseModel):
    """A part of an answer, with what it is said of."""

    text: str
    lead: str = Field(description="文の前に示す見出し（自治体名、小見出しなど）。なければ空")
    body: str = Field(description="文が述べている自治体・都道府県・事業。なければ空")
    aspect: str = Field(description="比較の表の行。表でなければ空")
    citations: list[int] = Field(description="`citations` の番号")

    @classmethod
    def of(cls, statement: Statement) -> StatementOut:
        """The contract's form."""
        return cls(
            text=statement.text,
            lead=statement.lead,
            body=statement.body,
            aspect=statement.aspect,
            citations=[citation.number for citation in statement.citations],
        )


class TableOut(BaseModel):
    """A comparison: its rows and columns. A cell holds the statements of that aspect and body."""

    aspects: list[str] = Field(description="行（比べる点）")
    bodies: list[str] = Field(description="列（比べる自治体・事業）。文のない欄は「記載なし」")

    @classmethod
    def of(cls, table: Table | None) -> TableOut | None:
        """The contract's form; none for an answer that is no table."""
        return cls(aspects=list(table.aspects), bodies=list(table.bodies)) if table else None


class RelatedQuestionOut(BaseModel):
    """A question that the documents answer."""

    question: str
    page: PageNumber = Field(description="その答えが引くページ")
    document: DocumentBrief


class UnverifiedOut(BaseModel):
    """A sentence of the language model's that the documents do not bear out: no part of the answer."""

    text: str
    reasons: list[str] = Field(description="確かめられなかった理由")


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
    statements: list[StatementOut] = Field(default=[], description="回答の文を、順に")
    table: TableOut | None = Field(default=None, description="比較の質問のとき、表の行と列")
    related_questions: list[RelatedQuestionOut] = Field(
        default=[], description="次に尋ねられる質問（求めたときだけ）。どれも答えがあり、そのページを引く"
    )
    composition: Composition = Field(
        default=Composition.EXTRACTED,
        description="extracted（資料の文そのまま）、written（言語モデルが書き、資料で確かめたもの）、mixed（両方）",
    )
    notice: str = Field(default="", description="回答についての断り（言語モデルを使えなかったときなど）")
    unverified: list[UnverifiedOut] = Field(
        default=[], description="未確認: 言語モデルの文のうち、資料で確かめられず回答から外したもの"
    )

    @classmethod
    def of(cls, reply: AnswerReply, related: Sequence[RelatedQuestion] = ()) -> AskResponse:
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
            statements=[StatementOut.of(item) for item in answer.statements],
            table=TableOut.of(answer.table),
            related_questions=[
                RelatedQuestionOut(
                    question=item.text,
                    page=PageNumber.of(item.page),
                    document=DocumentBrief.of(documents[item.page.document_id]),
                )
                for item in related
            ],
            composition=answer.composition,
            notice=answer.notice if answer.status is AnswerStatus.ANSWERED else "",
            unverified=[
                UnverifiedOut(text=item.text, reasons=list(item.reasons)) for item in answer.unverified
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
