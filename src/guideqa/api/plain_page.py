"""A page that is little more than a sentence or a form: it loads nothing and runs no script."""

from __future__ import annotations

import base64
import hashlib

from starlette.responses import HTMLResponse

_STYLE = """
:root { color-scheme: light dark; font-family: "Hiragino Sans", "Yu Gothic UI", Meiryo, "Noto Sans CJK JP", sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; line-height: 1.7; }
main { width: min(22rem, 100% - 2rem); }
h1 { font-size: 1.4rem; }
label { display: block; margin-top: 1rem; }
input, button { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; border-radius: .4rem; }
input { border: 1px solid #767676; }
button { margin-top: 1.5rem; border: 0; background: #3730a3; color: #fff; cursor: pointer; }
:focus-visible { outline: 3px solid #6366f1; outline-offset: 2px; }
[role=alert] { padding: .6rem; border-left: .3rem solid #b91c1c; background: #fef2f2; color: #7f1d1d; }
"""
_POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def plain_page(body: str, status: int = 200, title: str = "サインイン") -> HTMLResponse:
    """The page around `body`, which is HTML that has been escaped where it must be."""
    content = (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}｜guideqa</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>資料に聞く</h1>{body}</main></body></html>"
    )
    return HTMLResponse(content, status, {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})
