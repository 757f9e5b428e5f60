"""Sentences of Japanese prose."""

from __future__ import annotations

_ENDS = frozenset("。！？!?")
_OPENING, _CLOSING = "「『（(【〔", "」』）)】〕"


def sentences(text: str) -> list[str]:
    """Cut after 。！？ outside brackets and quotation marks; nothing is lost but blanks at the edges."""
    found: list[str] = []
    depth = begin = 0
    for position, character in enumerate(text):
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth = max(0, depth - 1)
        elif (character in _ENDS and depth == 0) or character == "\n":
            found.append(text[begin : position + 1].strip())
            begin = position + 1
            depth = 0
    found.append(text[begin:].strip())
    return [sentence for sentence in found if sentence]
