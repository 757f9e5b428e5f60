"""Other spellings of one question, which must find the same passages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

from guideqa.text.normalization import radical_table

KINDS = ("radicals", "width", "kana", "numerals", "repeat")


def variants_of(text: str) -> Iterator[tuple[str, str]]:
    """(kind, text) for each kind of spelling that changes the text; `repeat` is the text itself.

    Source of the radicals: Unicode's EquivalentUnifiedIdeograph; of the widths: the <wide> and <narrow>
    compatibility mappings of the Unicode character database.
    """
    spelled = {
        "radicals": text.translate(_radicals()),
        "width": "".join(_wide(char) if char.isascii() and not char.isdigit() else char for char in text),
        "kana": "".join(_narrow_kana(char) for char in text),
        "numerals": "".join(_wide(char) if char.isascii() and char.isdigit() else char for char in text),
    }
    yield from ((kind, variant) for kind, variant in spelled.items() if variant != text)
    yield "repeat", text


def _wide(char: str) -> str:
    """The full-width form of a printable ASCII character; a blank becomes the ideographic space."""
    return "\u3000" if char == " " else chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char


@cache
def _radicals() -> dict[int, str]:
    """Ideographs → the radicals that are printed alike."""
    return {
        ord(ideograph): chr(radical) for radical, ideograph in radical_table().items() if len(ideograph) == 1
    }


@cache
def _narrow_forms() -> dict[str, str]:
    """Katakana → half-width katakana, with the sign for voicing apart."""
    narrow = [chr(code) for code in range(0xFF66, 0xFF9E)]
    forms: dict[str, str] = {}
    for char in narrow:
        for suffix in ("", "ﾞ", "ﾟ"):
            composed = unicodedata.normalize("NFKC", char + suffix)
            if len(composed) == 1:
                forms[composed] = char + suffix
    return forms


def _narrow_kana(char: str) -> str:
    return _narrow_forms().get(char, char)
