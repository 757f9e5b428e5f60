"""A word beside the input where a question seems to tell who somebody is."""

from __future__ import annotations

from guideqa.text.personal import seems_to_hold
from ui.markup import again_link, escape


def caution(text: str, answer_id: str, *, withheld: bool, is_kept: bool) -> str:
    """What a reader is told of their question, read out by screen readers; "" where there is nothing to tell.

    `withheld`: a language model would have been told of it, and was not.
    """
    kinds = "、".join(kind.label for kind in seems_to_hold(text))
    if not kinds and not withheld:
        return ""
    said = f"質問に個人の情報（{kinds}）があるようです。" if kinds else "前の質問に個人の情報があるようです。"
    if is_kept:
        said += "「これまでの会話」から消せます。"
    if not withheld:
        return f'<p class="gq-note" role="status">{said}</p>'
    link = escape(again_link(answer_id, text, "confirm"))
    confirm = f'<a role="button" href="{link}">送って答え直す</a>'
    return f'<p class="gq-note" role="status">{said}言語モデルには送っていません。{confirm}</p>'
