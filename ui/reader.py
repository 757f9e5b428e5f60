"""Whose conversations are whose: by the name that somebody has signed in with, else by a number in their browser."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guideqa.access.identity import Kind
from guideqa.operation.recording import record_of

COOKIE = "guideqa_reader"
_NUMBER = re.compile(r"[0-9a-f]{32}")
_SECONDS = 400 * 24 * 3600  # browsers keep none for longer


class ReaderCookie:
    """Gives a browser that nobody signs in with its number, when it opens the page. No script can read it."""

    def __init__(self, app: ASGIApp) -> None:
        """`app` is the chat."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        opens_page = scope["type"] == "http" and (scope["method"], scope["path"]) == ("GET", "/")
        if not opens_page or _who(scope) != Kind.ANYONE:
            await self._app(scope, receive, send)
            return
        number = _number(scope) or secrets.token_hex(16)
        secure = "; Secure" if scope["scheme"] == "https" else ""
        cookie = f"{COOKIE}={number}; Max-Age={_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}"

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def owner_of(scope: Mapping[str, Any]) -> str:
    """Under which name this reader's conversations are kept; "" where nothing tells them from others.

    Of a browser's number only the hash: who reads the file cannot pretend to be that browser.
    """
    who = _who(scope)
    if who != Kind.ANYONE:
        return who
    number = _number(scope)
    return f"browser:{hashlib.sha256(number.encode()).hexdigest()[:32]}" if number else ""


def _who(scope: Mapping[str, Any]) -> str:
    record = record_of(scope)
    return record.caller.who if record else ""


def _number(scope: Mapping[str, Any]) -> str:
    for name, value in scope["headers"]:
        found = cookie_parser(value.decode("latin-1")).get(COOKIE, "") if name == b"cookie" else ""
        if _NUMBER.fullmatch(found):
            return found
    return ""
