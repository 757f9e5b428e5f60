"""The chat as an application of its own. Whoever imports Gradio does so through this module."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI

from guideqa.assistant import Assistant
from guideqa.feedback import FeedbackStore
from guideqa.history.store import ConversationStore
from guideqa.page_images import FOLDER, PageImages
from guideqa.settings import Settings

ASSETS = Path(__file__).parent / "assets"


def chat_application(assistant: Assistant, settings: Settings) -> FastAPI:
    """The chat at `/`, asking nobody outside for anything."""
    # Before Gradio is imported: later it would already have asked.
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1", ANONYMIZED_TELEMETRY="False")
    import gradio

    from ui.chat import build_chat
    from ui.documents import documents_page
    from ui.reader import ReaderCookie
    from ui.theme import theme

    history = ConversationStore(settings.data_dir, settings.history_days)
    history.expire()
    feedback, images = FeedbackStore(settings.data_dir), PageImages(settings.data_dir / FOLDER)
    beside = FastAPI(openapi_url=None)
    beside.include_router(documents_page)
    application: FastAPI = gradio.mount_gradio_app(
        beside,
        build_chat(assistant, feedback, images, history),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        theme=theme(),
        head=_style(),
        favicon_path=str(ASSETS / "favicon.svg"),
    )
    if history.is_on:
        application.add_middleware(ReaderCookie)
    return application


def _style() -> str:
    """Our style sheets as they stand: as `css`, Gradio would put a prefix before every selector."""
    sheets = (ASSETS / name for name in ("chat.css", "history.css"))
    return "".join(f"<style>{sheet.read_text(encoding='utf-8')}</style>" for sheet in sheets)
