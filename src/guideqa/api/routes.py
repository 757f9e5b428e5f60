"""The routes of the API. What they compute they compute in the thread pool: plain functions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from guideqa import __version__
from guideqa.api.compatible import (
    MODEL,
    ChatCompletion,
    ChatRequest,
    ModelList,
    ModelOut,
    chunks,
    completion,
)
from guideqa.api.document_schemas import DocumentList, DocumentOut, PageOut, image_url
from guideqa.api.evidence_sheet import evidence_sheet
from guideqa.api.middleware import IDENTITY
from guideqa.api.problems import MEDIA_TYPE, problem_of_error, response_of
from guideqa.api.requests import AskRequest, EvidenceRequest, FeedbackRequest, SearchRequest
from guideqa.api.schemas import AskResponse, FeedbackReceipt, Health, Readiness, SearchResponse
from guideqa.api.streaming import answer_events
from guideqa.assistant import AnswerReply, Assistant
from guideqa.errors import IndexUnavailableError, NotFoundError, QuestionError
from guideqa.feedback import FeedbackStore
from guideqa.operation.audit import Deed
from guideqa.operation.recording import record_of
from guideqa.page_images import DEFAULT_WIDTH, MAX_WIDTH, MIN_WIDTH, PageImages
from guideqa.settings import Settings
from guideqa.suggestions import RelatedQuestion, related_questions
from guideqa.types import PageRef, Question


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for the OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": "Problem Details", "content": content} for status in statuses}


def _assistant(request: Request) -> Assistant:
    assistant: Assistant = request.app.state.assistant
    record = record_of(request.scope)
    return record.of(assistant) if record else assistant


def _note(request: Request, deed: Deed, *pages: PageRef) -> None:
    record = record_of(request.scope)
    if record:
        record.note(deed, "", *pages)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _images(request: Request) -> PageImages:
    images: PageImages = request.app.state.images
    return images


AssistantPart = Annotated[Assistant, Depends(_assistant)]
SettingsPart = Annotated[Settings, Depends(_settings)]
ImagesPart = Annotated[PageImages, Depends(_images)]

# What any route may answer with: no key, the wrong one, too often, too late, and what nobody foresaw.
ALWAYS = (401, 403, 429, 500, 504)
questions = APIRouter(prefix="/v1", tags=["質問"], responses=problems(400, 408, 413, 422, 503, *ALWAYS))
documents = APIRouter(prefix="/v1", tags=["文書"], responses=problems(404, 422, 503, *ALWAYS))
operation = APIRouter(tags=["運用"])


@questions.post("/search", summary="質問に近い箇所を探す")
def search(body: SearchRequest, assistant: AssistantPart, settings: SettingsPart) -> SearchResponse:
    """文書の中から、質問に近い箇所を近い順に返します。"""
    question = _accepted(body.question(), settings)
    return SearchResponse.of(body.query, assistant.search(question, body.k))


@questions.post(
    "/ask",
    summary="質問に、ページと引用を示して答える",
    response_model=AskResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
def ask(
    body: AskRequest, request: Request, assistant: AssistantPart, settings: SettingsPart
) -> AskResponse | StreamingResponse:
    """引用の付いた回答を返します。答えが文書になければ `status` が `not_found` になります。

    `stream` を true にすると、`status`、`statement`（文と引用）、`done`（回答の全体）の順に送ります。
    """
    question = _accepted(body.to_question(), settings)
    # What is asked to try a suggestion nobody is shown: it is not recorded.
    silent: Assistant = request.app.state.assistant

    def related(reply: AnswerReply) -> tuple[RelatedQuestion, ...]:
        return related_questions(silent, question, reply) if body.related_questions else ()

    if not body.stream:
        reply = assistant.ask(question)
        return AskResponse.of(reply, related(reply))
    return _event_stream(assistant, (event.encode() for event in answer_events(assistant, question, related)))


@questions.post("/evidence", summary="回答と根拠を、印刷するための1枚にする", response_class=HTMLResponse)
def evidence(body: EvidenceRequest, assistant: AssistantPart, settings: SettingsPart) -> HTMLResponse:
    """質問、回答、引用とそのページ、索引の名前を、ほかに何も読み込まないHTMLで返します。"""
    question = _accepted(body.to_question(), settings)
    reply = assistant.ask(question)
    made = datetime.now().astimezone()
    return HTMLResponse(evidence_sheet(question.text, reply, assistant.index.name, made))


@questions.post(
    "/chat/completions",
    summary="OpenAI互換の会話",
    response_model=ChatCompletion,
    responses={200: {"content": {"text/event-stream": {}}}, **problems(404)},
    tags=["OpenAI互換"],
)
def chat_completions(
    body: ChatRequest, assistant: AssistantPart, settings: SettingsPart
) -> ChatCompletion | StreamingResponse:
    """OpenAIのクライアントから使えます。引用は本文の末尾と `citations` の両方に入ります。"""
    question = _accepted(body.question(), settings)
    if not body.stream:
        return completion(AskResponse.of(assistant.ask(question)))
    return _event_stream(assistant, chunks(assistant, question))


@questions.post("/feedback", summary="回答への感想", responses=problems(404))
def give_feedback(
    body: FeedbackRequest,
    request: Request,
    assistant: AssistantPart,
    settings: SettingsPart,
    idempotency_key: Annotated[
        str, Header(max_length=200, description="送り直しを見分ける、送る側で決めた文字列")
    ] = "",
) -> FeedbackReceipt:
    """質問の文と一緒に、このサーバーのデータフォルダーに残します。同じものをもう一度送っても増えません。"""
    if body.right_page is not None:
        assistant.index.store.page(body.right_page.document, body.right_page.label)
    key = idempotency_key and f"{request.scope.get(IDENTITY)} {idempotency_key}"
    FeedbackStore(settings.data_dir).add(body.feedback(), key)
    _note(request, Deed.FEEDBACK)
    return FeedbackReceipt()


@questions.get("/models", summary="OpenAI互換のモデル一覧", tags=["OpenAI互換"])
def list_models() -> ModelList:
    """会話に使えるモデルは1つです。"""
    return ModelList()


@questions.get(
    "/models/{model_id:path}", summary="OpenAI互換のモデル", tags=["OpenAI互換"], responses=problems(404)
)
def get_model(model_id: str) -> ModelOut:
    """モデルがあるかを確かめます。"""
    if model_id != MODEL:
        raise NotFoundError(f"モデルがありません: {model_id}（使えるもの: {MODEL}）")
    return ModelOut()


@documents.get("/documents", summary="文書の一覧")
def list_documents(assistant: AssistantPart) -> DocumentList:
    """索引にある文書を返します。"""
    stored = assistant.index.store.documents.values()
    return DocumentList(documents=[DocumentOut.from_stored(item) for item in stored])


@documents.get("/documents/{document_id}", summary="文書")
def get_document(document_id: str, assistant: AssistantPart) -> DocumentOut:
    """文書の題名、版、ページ数を返します。"""
    return DocumentOut.from_stored(assistant.index.store.document(document_id))


@documents.get("/documents/{document_id}/pages/{label:path}", summary="ページ")
def get_page(
    document_id: str, label: str, request: Request, assistant: AssistantPart, images: ImagesPart
) -> PageOut:
    """印刷されたページ番号のページの本文を、抽出したままの形で返します。"""
    store = assistant.index.store
    stored, page = store.document(document_id), store.page(document_id, label)
    _note(request, Deed.PAGE, page.page.ref)
    image = image_url(page.page.ref, stored.content_hash) if images.pdf_of(document_id) else None
    return PageOut.from_stored(stored.document, page, stored.pages, image)


@documents.get(
    "/documents/{document_id}/images/{label:path}",
    summary="ページの画像",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
    },
)
def get_image(
    document_id: str,
    label: str,
    request: Request,
    assistant: AssistantPart,
    images: ImagesPart,
    width: Annotated[int, Query(ge=MIN_WIDTH, le=MAX_WIDTH, description="幅（画素）")] = DEFAULT_WIDTH,
) -> Response:
    """PDFから加えた文書のページを、画像（PNG）で返します。"""
    page = assistant.index.store.page(document_id, label)
    content = images.draw(document_id, page.page.ref.index, width)
    _note(request, Deed.IMAGE, page.page.ref)
    return Response(content, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})


@operation.get("/healthz", summary="動いているか")
def healthz() -> Health:
    """サーバーが動いていれば200を返します。"""
    return Health(version=__version__)


@operation.get("/readyz", summary="答えられるか", response_model=Readiness, responses=problems(503))
def readyz(assistant: AssistantPart) -> Readiness | JSONResponse:
    """索引が開いていて、両方の検索が働いていれば200を、そうでなければ503と理由を返します。"""
    try:
        index = assistant.index
    except IndexUnavailableError as error:
        return response_of(problem_of_error(error), {"Retry-After": "10"})
    return Readiness(index=index.name, documents=len(index.store.documents), passages=len(index.passages))


def _event_stream(assistant: Assistant, events: Iterator[str]) -> StreamingResponse:
    _ = assistant.index  # a missing index is a 503, which a stream that has begun could not say
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _accepted(question: Question, settings: Settings) -> Question:
    """The question, unless it is refused before anything is computed."""
    if len(question.text) > settings.max_question_chars:
        raise QuestionError(
            f"質問が長すぎます（{len(question.text):,}文字）。{settings.max_question_chars:,}文字以内にしてください。"
        )
    return question
