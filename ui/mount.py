"""The chat as an application of its own. Whoever imports Gradio does so through this module."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI

from guideqa.assistant import Assistant
from guideqa.feedback import FeedbackStore
from guideqa.page_images import FOLDER, PageImages
from guideqa.settings import Settings

ASSETS = Path(__file__).parent / "assets"


def chat_application(assistant: Assistant, settings: Settings) -> FastAPI:
    """The chat at `/`, asking nobody outside for anything."""
    # Before Gradio is imported: later it would already have asked.
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1", ANONYMIZED_TELEMETRY="False")
    import gradio

    from ui.chat import build_chat
    from ui.theme import theme

    application: FastAPI = gradio.mount_gradio_app(
        FastAPI(openapi_url=None),
        build_chat(assistant, FeedbackStore(settings.data_dir), PageImages(settings.data_dir / FOLDER)),
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
    return application


def _style() -> str:
    """Our style sheet as it stands: as `css`, Gradio would put a prefix before every selector."""
    return f"<style>{(ASSETS / 'chat.css').read_text(encoding='utf-8')}</style>"
