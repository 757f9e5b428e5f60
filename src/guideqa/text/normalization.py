"""The one normal form in which documents and questions are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

# Characters that look alike in print and that writers do not tell apart. NFKC keeps them distinct.
_LOOK_ALIKES = {
    **dict.fromkeys("‧·•∙⋅・", "・"),  # middle dots: the guidebook's PDF has U+2027
    **dict.fromkeys("‐‑‒–—―−─━", "-"),
    **dict.fromkeys("∕⁄", "/"),
    **dict.fromkeys("〜∼", "~"),
}
_BLANKS = re.compile(r"[^\S\n]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@cache
def character_table() -> dict[int, str]:
    """Code points that NFKC leaves apart → the character that stands for them.

    Radicals follow Unicode's EquivalentUnifiedIdeograph.txt; NFKC alone leaves 112 of its 348
    radicals as they are, so that 市⺠ would never match 市民.
    """
    resource = files("guideqa.text").joinpath("equivalent_unified_ideograph.tsv")
    lines = resource.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    table = {int(radical, 16): chr(int(ideograph, 16)) for radical, ideograph in rows}
    return table | {ord(character): alike for character, alike in _LOOK_ALIKES.items()}


def normalize(text: str) -> str:
    """Fold width, radicals, look-alike dots and dashes, case of blanks; idempotent.

    Line breaks stay; every other run of white space becomes one blank. Invisible characters go.
    """
    folded = unicodedata.normalize("NFKC", text.translate(character_table()))
    folded = unicodedata.normalize("NFKC", folded.translate(character_table()))
    return _BLANKS.sub(" ", _INVISIBLE.sub("", folded))
