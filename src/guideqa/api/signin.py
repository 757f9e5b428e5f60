"""Signing in and out: plain pages that need no script."""

from __future__ import annotations

import hmac
import html
import secrets
import time
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from guideqa.access.gate import Gate
from guideqa.access.identity import Identity, Kind
from guideqa.access.keys import MAX_NAME_CHARS
from guideqa.access.sessions import COOKIE
from guideqa.access.throttle import Attempt
from guideqa.access.users import User, folded
from guideqa.api.guard import SIGN_IN, SIGN_OUT, claim_of, is_from_elsewhere
from guideqa.api.middleware import IDENTITY
from guideqa.api.plain_page import plain_page
from guideqa.operation.audit import Deed
from guideqa.operation.recording import Record, record_of

FORM_COOKIE = "guideqa_form"
_FORM_SECONDS = 3600
WRONG = "名前かパスワードが違います。"
EXPIRED = "画面の期限が切れました。もう一度入力してください。"
NOBODY = "利用者がまだ登録されていません。管理者が guideqa users add で登録します。"

signin = APIRouter(include_in_schema=False)


def _gate(request: Request) -> Gate:
    gate: Gate = request.app.state.gate
    return gate


GatePart = Annotated[Gate, Depends(_gate)]


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed."""

    user: str
    password: str
    next: str
    token: str

    @classmethod
    async def of(cls, request: Request) -> Form:
        """The form of a request; what is missing is empty."""
        content = (await request.body()).decode("utf-8", "replace")
        try:
            values = parse_qs(content, keep_blank_values=True, max_num_fields=10)
        except ValueError:
            values = {}
        return cls(*(values.get(name, [""])[0] for name in ("user", "password", "next", "token")))


@signin.get(SIGN_IN)
def show_form(request: Request, gate: GatePart) -> Response:
    """The page where somebody signs in."""
    if not gate.users.all():
        return plain_page(f"<p>{html.escape(NOBODY)}</p>")
    return _form(request, gate, Form("", "", request.query_params.get("next", "/"), ""))


@signin.post(SIGN_IN)
async def sign_in(request: Request, gate: GatePart) -> Response:
    """Take name and password."""
    return await run_in_threadpool(_signed_in, request, gate, await Form.of(request))


def _signed_in(request: Request, gate: Gate, form: Form) -> Response:
    attempt = Attempt(folded(form.user).strip(), _address(request, gate))
    if is_from_elsewhere(request.headers) or not _is_ours(request, gate, form.token):
        return _form(request, gate, form, EXPIRED, 403)
    wait = gate.throttle.admit(attempt)
    if wait > 0:
        message = f"失敗が続いたため、{int(wait) + 1}秒待ってからもう一度お試しください。"
        response = _form(request, gate, form, message, 429)
        response.headers["Retry-After"] = str(int(wait) + 1)
        return response
    user = gate.users.verify(attempt.name, form.password)
    if user is None:
        _note(request, Deed.SIGN_IN_FAILED)  # without the name: it may be a password typed too early
        return _form(request, gate, form, WRONG, 401)
    gate.throttle.succeeded(attempt)
    _note(request, Deed.SIGN_IN, user)
    response = RedirectResponse(_local(form.next), 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        COOKIE,
        gate.sessions.begin(user),
        gate.sessions.seconds,
        httponly=True,
        samesite="lax",
        secure=_is_https(request, gate),
    )
    response.delete_cookie(FORM_COOKIE, SIGN_IN)
    return response


@signin.get(SIGN_OUT)
def show_sign_out(request: Request) -> Response:
    """Who is signed in, and a button."""
    identity: Identity | None = request.scope.get(IDENTITY)
    if identity is None or identity.kind is not Kind.USER:
        return RedirectResponse("/", 303)
    return plain_page(
        f"<p>{html.escape(identity.name)} としてサインインしています。</p>"
        f'<form method="post" action="{SIGN_OUT}"><button>サインアウト</button></form><p><a href="/">戻る</a></p>'
    )


@signin.post(SIGN_OUT)
def sign_out(request: Request) -> Response:
    """Forget the session in this browser."""
    if is_from_elsewhere(request.headers):
        return RedirectResponse("/", 303)
    response = RedirectResponse(SIGN_IN, 303)
    response.delete_cookie(COOKIE)
    return response


def _form(request: Request, gate: Gate, form: Form, message: str = "", status: int = 200) -> Response:
    """The form, under a token that is also in a cookie: another site can send neither."""
    token = f"{secrets.token_urlsafe(16)}.{int(time.time()) + _FORM_SECONDS}"
    token = f"{token}.{gate.sessions.sign('form', token)}"
    alert = f'<p role="alert" id="message">{html.escape(message)}</p>' if message else ""
    described = ' aria-describedby="message"' if message else ""
    response = plain_page(
        f'{alert}<form method="post" action="{SIGN_IN}">'
        f'<input type="hidden" name="token" value="{html.escape(token)}">'
        f'<input type="hidden" name="next" value="{html.escape(_local(form.next))}">'
        '<label for="user">名前</label>'
        f'<input id="user" name="user" value="{html.escape(form.user[:MAX_NAME_CHARS])}"'
        f' autocomplete="username" required autofocus{described}>'
        '<label for="password">パスワード</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required>'
        "<button>サインイン</button></form>",
        status,
    )
    response.set_cookie(
        FORM_COOKIE, token, _FORM_SECONDS, path=SIGN_IN, httponly=True, samesite="strict",
        secure=_is_https(request, gate),
    )  # fmt: skip
    return response


def _is_ours(request: Request, gate: Gate, token: str) -> bool:
    """Whether a form's token is the cookie's, was made here, and is not too old."""
    content, _, signature = token.rpartition(".")
    until = content.rpartition(".")[2]
    is_same = hmac.compare_digest(token.encode(), request.cookies.get(FORM_COOKIE, "").encode())
    is_made_here = hmac.compare_digest(gate.sessions.sign("form", content).encode(), signature.encode())
    return is_same and is_made_here and until.isdecimal() and time.time() < int(until)


def _local(path: str) -> str:
    """A path of this server; whatever could lead elsewhere becomes the chat."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_local and "\\" not in path else "/"


def _note(request: Request, deed: Deed, user: User | None = None) -> None:
    record = record_of(request.scope)
    if record:
        caller = replace(record.caller, who=str(user.identity)) if user else record.caller
        Record(record.recorder, caller).note(deed)


def _address(request: Request, gate: Gate) -> str:
    return gate.proxy.address(request.headers, claim_of(request.scope).peer)


def _is_https(request: Request, gate: Gate) -> bool:
    said = request.headers.get("x-forwarded-proto", "").rpartition(",")[2].strip()
    is_said = said == "https" and gate.proxy.believes(claim_of(request.scope).peer)
    return is_said or request.url.scheme == "https"
