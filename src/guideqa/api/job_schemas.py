"""The contract as types: documents for those who look after them, and what is being done to them."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from guideqa.api.document_schemas import DocumentOut
from guideqa.api.requests import ReadableText
from guideqa.documents.jobs import Job, JobKind, JobState, Stage
from guideqa.documents.ledger import Entry

_LABELS: dict[JobKind, str] = {
    JobKind.ADD: "文書を加える",
    JobKind.REMOVE: "文書を外す",
    JobKind.VERIFY: "索引を検査する",
}


class UploadForm(BaseModel):
    """What is said of the files, in the other fields of the form."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    replace: bool = Field(default=False, description="trueなら、同じ名前の文書があれば差し替える")
    title: ReadableText = Field(
        default="", max_length=200, description="題名（ファイルが1つのとき）", examples=["短期入所の要綱"]
    )
    collection: ReadableText = Field(default="", max_length=200, description="分類", examples=["要綱"])
    edition: ReadableText = Field(default="", max_length=200, description="版", examples=["第2版"])
    publisher: ReadableText = Field(
        default="", max_length=200, description="発行者", examples=["子育て支援課"]
    )
    date: ReadableText = Field(
        default="",
        max_length=200,
        description="日付（`2026-03-31`、`令和8年3月` など）",
        examples=["令和8年3月"],
    )
    licence: ReadableText = Field(default="", max_length=200, description="利用条件", examples=["庁内限り"])
    supersedes: ReadableText = Field(
        default="",
        max_length=200,
        description="旧版の文書のID（ファイルが1つのとき）",
        examples=["youkou-r7"],
    )

    def options(self) -> dict[str, Any]:
        """What is said; the rest is left out."""
        return {key: value for key, value in self.model_dump().items() if value}


def upload_body() -> dict[str, Any]:
    """The multipart body for the OpenAPI document: it is read as it arrives, not by FastAPI."""
    schema = UploadForm.model_json_schema()
    schema["title"] = "UploadForm"
    schema["required"] = ["files"]
    schema["properties"] = {
        "files": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "description": "文書のファイル（いくつでも。PDF、Word、PowerPoint、Excel、HTML、テキスト、Markdown、ZIP）",
        }
    } | schema["properties"]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


class JobProgressOut(BaseModel):
    """How far a job has come."""

    stage: Stage = Field(
        description="starting（準備）、blocked（ほかの取り込みを待つ）、reading（読み取り）、embedding（埋め込み）、"
        "writing（索引の書き込み）、verifying（検査）",
        examples=["embedding"],
    )
    detail: str = Field(description="読み取っているファイル", examples=["要綱.pdf"])
    done: int = Field(description="終わった数（ファイルかまとまり）", examples=[128])
    total: int = Field(description="全体の数。数えていないときは0", examples=[640])


class JobDocument(BaseModel):
    """What a job made of one document."""

    id: str = Field(examples=["要綱"])
    title: str = Field(examples=["短期入所の要綱"])
    change: str = Field(examples=["追加"])
    pages: int = Field(examples=[12])
    passages: int = Field(examples=[40])
    counts: dict[str, int] = Field(
        description="ページの数: indexed（索引）、suspicious（要確認）、empty（空）、excluded（除外）",
        examples=[{"indexed": 11, "suspicious": 0, "empty": 1, "excluded": 0}],
    )
    differences: dict[str, int] = Field(
        default={},
        description="差し替えたとき、前の版とのページごとの違い",
        examples=[{"same": 10, "changed": 2}],
    )


class JobResult(BaseModel):
    """What came of a job."""

    documents: list[JobDocument] = []
    failures: list[str] = Field(default=[], description="加えられなかったファイルと理由")
    notices: list[str] = Field(default=[], description="ほかに知っておくこと")
    faults: list[str] = Field(default=[], description="検査で見つかった問題")


