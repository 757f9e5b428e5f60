"""Errors as RFC 9457 problem details: what went wrong, in the reader's language, and never a traceback."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from guideqa.errors import (
    BusyError,
    GuideqaError,
    IndexUnavailableError,
    InputError,
    NotFoundError,
    QuestionError,
    StorageError,
)

MEDIA_TYPE = "application/problem+json"

# Status and slug of our own errors, the most special first.
_KINDS: tuple[tuple[type[GuideqaError], int, str], ...] = (
    (QuestionError, 422, "question"),
    (NotFoundError, 404, "not-found"),
    (InputError, 422, "input"),
    (IndexUnavailableError, 503, "index-unavailable"),
    (BusyError, 409, "busy"),
    (StorageError, 507, "storage"),
)
_DETAILS = {
    400: "送られた内容を読み取れません。UTF-8のJSONで送ってください。",
    404: "このアドレスには何もありません。",
    405: "このアドレスでは、その方法（メソッド）は使えません。",
    408: "送信に時間がかかりすぎたため、受け付けを打ち切りました。",
    504: "時間内に答えられませんでした。しばらく待ってから、もう一度送ってください。",
    500: "サーバーで問題が起きました。管理者に時刻と要求IDを伝えてください。",
}
# What pydantic finds → what a reader can act on. The value itself is never repeated.
_MISTAKES = {
    "missing": "必須の項目です。",
    "extra_forbidden": "知らない項目です。",
    "json_invalid": "JSONとして正しくありません。",
    "string_type": "文字列で指定してください。",
    "string_unicode": "文字として正しくありません。",
    "string_too_long": "長すぎます（上限 {max_length} 文字）。",
    "too_long": "多すぎます（上限 {max_length} 件）。",
    "int_type": "整数で指定してください。",
    "int_parsing": "整数で指定してください。",
    "int_from_float": "整数で指定してください。",
    "bool_type": "true か false で指定してください。",
    "bool_parsing": "true か false で指定してください。",
    "list_type": "配列で指定してください。",
    "literal_error": "使える値は {expected} です。",
    "greater_than_equal": "{ge} 以上にしてください。",
    "less_than_equal": "{le} 以下にしてください。",
    "value_error": "{error}",
}


class TooLargeError(HTTPException):
    """A body over the limit of its path."""

    def __init__(self, max_bytes: int) -> None:
        """`max_bytes` is that limit."""
        super().__init__(413, f"送られた内容が大きすぎます（上限は{max_bytes / 1e6:g}MBです）。")


class FieldProblem(BaseModel):
    """What is off in one field of a request."""

    pointer: str = Field(description="項目の場所", examples=["/filters/municipality"])
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(default="about:blank", examples=["urn:guideqa:problem:question"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["質問が空です。知りたいことを入力してください。"])
    errors: list[FieldProblem] | None = Field(default=None, description="項目ごとの誤り")


def problem_of(
    status: int, detail: str = "", slug: str = "", errors: list[FieldProblem] | None = None
) -> Problem:
    """The problem with this status; without a slug it is no more special than the status says."""
    return Problem(
        type=f"urn:guideqa:problem:{slug}" if slug else "about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail or _DETAILS.get(status, "要求を処理できません。"),
        errors=errors,
    )


def problem_of_error(error: GuideqaError) -> Problem:
    """The problem that one of our own errors is; those that no client can act on are a plain 500."""
    for kind, status, slug in _KINDS:
        if isinstance(error, kind):
            return problem_of(status, str(error), slug)
    return problem_of(500)


def response_of(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """The problem as it is sent."""
    content = problem.model_dump(mode="json", exclude_none=True)
    return JSONResponse(content, problem.status, headers, media_type=MEDIA_TYPE)


def install_handlers(app: FastAPI) -> None:
    """Let every error of the app become a problem."""
    app.add_exception_handler(GuideqaError, _on_own_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)


def _on_own_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GuideqaError)
    return response_of(problem_of_error(error))


def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    detail = error.detail if isinstance(error, TooLargeError) else ""
    return response_of(problem_of(error.status_code, detail), dict(error.headers or {}))


def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = [_field_problem(mistake) for mistake in error.errors()[:20]]
    status = 400 if any(mistake["type"] == "json_invalid" for mistake in error.errors()) else 422
    detail = " ".join(f"{item.pointer}: {item.detail}" for item in found[:3])
    return response_of(problem_of(status, f"要求の形が正しくありません。{detail}", "invalid-request", found))


def _field_problem(mistake: dict[str, Any]) -> FieldProblem:
    place = "/".join(str(part) for part in mistake["loc"][1:]) if mistake["type"] != "json_invalid" else ""
    message = _MISTAKES.get(mistake["type"], "値が正しくありません。")
    printable = place[:100].encode("utf-8", "replace").decode("utf-8")
    return FieldProblem(pointer=f"/{printable}", detail=message.format_map(mistake.get("ctx") or {}))
