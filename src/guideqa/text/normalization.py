"""The one normal form in which documents and questions are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

# Characters that look alike in print and that writers do not tell apart. NFKC keeps them distinct.
_LOOK_ALIKES = {
    **dict.fromkeys("‧·•∙⋅・", "・"),  # middle dots: the guidebook's PDF has U+2027
    **dict.fromkeys("‐‑‒–—―−─━", "-"),
    **dict.fromkeys("∕⁄", "/"),
    **dict.fromkeys("〜∼", "~"),
}
# What a reader sees in their place: full-width forms, so that Japanese text keeps its look.
_READABLE_ALIKES = {"‧": "・", "∙": "・", "⋅": "・", "∕": "／", "⁄": "／"}
_BLANKS = re.compile(r"[^\S\n]+")
_SEPARATORS = re.compile(r"[\s・/|]+")
# Lone surrogates too: they are half a character, and nothing that encodes text takes them.
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]"
)


@cache
def radical_table() -> dict[int, str]:
    """Kangxi and CJK-supplement radicals → the ideographs they are printed as.

    Source: Unicode's EquivalentUnifiedIdeograph.txt. NFKC alone leaves 112 of its 348 radicals as they
    are, so that 市⺠ would never match 市民.
    """
    resource = files("guideqa.text").joinpath("equivalent_unified_ideograph.tsv")
    lines = resource.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {int(radical, 16): chr(int(ideograph, 16)) for radical, ideograph in rows}


@cache
def character_table() -> dict[int, str]:
    """Code points that NFKC leaves apart → the character that stands for them."""
    return radical_table() | {ord(character): alike for character, alike in _LOOK_ALIKES.items()}


@cache
def _readable_table() -> dict[int, str]:
    return radical_table() | {ord(character): alike for character, alike in _READABLE_ALIKES.items()}


def normalize(text: str) -> str:
    """Fold width, radicals, look-alike dots and dashes, case of blanks; idempotent.

    Line breaks stay; every other run of white space becomes one blank. Invisible characters go.
    """
    folded = unicodedata.normalize("NFKC", text.translate(character_table()))
    folded = unicodedata.normalize("NFKC", folded.translate(character_table()))
    return _BLANKS.sub(" ", _INVISIBLE.sub("", folded))


def readable(text: str) -> str:
    """The text as a person reads it: radicals as ideographs, width and punctuation untouched.

    `normalize(readable(text)) == normalize(text)`, so a readable quotation can still be found.
    """
    return _INVISIBLE.sub("", text.translate(_readable_table()))


@lru_cache(maxsize=4096)  # an answer compares the same pages and sentences again and again
def comparable(text: str) -> str:
    """The normal form without white space and separators: what a quotation and its page must share.

    Extraction breaks lines anywhere and loses middle dots and slashes (a PDF whose font lacks the glyph
    says nothing of which of the two it was), and bars only draw a table, so none of them can decide
    whether a quotation is true.
    """
    return _SEPARATORS.sub("", normalize(text)).lower()
