"""What the owner of a document says of it: in the manifest, or on the command line."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from datetime import date
from unicodedata import category

from guideqa.errors import InputError
from guideqa.text.normalization import normalize
from guideqa.types import Document

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_JAPANESE = re.compile(
    r"(?:(?P<era>明治|大正|昭和|平成|令和)(?P<of_era>元|\d{1,2})|(?P<year>\d{4}))年"
    r"(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})日)?)?"
)
_BEFORE_THE_FIRST_YEAR = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_MAX_CHARS = 200


@dataclass(frozen=True, slots=True)
class Description:
    """An empty string where nothing is said. Values are kept as they were written.

    Raises:
        InputError: a value is too long, runs over several lines, or is no date; the message names the key.
    """

    title: str = ""
    edition: str = ""
    publisher: str = ""
    date: str = ""
    licence: str = ""
    collection: str = ""
    supersedes: str = ""

    def __post_init__(self) -> None:
        """Refuse what could not be shown, or compared."""
        for key, value in asdict(self).items():
            try:
                checked(key, value)
            except ValueError as error:
                raise InputError(str(error)) from error

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def with_more(self, other: Description) -> Description:
        """What `other` says, and of the rest what this one says."""
        return replace(self, **{key: value for key, value in asdict(other).items() if value})

    def applied_to(self, document: Document) -> Document:
        """The document as it is described; what nothing is said of stays."""
        return replace(document, **{key: value for key, value in asdict(self).items() if value})


def checked(key: str, value: str) -> str:
    """A value as it was written.

    Raises:
        ValueError: it is none for this key, in words that name the key.
    """
    if len(value) > _MAX_CHARS or any(category(character)[0] == "C" for character in value):
        raise ValueError(f"{key} は{_MAX_CHARS}文字までの1行で書いてください: {value[:30]!r}")
    if value != value.strip():
        raise ValueError(f"{key} の前後に空白があります: {value!r}")
    if key == "date" and value and not is_date(value):
        raise ValueError(
            f"date は 2026-03-31 か 令和8年3月31日 のような形で書いてください（日や月は省けます）: {value}"
        )
    return value


def is_date(text: str) -> bool:
    """Whether a text is a day, a month or a year, by the Christian era or a Japanese one."""
    normal = normalize(text)
    if iso := _ISO.fullmatch(normal):
        return _exists(*(int(part or 1) for part in iso.groups()))
    match = _JAPANESE.fullmatch(normal)
    if not match:
        return False
    year = int(match["year"] or 0)
    if match["era"]:
        of_era = 1 if match["of_era"] == "元" else int(match["of_era"])
        year = of_era and _BEFORE_THE_FIRST_YEAR[match["era"]] + of_era
    return _exists(year, int(match["month"] or 1), int(match["day"] or 1))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
