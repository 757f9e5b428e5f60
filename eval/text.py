"""How the judge compares strings. Its own, so that a laxer normal form in the product changes no verdict."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from guideqa.text.normalization import radical_table

_ALIKE = dict.fromkeys(map(ord, "‐‑‒–—―−─━"), "-") | dict.fromkeys(map(ord, "〜∼"), "~")
_DOTS = dict.fromkeys(map(ord, "‧·•∙⋅"), "・")
_IGNORED = re.compile(r"[\s・/|\u00ad\u200b-\u200f\u2060\ufeff]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_MARKERS = re.compile(r"\[\d+\]|\*\*|__")


def folded(text: str) -> str:
    """Radicals as ideographs, NFKC, one dash, one tilde, lower case; no white space, middle dots, slashes or bars.

    Extraction breaks lines anywhere and confuses middle dots with slashes, so these say nothing of whether
    a quotation is true. Every other character does.
    """
    replaced = text.translate(radical_table()).translate(_DOTS)
    normal = unicodedata.normalize("NFKC", replaced).translate(radical_table()).translate(_ALIKE)
    return _IGNORED.sub("", normal.translate(_DOTS)).lower()


def stands_in(quote: str, page_text: str) -> bool:
    """Whether a quotation stands on a page, word for word."""
    wanted = folded(quote)
    return bool(wanted) and wanted in folded(page_text)


def plain_answer(markdown: str) -> str:
    """An answer as read aloud: without citation markers and emphasis."""
    return _MARKERS.sub("", markdown).strip()


def says(text: str, accepted: Iterable[str]) -> bool:
    """Whether a text holds one of the accepted strings; 「18人」 is not said by 「118人」."""
    haystack = _THOUSANDS.sub("", folded(text))
    return any(_occurs(_THOUSANDS.sub("", folded(string)), haystack) for string in accepted)


def _occurs(needle: str, haystack: str) -> bool:
    if not needle:
        return False
    before = r"(?<![\d.])" if needle[0].isdigit() else ""
    after = r"(?!\d|\.\d)" if needle[-1].isdigit() else ""
    return re.search(before + re.escape(needle) + after, haystack) is not None
