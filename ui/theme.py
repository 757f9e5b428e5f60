"""Gradio's theme without any font from outside: the system's Japanese fonts. Colours are in chat.css."""

from __future__ import annotations

import gradio

FONTS = ("Hiragino Sans", "Yu Gothic UI", "Meiryo", "Noto Sans CJK JP", "Noto Sans JP", "sans-serif")
MONOSPACE = ("Noto Sans Mono CJK JP", "monospace")


def theme() -> gradio.themes.Base:
    """Plain shapes; what is our own is in the style sheet."""
    return gradio.themes.Base(
        primary_hue=gradio.themes.colors.indigo,
        neutral_hue=gradio.themes.colors.slate,
        radius_size=gradio.themes.sizes.radius_md,
        font=[gradio.themes.Font(name) for name in FONTS],
        font_mono=[gradio.themes.Font(name) for name in MONOSPACE],
    )
