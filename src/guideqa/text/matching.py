"""Where a quotation stands in a text that is spelled, wrapped or spaced in another way."""

from __future__ import annotations

import unicodedata

from guideqa.text.normalization import comparable

_VOICING = "ﾞﾟ\u3099\u309a"


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """Begin and end of `quote` in `text`, both compared in their comparable form; None where it is not."""
    wanted = comparable(quote)
    folded, spans = _folded_with_spans(text)
    begin = folded.find(wanted) if wanted else -1
    if begin < 0:
        return None
    return spans[begin][0], spans[begin + len(wanted) - 1][1]


def _folded_with_spans(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The comparable form, and for each of its characters the part of `text` that it comes from."""
    folded: list[str] = []
    spans: list[tuple[int, int]] = []
    position = 0
    while position < len(text):
        end = position + 1
        while end < len(text) and (unicodedata.combining(text[end]) or text[end] in _VOICING):
            end += 1
        piece = comparable(text[position:end])
        folded.append(piece)
        spans += [(position, end)] * len(piece)
        position = end
    return "".join(folded), spans
