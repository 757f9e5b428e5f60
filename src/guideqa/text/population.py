"""Bands of population: what they hold, by their own words, and which of them a question names.

A scale is the bands of one document in order of size. A band with numbers in its name holds those (1万人未満); one
without (指定都市) is named by its words, and holds what lies between its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import inf

from guideqa.text.normalization import normalize
from guideqa.text.people import Figure, Range, figures

Scale = tuple[str, ...]

_IDEOGRAPH = "[一-鿿々]"
# A word for a municipality, and no part of another word: neither 市民 nor 町内.
_BODY = rf"(?:自治体|市区町村|市町村|町村|都市|市町(?!{_IDEOGRAPH})|(?:まち(?!づくり|なか)|むら|[市区町村])(?!{_IDEOGRAPH}))"
_PLACE = rf"(?:{_BODY}|ところ|所(?!{_IDEOGRAPH})|地域)"
_SMALL = re.compile(
    rf"(?:小さ[いな]|小規模な?の?|規模[がの]小さ[いな]){_BODY}|人口(?:規模)?[がの](?:少な|小さ)[いな]{_PLACE}"
)
_LARGE = re.compile(
    rf"(?:大き[いな]|大規模な?の?|規模[がの]大き[いな]){_BODY}|大都市|人口(?:規模)?[がの](?:多い|大き[いな]){_PLACE}"
)
_POPULATION = re.compile(r"人口(?:規模|総数)?\s*[はがのもで:、(]?\s*(?:わずか|たった|せいぜい)?$")
# 「子どもの人口」, 「18歳未満人口」, 「交流人口」 are not the population, but 「本町の人口」 and 「総人口」 are.
_OF_SOME = re.compile(
    rf"(?:子ども|こども|若者|[児者性歳供]|未満|以上|以下|世帯|人)の?$|(?![総全市町村区]){_IDEOGRAPH}$"
)
# What stands behind a number that is no number of people, or one of those who came or went.
_COUNTS_ELSE = re.compile(
    r"\s*(?:[%割倍年月日円歳件回世帯]|(?:人|名)?(?:[当あ]たり|につき|に対し|対|ごと|に1|ずつ)|人?[^、。]{0,3}(?:減|増))"
)
_OF_BODY = re.compile(rf"(?:の|な|という)?(?:規模の?)?(?:{_BODY}|ところ|所(?!{_IDEOGRAPH})|事例)|の$")
# What may stand before 「10万人以上の市」: nothing, or what is no noun that the number could count.
_NO_NOUN = re.compile(r"(?:^|[\s、。,.!?()「」・:]|[るたい]|住民|うち(?:は|の|も)|[市町村](?:は|も))$")
# What ties a number of inhabitants into its sentence.
_TIES = re.compile(
    rf"^(?:の|な|という)?(?:規模の?)?(?:{_BODY})?(?:では|だと|です|の|で|は|が|に)?[、,。]?\s*"
)
# Fewer are counted of users and places, not of inhabitants.
_LEAST, _LEAST_ALONE = 100, 1000


def named_bands(text: str, scales: Iterable[Scale]) -> tuple[str, ...]:
    """The bands of some scales that a text names, by a number of inhabitants or by their own words."""
    known = tuple(scales)
    if not any(known):
        return ()
    text = normalize(text)
    ranges = [figure.range for figure in _populations(text)]
    found = [
        band
        for scale in known
        for band, held in zip(scale, held_by(scale), strict=True)
        if any(held.meets(span) for span in ranges) or any(word in text for word in _words(band))
    ]
    return tuple(dict.fromkeys(found))


def bands_of_size(text: str, scales: Iterable[Scale]) -> tuple[str, ...]:
    """The bands that a text hints at: 「小さな町」 is of the lower half of a scale, 「大きな市」 of the upper.

    The middle of a scale is neither.
    """
    text = normalize(text)
    is_small, is_large = bool(_SMALL.search(text)), bool(_LARGE.search(text))
    return tuple(
        dict.fromkeys(
            band
            for scale in scales
            for place, band in enumerate(scale)
            if (is_small and place < len(scale) // 2) or (is_large and place >= (len(scale) + 1) // 2)
        )
    )


def without_numbers(text: str) -> str:
    """A normalised text without its numbers of inhabitants and what ties them in; "" where it says nothing else.

    Words stay: 「小規模な自治体」 and 「指定都市」 are subjects of their own.
    """
    for figure in reversed(list(_populations(text))):
        before = _POPULATION.sub("", text[: figure.begin])
        text = before + _TIES.sub("", text[figure.end :])
    return text.strip()


@lru_cache(maxsize=64)
def held_by(scale: Scale) -> tuple[Range, ...]:
    """The numbers of inhabitants that each band holds."""
    said = [_said_by(band) for band in scale]
    return tuple(
        span or Range(_end_before(said[:place]), _begin_behind(said[place + 1 :]))
        for place, span in enumerate(said)
    )


def _said_by(band: str) -> Range | None:
    span: Range | None = None
    for figure in figures(normalize(band)):
        span = figure.range if span is None else span.within(figure.range)
    return span


def _end_before(smaller: Sequence[Range | None]) -> int:
    """Where the bands before end; one that has no end is shared: 30万人以上, then 指定都市."""
    return max((span.low if span.high == inf else int(span.high) for span in smaller if span), default=0)


def _begin_behind(larger: Sequence[Range | None]) -> float:
    return min((span.low for span in larger if span), default=inf)


@lru_cache(maxsize=256)
def _words(band: str) -> tuple[str, ...]:
    """The words of a band without numbers: 中核市・特別区 → 中核市, 特別区."""
    name = normalize(band)
    return () if _said_by(band) else tuple(word for word in re.split(r"[・、,/\s()]+", name) if len(word) > 1)


def _populations(text: str) -> Iterator[Figure]:
    """The numbers of a text that say how many live somewhere."""
    for figure in figures(text):
        before, after = text[: figure.begin], text[figure.end :]
        if _counts_inhabitants(figure, before, after) or _describes_body(figure, before, after):
            yield figure


def _counts_inhabitants(figure: Figure, before: str, after: str) -> bool:
    """「人口8,000人」."""
    said = _POPULATION.search(before)
    return (
        said is not None
        and not _OF_SOME.search(before[: said.start()])
        and not _COUNTS_ELSE.match(after)
        and _size(figure) >= _LEAST
    )


def _describes_body(figure: Figure, before: str, after: str) -> bool:
    """「10万人以上の市」, 「30万都市」."""
    return (
        (figure.has_unit or "万" in figure.text)
        and _size(figure) >= _LEAST_ALONE
        and _OF_BODY.match(after) is not None
        and _NO_NOUN.search(before) is not None
    )


def _size(figure: Figure) -> float:
    """The larger end that is known: what is below 5人 is as small as what is 5人."""
    return figure.range.low if figure.range.high == inf else figure.range.high
