"""What an administrator does with documents over HTTP: add, remove, verify, and see how far it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from guideqa.api.job_schemas import (
    JobList,
    JobOut,
    LedgerDocumentOut,
    LedgerDocumentWithPages,
    LedgerOut,
    UploadForm,
    upload_body,
)
from guideqa.api.routes import ALWAYS, AssistantPart, SettingsPart, problems
from guideqa.documents.desk import Desk
from guideqa.documents.jobs import Job
from guideqa.documents.ledger import entries_of
from guideqa.documents.uploads import MAX_FILES, SUFFIXES, UploadedFile
from guideqa.errors import InputError, NotFoundError, StorageError
from guideqa.index.folder import IndexFolder
from guideqa.operation.audit import Caller
from guideqa.operation.recording import record_of
from guideqa.types import DocumentKind

_MOST_JOBS = 100
_NO_FORM = (
    "送られた内容を読み取れません。multipart/form-data の files に、文書のファイルを入れて送ってください。"
)
administration = APIRouter(prefix="/v1", tags=["文書の管理"], responses=problems(404, 422, *ALWAYS))


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _caller(request: Request) -> Caller:
    record = record_of(request.scope)
    return record.caller if record else Caller("", "", "")


DeskPart = Annotated[Desk, Depends(_desk)]
CallerPart = Annotated[Caller, Depends(_caller)]


@administration.post(
    "/documents",
    summary="文書を加える",
    status_code=202,
    openapi_extra=upload_body(),
    responses=problems(400, 408, 409, 413, 507),
)
async def add_documents(request: Request, response: Response, desk: DeskPart, caller: CallerPart) -> JobOut:
    """ファイルを受け取り、読み取りと索引作りを始めます。進み具合は `/v1/jobs/{id}` で分かります。

    1つずつ順に行います。できあがると、動かしたまま新しい索引に切り替わります。読めないファイルがあっても、ほかのファイルと
    前の索引には響きません。
    """
    try:
        async with request.form(max_files=MAX_FILES, max_fields=20) as form:
            files, said = _parts(form)
            return _accepted(await run_in_threadpool(desk.add, files, said.options(), caller), response)
    except OSError as error:
        raise StorageError(
            f"送られたファイルを受け取れませんでした（{error.strerror}）。サーバーの空き容量を確かめてください。"
        ) from error
    except HTTPException as error:
        if error.status_code == 400:
            raise InputError(_NO_FORM) from error
        raise


@administration.delete(
    "/documents/{document_id}", summary="文書を外す", status_code=202, responses=problems(409, 503, 507)
)
def remove_document(
    document_id: str, response: Response, desk: DeskPart, caller: CallerPart, assistant: AssistantPart
) -> JobOut:
    """加えた文書を索引から外し、残してある元のファイルも消します。要約は外せません。"""
    stored = assistant.index.store.document(document_id)
    if stored.document.kind is not DocumentKind.ORIGINAL:
        raise InputError(f"同梱の要約は外せません: {document_id}（原文を加えると、要約に代わって答えます）")
    return _accepted(desk.remove(document_id, caller), response)


@administration.post("/index/verify", summary="索引を検査する", status_code=202, responses=problems(409, 507))
def verify_index(response: Response, desk: DeskPart, caller: CallerPart) -> JobOut:
    """件数、ベクトル、語句の索引、ページ、台帳、元のファイルが合うかを調べ始めます。見つかった問題は結果の `faults` に入ります。"""
    return _accepted(desk.verify(caller), response)


@administration.get("/jobs", summary="作業の一覧")
def list_jobs(
    desk: DeskPart, limit: Annotated[int, Query(ge=1, le=_MOST_JOBS, description="件数")] = 20
) -> JobList:
    """文書を加える、外す、検査するといった作業を、新しい順に返します。"""
    return JobList(jobs=[JobOut.of(job) for job in desk.jobs(limit)])


@administration.get("/jobs/{job_id}", summary="作業の進み具合")
def get_job(job_id: str, desk: DeskPart) -> JobOut:
    """1つの作業の進み具合か、結果を返します。"""
    return JobOut.of(desk.job(job_id))


@administration.delete("/jobs/{job_id}", summary="作業を取りやめる", status_code=202, responses=problems(409))
def cancel_job(job_id: str, desk: DeskPart, caller: CallerPart) -> JobOut:
    """待っているか、行っている作業を取りやめます。索引を書き込み始めたあとは取りやめられません。"""
    return JobOut.of(desk.cancel(job_id, caller))


@administration.get("/ledger", summary="台帳（文書ごと）", responses=problems(503))
def get_ledger(assistant: AssistantPart, settings: SettingsPart) -> LedgerOut:
    """文書の一覧を、いつ取り込んだか、ページがどうなったか、外すとどうなるかとともに返します。"""
    index = assistant.index
    switched_at = IndexFolder(settings.index_dir).switched_at()
    return LedgerOut(
        build=index.name,
        switched_at=None if switched_at is None else datetime.fromtimestamp(switched_at, UTC),
        documents=[LedgerDocumentOut.of_entry(entry) for entry in entries_of(index, settings)],
        suffixes=list(SUFFIXES),
        upload_mb=settings.upload_mb,
    )


@administration.get("/ledger/{document_id}", summary="台帳（ページごと）", responses=problems(503))
def get_ledger_of(
    document_id: str, assistant: AssistantPart, settings: SettingsPart
) -> LedgerDocumentWithPages:
    """1つの文書のすべてのページが、索引、要確認、空、除外のどれになったかを、理由とともに返します。"""
    for entry in entries_of(assistant.index, settings):
        if entry.stored.document.id == document_id:
            return LedgerDocumentWithPages.of_entry(entry)
    raise NotFoundError(f"文書がありません: {document_id}")


def _accepted(job: Job, response: Response) -> JobOut:
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return JobOut.of(job)


def _parts(form: FormData) -> tuple[list[UploadedFile], UploadForm]:
    """The files of a form, and what it says of them."""
    files, said = [], dict[str, Any]()
    for name, value in form.multi_items():
        if isinstance(value, UploadFile) and name == "files":
            if value.filename or value.size:  # a browser sends an empty part where nothing was chosen
                files.append(UploadedFile(value.filename or "", value.file, value.size or 0))
        else:
            said[name] = value if isinstance(value, str) else ""
    try:
        return files, UploadForm.model_validate(said)
    except ValidationError as error:
        mistakes = [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        raise RequestValidationError(mistakes) from error
