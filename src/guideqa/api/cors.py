"""Pages of other sites may use the API only where an administrator names them."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import FastAPI

from guideqa.errors import SettingsError


def add_cors(app: FastAPI, origins: str) -> None:
    """Let pages of these sites (separated by commas) call the API, with a key; never with a reader's session.

    Raises:
        SettingsError: one is no origin.
    """
    named = [part.strip() for part in origins.split(",") if part.strip()]
    if not named:
        return
    for origin in named:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or f"{parts.scheme}://{parts.netloc}" != origin:
            raise SettingsError(
                f"GUIDEQA_CORS_ORIGINS は https://portal.example.lg.jp のように指定してください: {origin}"
            )
    from starlette.middleware.cors import CORSMiddleware

    app.add_middleware(
        CORSMiddleware,
        allow_origins=named,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID"],
        expose_headers=["X-Request-ID", "Retry-After"],
    )
