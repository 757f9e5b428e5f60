"""Numbers of people as ranges: 1万人未満, 10万人以上30万人未満, 5万くらい, 八千人, 1万~3万人."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, inf

from guideqa.text.lexicon import from_kanji

_PART = r"(?:\d+(?:,\d{3})*(?:\.\d+)?[千百]?|[〇一二三四五六七八九十百千]+)"
_VAGUE = {"数": (2, 10), "十数": (11, 20), "10数": (11, 20), "数十": (20, 100), "数10": (20, 100)}
_AMOUNT = rf"(?:(?:数十|十数|数10|10数|数)[万千]|{_PART}万{_PART}?|{_PART})"
_SCALES = {"万": 10_000, "千": 1_000, "百": 100, "": 1}
# What is said behind a number; of two that begin alike the longer one stands first.
_BELOW = r"未満|に満たない|に届かない|を?下回る|を?切る|足らず"
_UP_TO = r"以下|以内|まで"
_FROM = r"以上"
_ABOVE = r"を?超(?:える?|す)?(?!な)|を?上回る|越え"
_ABOUT = r"くらい|ぐらい|程度|前後|ほど|近く"
_LITTLE_LESS, _LITTLE_MORE, _CLASS = r"弱", r"強|余り|あまり", r"台|規模|クラス"
_LIMIT = "|".join((_BELOW, _UP_TO, _FROM, _ABOVE, _ABOUT, _LITTLE_LESS, _LITTLE_MORE, _CLASS))
_ROUGHLY = r"(?:約|およそ|おおよそ|おおむね|概ね|だいたい|大体|ほぼ)"
# How far from a number that is only about right the true one may lie.
_TOLERANCE = 0.1
_LITTLE = 0.2


def _one(number: int) -> str:
    return (
        rf"(?P<roughly{number}>{_ROUGHLY})?\s*(?P<amount{number}>{_AMOUNT})"
        rf"(?P<unit{number}>人|名)?の?(?P<limit{number}>{_LIMIT})?"
    )


_FIGURE = re.compile(rf"(?<![\d.,第]){_one(1)}(?:(?P<to>から|~|-)?{_one(2)})?")


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers from `low` up to, and without, `high`."""

    low: int
    high: float = inf

    def meets(self, other: Range) -> bool:
        """Whether they share more than the one number at which 「1万人以下」 and 「1万人以上」 touch.

        A single number lies in the range that holds it.
        """
        shared = min(self.high, other.high) - max(self.low, other.low)
        return shared > 1 or shared == 1 == min(self.high - self.low, other.high - other.low)

    def within(self, other: Range) -> Range:
        """What they share; empty where `high` is not above `low`."""
        return Range(max(self.low, other.low), min(self.high, other.high))


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, or a range of two, as it stands in a text."""

    range: Range
    begin: int
    end: int
    text: str
    has_unit: bool  # 人 stands behind it


def figures(text: str) -> Iterator[Figure]:
    """Every number of a normalised text, as if it counted people; none that is a contradiction."""
    for match in _FIGURE.finditer(text):
        span = _range(match, 1)
        if match["amount2"]:
            span = _up_to_second(match) if match["to"] else span.within(_range(match, 2))
        if span.high > span.low:
            has_unit = bool(match["unit1"] or match["unit2"])
            yield Figure(span, match.start(), match.end(), match.group(), has_unit)


def _up_to_second(match: re.Match[str]) -> Range:
    """「1万人から3万人」: the second number belongs to it, unless it says otherwise."""
    end = _range(match, 2) if re.fullmatch(_BELOW, match["limit2"] or "") else _exact(match["amount2"])
    return Range(_exact(match["amount1"]).low, end.high)


def _range(match: re.Match[str], number: int) -> Range:
    exact, limit = _exact(match[f"amount{number}"]), match[f"limit{number}"] or ""
    if re.fullmatch(_BELOW, limit):
        return Range(0, exact.low)
    if re.fullmatch(_UP_TO, limit):
        return Range(0, exact.high)
    if re.fullmatch(_FROM, limit):
        return Range(exact.low)
    if re.fullmatch(_ABOVE, limit):
        return Range(exact.low + 1)
    if limit == _LITTLE_LESS:
        return Range(ceil(exact.low * (1 - _LITTLE)), exact.low)
    if re.fullmatch(_LITTLE_MORE, limit):
        return Range(exact.low, ceil(exact.high * (1 + _LITTLE)))
    if re.fullmatch(_ABOUT, limit) or match[f"roughly{number}"]:
        return Range(ceil(exact.low * (1 - _TOLERANCE)), ceil(exact.high * (1 + _TOLERANCE)))
    return exact


def _exact(amount: str) -> Range:
    """The one number that is written, or what 「数万」 can mean."""
    if amount[:-1] in _VAGUE:
        low, high = _VAGUE[amount[:-1]]
        return Range(low * _SCALES[amount[-1]], high * _SCALES[amount[-1]])
    tens_of_thousands, _, rest = amount.rpartition("万")
    value = round(_number(tens_of_thousands) * _SCALES["万"] + _number(rest))
    return Range(value, value + 1)


def _number(part: str) -> float:
    if not part:
        return 0
    if not part[0].isdecimal():
        return from_kanji(part)
    scale = part[-1] if part[-1] in _SCALES else ""
    return float(part.removesuffix(scale).replace(",", "")) * _SCALES[scale]
