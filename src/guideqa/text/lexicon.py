"""Short forms that staff write and documents do not: a small file that an administrator can extend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from guideqa.errors import SettingsError
from guideqa.text.normalization import comparable, normalize


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Short form → full forms, normalised."""

    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Lexicon:
        """Read `[aliases]` of a TOML file; a missing file is an empty lexicon.

        Raises:
            SettingsError: the file is no TOML, or an entry is not a list of strings.
        """
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (ValueError, OSError) as error:
            raise SettingsError(f"略語の一覧を読めません: {path}: {error}") from error
        aliases = content.get("aliases", {})
        for short, full in aliases.items():
            if (
                not short.strip()
                or not isinstance(full, list)
                or not all(isinstance(form, str) for form in full)
            ):
                raise SettingsError(f'略語の一覧は "略語" = ["正式名"] の形で書いてください: {path}: {short}')
        return cls(
            {normalize(short): tuple(normalize(form) for form in full) for short, full in aliases.items()}
        )

    def expand(self, text: str) -> str:
        """A normalised text with the full forms of its short forms behind it.

        A short form inside a full one of the text (ショート in ショートステイ) is none.
        """
        rest = text
        full_forms: list[str] = []
        for short in sorted(self.aliases, key=len, reverse=True):
            if short in rest:
                full_forms += self.aliases[short]
                rest = rest.replace(short, "\n")
        present = comparable(text)
        added = [form for form in dict.fromkeys(full_forms) if comparable(form) not in present]
        return " ".join([text, *added])

    def forms(self, name: str) -> tuple[str, ...]:
        """A name, and what it is with its longest short form written out: 里親ショート, 里親ショートステイ."""
        for short in sorted(self.aliases, key=len, reverse=True):
            if short in name:
                return (name, *(name.replace(short, full) for full in self.aliases[short]))
        return (name,)


_KANJI_DIGITS = {character: number for number, character in enumerate("〇一二三四五六七八九")}
_NUMERAL = "[〇一二三四五六七八九十百千]{1,7}"
_PLACES = {"千": 1000, "百": 100, "十": 10}
_COUNTED = re.compile(
    rf"({_NUMERAL})(?=[万億]?(?:か所|箇所|カ所|ヶ所|人|名|回|年|月|日|件|世帯|事業|つの|市|町|村|割|歳|区|県|段階|種類"
    r"|円|社|台|泊|週|センチ|メートル|キロ|時間|か月|カ月|ヶ月|法人|団体))"
)
# 一時 alone is no time of day: 一時預かり.
_O_CLOCK = re.compile(rf"(?<=午前|午後)({_NUMERAL})(?=時)")
_ERA_YEAR = re.compile(r"(?:令和|R)\s*(\d{1,2}|元)(?=\D|$)")
_WESTERN_YEAR = re.compile(r"(?<!\d)(20[12]\d)年(?=度|\D|$)")
_REIWA_BEGINS = 2019


def canonical_numbers(text: str) -> str:
    """A normalised text in which a number and a year are written one way: 三か所 → 3か所, R6 → 令和6年."""
    for numeral in (_COUNTED, _O_CLOCK):
        text = numeral.sub(lambda match: str(from_kanji(match.group(1))), text)
    text = _ERA_YEAR.sub(lambda match: f"令和{match.group(1).replace('元', '1')}", text)
    return _WESTERN_YEAR.sub(_as_era_year, text)


def _as_era_year(match: re.Match[str]) -> str:
    year = int(match.group(1)) - _REIWA_BEGINS + 1
    return f"令和{year}年" if year > 0 else match.group(0)


def from_kanji(numeral: str) -> int:
    """Up to 9999: 十二 → 12, 二百五 → 205; digits in a row as they stand. 万 and 億 stay as they are."""
    if not any(place in numeral for place in _PLACES):
        return int("".join(str(_KANJI_DIGITS[character]) for character in numeral))
    total = digit = 0
    for character in numeral:
        if place := _PLACES.get(character):
            total, digit = total + (digit or 1) * place, 0
        else:
            digit = _KANJI_DIGITS[character]
    return total + digit
