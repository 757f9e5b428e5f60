"""The page where an administrator looks after the documents: a plain page whose own script asks the API.

Nothing of a document is in it when it is sent; the script puts all of it in as text, never as HTML.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from guideqa.access.identity import Kind
from guideqa.documents.uploads import MAX_FILES, SUFFIXES
from guideqa.operation.recording import record_of
from ui.markup import escape

PATH = "/documents"
_ASSETS = Path(__file__).parent / "assets"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
documents_page = APIRouter(include_in_schema=False)


@documents_page.get(PATH)
def show_documents(request: Request) -> HTMLResponse:
    """The page. Who may see it has been decided before."""
    page = (_ASSETS / "documents.html").read_text(encoding="utf-8")
    filled = {"user": _user(request), "suffixes": ",".join(SUFFIXES), "most": str(MAX_FILES)}
    for name, value in filled.items():
        page = page.replace(f"{{{{{name}}}}}", value)
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})


@documents_page.get(f"{PATH}/documents.css")
def show_style() -> Response:
    """Its style sheet."""
    return _asset("documents.css", "text/css")


@documents_page.get(f"{PATH}/documents.js")
def show_script() -> Response:
    """Its script."""
    return _asset("documents.js", "text/javascript")


def _asset(name: str, kind: str) -> Response:
    content = (_ASSETS / name).read_text(encoding="utf-8")
    return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})


def _user(request: Request) -> str:
    """A link to sign out for somebody who has signed in here."""
    record = record_of(request.scope)
    kind, _, name = record.caller.who.partition(":") if record else ("", "", "")
    return f'<a href="/signout" title="サインアウトする">{escape(name)}</a>' if kind == Kind.USER else ""
