"""Pages whose text was garbled on its way out of the file: the stated rules by which they are told.

Such a page is indexed all the same, since most of it is sound; the report names it, so that somebody looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# A date whose figures have become letters or signs: 「R9/TT/T 時点」, 「R>/?/—? 時点」.
_DATE = re.compile(
    r"(?:[RHS]|令和|平成)\s?[^\s/]{0,2}[/.][^\s/時現）)]{1,3}(?:[/.][^\s/時現）)]{1,3})?\s*(?=時点|現在)"
)
_SOUND_DATE = re.compile(r"^(?:[RHS]|令和|平成)\s?[\d元]{1,2}(?:[/.]\d{1,2}){1,2}[/.]?\s*$")
# An era's year that is no number: 「RG 年度」, 「R. 年度」.
_ERA_YEAR = re.compile(r"(?<![A-Za-z])[RHS][A-Z.>?]\s?年")
# Fractions of letters: 「ee/e4」; one may be a name, two are none.
_FRACTION = re.compile(r"(?<![\w/.])[a-z]{1,2}/[a-z]\d(?![\w/])")
# No figure where a counter needs one: 「〜-. 歳」.
_COUNTED = re.compile(r"[〜～~]\s*[-.,?]{1,3}\s*(?:歳|人|日|年|月|円)")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")
# Symbol fonts put their bullets into the private area: harmless at the head of a line.
_SYMBOL_BULLET = re.compile("^\\s*[\ue000-\uf8ff]", re.MULTILINE)
_LOST = re.compile("[\ufffd\x80-\x9f]")
# UTF-8 read as Shift_JIS gives these over and over; read as Latin-1, an ã before a sign.
_MOJIBAKE = re.compile(r"[縺繧繝譁蜷](?=[\uff61-\uff9f\u4e00-\u9fff\u3000-\u30ff])|ã[\u0080-\u00bf€‚ƒ„…†‡]")
_LEAST_MOJIBAKE = 5

SUSPICIOUS = "文字化けの疑い"


def suspicion(text: str) -> str:
    """What makes a page's text look garbled, for a person; "" where nothing does."""
    found = list(_signs(text))
    return f"{SUSPICIOUS}（{'、'.join(found)}）" if found else ""


def _signs(text: str) -> Iterator[str]:
    dates = [match.group(0).strip() for match in _DATE.finditer(text)]
    garbled = [date for date in dates if not _SOUND_DATE.match(date)]
    garbled += [match.group(0) for match in (*_ERA_YEAR.finditer(text), *_COUNTED.finditer(text))]
    fractions = _FRACTION.findall(text)
    garbled += fractions if len(fractions) > 1 else []
    if garbled:
        yield f"数字が崩れた箇所: {' '.join(dict.fromkeys(garbled[:3]))}"
    private = len(_PRIVATE.findall(_SYMBOL_BULLET.sub("", text)))
    if private:
        yield f"外字 {private}字"
    if lost := len(_LOST.findall(text)):
        yield f"失われた文字 {lost}字"
    if (mojibake := len(_MOJIBAKE.findall(text))) >= _LEAST_MOJIBAKE:
        yield f"文字コードの取り違え {mojibake}か所"