class JobOut(BaseModel):
    """A job on the documents."""

    id: str = Field(examples=["3f0c1d2e4b5a69788796a5b4c3d2e1f0"])
    kind: JobKind = Field(description="add（加える）、remove（外す）、verify（検査）", examples=["add"])
    label: str = Field(examples=["文書を加える"])
    state: JobState = Field(
        description="waiting（順番待ち）、running（実行中）、done（終了）、failed（失敗）、cancelled（取りやめ）",
        examples=["running"],
    )
    subjects: list[str] = Field(description="ファイルの名前か、文書のID", examples=[["要綱.pdf"]])
    who: str = Field(description="頼んだ人か鍵", examples=["user:山田"])
    created_at: datetime
    ended_at: datetime | None
    progress: JobProgressOut
    message: str = Field(description="結果を1文で", examples=["『短期入所の要綱』を索引に入れました。"])
    result: JobResult

    @classmethod
    def of(cls, job: Job) -> JobOut:
        """The contract's form."""
        progress = job.progress
        return cls(
            id=job.id,
            kind=job.kind,
            label=_LABELS[job.kind],
            state=job.state,
            subjects=[_printable(name) for name in job.subjects],
            who=job.caller.who,
            created_at=_time(job.created_at),
            ended_at=None if job.ended_at is None else _time(job.ended_at),
            progress=JobProgressOut(
                stage=progress.stage,
                detail=_printable(progress.detail),
                done=progress.done,
                total=progress.total,
            ),
            message=_printable(job.message),
            result=JobResult.model_validate(dict(job.result)),
        )


class JobList(BaseModel):
    """The latest jobs, newest first."""

    jobs: list[JobOut]


class PageState(StrEnum):
    """What became of a page; each page has exactly one."""

    INDEXED = "indexed"
    SUSPICIOUS = "suspicious"
    EMPTY = "empty"
    EXCLUDED = "excluded"


class LedgerPageOut(BaseModel):
    """One page's entry."""

    index: int = Field(examples=[3])
    label: str = Field(examples=["iii"])
    state: PageState = Field(
        description="indexed（索引）、suspicious（要確認）、empty（空）、excluded（除外）", examples=["empty"]
    )
    reason: str = Field(examples=["文字がありません（画像だけのページ）"])


class LedgerDocumentOut(DocumentOut):
    """A document with what the ledger has of it."""

    work: str = Field(description="どの著作の文書か（要約と原文で同じ）", examples=["guidebook"])
    file: str = Field(description="元のファイルの名前（なければ空）", examples=["ガイドブック.pdf"])
    added_at: datetime | None = Field(description="元のファイルを最後に取り込んだ日時")
    suspicious_pages: int = Field(description="索引に入れたが、文字化けが疑われるページの数")
    removal: list[str] = Field(
        description="外すとどうなるか。外せない文書（要約）では空",
        examples=[["『短期入所の要綱』の12ページ（本文のまとまり 40）が消えます。"]],
    )

    @classmethod
    def of_entry(cls, entry: Entry) -> LedgerDocumentOut:
        """The contract's form."""
        return cls(
            **DocumentOut.from_stored(entry.stored).model_dump(),
            work=entry.stored.document.work,
            file=entry.file_name,
            added_at=None if entry.added_at is None else _time(entry.added_at),
            suspicious_pages=sum(page["state"] == PageState.SUSPICIOUS for page in entry.content["pages"]),
            removal=list(entry.removal),
        )


class LedgerDocumentWithPages(LedgerDocumentOut):
    """The same, with every page."""

    page_states: list[LedgerPageOut]

    @classmethod
    def of_entry(cls, entry: Entry) -> LedgerDocumentWithPages:
        """The contract's form."""
        pages = [LedgerPageOut.model_validate(page) for page in entry.content["pages"]]
        return cls(**LedgerDocumentOut.of_entry(entry).model_dump(), page_states=pages)


class LedgerOut(BaseModel):
    """The documents of the current index, for those who look after them."""

    build: str = Field(description="索引の名前", examples=["20261125T031500.000000-1234"])
    switched_at: datetime | None = Field(description="この索引に切り替えた日時")
    documents: list[LedgerDocumentOut]
    suffixes: list[str] = Field(description="加えられるファイルの種類", examples=[[".pdf", ".docx"]])
    upload_mb: int = Field(description="一度に送れる大きさの上限（MB）", examples=[200])


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _printable(text: str) -> str:
    """Names of files out of a zip may hold what cannot be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")
