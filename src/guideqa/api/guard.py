"""Nobody gets past who may not: every path of the server, whoever answers it, is guarded here."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from guideqa.access.gate import Claim, Gate, bearer
from guideqa.access.identity import Identity, Kind
from guideqa.access.identity import Scope as Right
from guideqa.access.proxy import is_loopback
from guideqa.api.middleware import IDENTITY
from guideqa.api.plain_page import plain_page
from guideqa.api.problems import problem_of, response_of

SIGN_IN, SIGN_OUT = "/signin", "/signout"
# Alive or ready is for whoever balances the load; who wants to sign in has not yet done so.
_FREE = frozenset({"/healthz", "/readyz", SIGN_IN, SIGN_OUT})
_ASKING = re.compile(r"/v1/(ask|evidence|chat/completions|feedback)/?")
_SEARCHING = re.compile(r"/v1/search/?")
# What an API program needs with any right: the list of models, and the description.
_SHARED = re.compile(r"/v1/models(/.*)?|/docs.*|/openapi\.json|/static-offline-docs/.*")
# The page where documents are looked after, and what it shows of who did what.
_ADMINISTERING = re.compile(r"/documents(/.*)?|/v1/(jobs|ledger)(/.*)?")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BROWSING = frozenset({Kind.USER, Kind.PROXY})  # their browser sends by itself who they are
_REALM = 'Bearer realm="guideqa"'


def needed_right(method: str, path: str) -> Right | None:
    """The right that a request needs; None where any will do.

    What nobody thought of is closed: below /v1, what may change something is the administrator's.
    """
    if (_SHARED.fullmatch(path) and method in _SAFE) or path == "/mcp":  # each of its tools needs its own
        return None
    if _ADMINISTERING.fullmatch(path):
        return Right.ADMIN
    if path == "/metrics" or _SEARCHING.fullmatch(path):
        return Right.READ
    if _ASKING.fullmatch(path) or not path.startswith("/v1/"):
        return Right.ASK
    return Right.READ if method in _SAFE else Right.ADMIN


class Guard:
    """Lets in who may, says to all others what they lack, and tells the app who asks (`scope[IDENTITY]`)."""

    def __init__(self, app: ASGIApp, gate: Gate, also_free: frozenset[str] = frozenset()) -> None:
        """`gate` knows who may come in; `also_free` are paths that an administrator has opened."""
        self._app = app
        self._gate = gate
        self._free = _FREE | also_free

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        identity = self._gate.identify(claim_of(scope))
        scope[IDENTITY] = identity
        refusal = None if scope["path"] in self._free else self._refusal(scope, identity)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope, identity: Identity | None) -> Response | None:
        headers = Headers(scope=scope)
        method = scope.get("method", "GET")
        right = needed_right(method, scope["path"])
        if identity is None:
            return _to_sign_in(scope, headers) or _unknown(claim_of(scope))
        if right is not None and right not in identity.scopes:
            return _not_allowed(right, wants_page=_wants_page(scope, headers))
        changes = method not in _SAFE and (identity.kind in _BROWSING or right is Right.ADMIN)
        if changes and identity.kind is not Kind.KEY and is_from_elsewhere(headers):
            return _from_elsewhere()
        # Where nobody signs in, a site whose name leads to this computer would look like this very page.
        if right is Right.ADMIN and identity.kind is Kind.ANYONE and not _is_addressed_as_local(headers):
            return _from_elsewhere()
        return None


def claim_of(scope: Scope) -> Claim:
    """What a request shows of who sends it."""
    client = scope.get("client")
    return Claim(tuple(scope["headers"]), client[0] if client else "")


def is_from_elsewhere(headers: Headers) -> bool:
    """Whether a browser says that another site's page sends this."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    own = {headers.get("host"), headers.get("x-forwarded-host")} - {None}
    return origin is not None and urlsplit(origin).netloc not in own


def _to_sign_in(scope: Scope, headers: Headers) -> Response | None:
    """Somebody who opens a page in a browser is shown where to sign in."""
    if not _wants_page(scope, headers):
        return None
    path = quote(scope["path"], safe="/")
    return RedirectResponse(f"{SIGN_IN}?next={path}", 303, {"Cache-Control": "no-store"})


def _wants_page(scope: Scope, headers: Headers) -> bool:
    """Whether somebody opens a page in a browser."""
    is_get = scope["type"] == "http" and scope["method"] == "GET"
    is_page = not scope["path"].startswith(("/v1/", "/gradio_api/"))
    return is_get and is_page and "text/html" in headers.get("accept", "")


def _is_addressed_as_local(headers: Headers) -> bool:
    return is_loopback(urlsplit(f"//{headers.get('host', '')}").hostname or "")


def _from_elsewhere() -> Response:
    return response_of(problem_of(403, "ほかのサイトの画面から送られたため、受け付けません。", "origin"))


def _unknown(claim: Claim) -> Response:
    if bearer(claim.headers) is None:
        detail = "鍵かサインインが必要です。鍵は Authorization: Bearer で送ってください。"
        return response_of(problem_of(401, detail, "unauthenticated"), {"WWW-Authenticate": _REALM})
    challenge = f'{_REALM}, error="invalid_token"'
    detail = "鍵が正しくないか、期限が切れたか、無効にされています。管理者に確かめてください。"
    return response_of(problem_of(401, detail, "invalid-key"), {"WWW-Authenticate": challenge})


def _not_allowed(right: Right, *, wants_page: bool) -> Response:
    if wants_page:
        said = "この画面は、管理者だけが使えます。使う必要があれば、管理者に頼んでください。"
        return plain_page(f'<p>{said}</p><p><a href="/">チャットに戻る</a></p>', 403, "使えません")
    challenge = f'{_REALM}, error="insufficient_scope", scope="{right.value}"'
    detail = f"この操作には {right.value}（{right.label}）の権限が必要です。"
    return response_of(problem_of(403, detail, "scope"), {"WWW-Authenticate": challenge})
