"""Numbers and dates of a text with what they measure: 三か所 = 3か所, 96万円 = 960,000円, 令和6年度 = 2024年度."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_KANJI = {character: number for number, character in enumerate("〇一二三四五六七八九")}
_POWERS = {"十": 10, "百": 100, "千": 1000}
# Units that stand for one another; the first of a line is the one that is kept.
_SAME_UNITS = (
    "か所 箇所 カ所 ヶ所 ヵ所 ケ所 個所",
    "人 名",
    "歳 才",
    "年 年間 か年 ヵ年 カ年 ヶ年",
    "年度",
    "か月 ヶ月 カ月 ヵ月 ケ月 箇月 か月間",
    "日 日間",
    "時間",
    "週 週間",
    "% パーセント",
    "平方メートル 平米 m2",
    "自治体 市町村",
    "件",
)
_OTHER_UNITS = (
    "世帯 円 組 回 月 時 分の 分 割 法人 団体 校区 校 種類 つ 段階 泊 市 町 村 区 県 条 号 項 点 番 本 冊 枚 台 室 床 "
    "事業 施設 拠点 コマ 期 学年 年生 年代 代 倍 食 着 級 社 園 局 課 ページ 章 節 館 店 例 間 棟 校 曜 km m 秒 キロ メートル"
).split()
_CANONICAL = {unit: line.split()[0] for line in _SAME_UNITS for unit in line.split()}
_UNITS = "|".join(sorted(map(re.escape, [*_CANONICAL, *_OTHER_UNITS]), key=len, reverse=True))
_SCALES = {"億": 100_000_000, "万": 10_000, "千": 1_000, "百": 100}
_BOUNDS = {"超える": "超", "超え": "超", "を超える": "超", "を超え": "超"}

# Words in which a numeral counts nothing.
_NO_NUMBERS = re.compile(
    r"一人ひとり|一人一人|一つひとつ|一つ一つ|十分|万一|一般|一部|一時|一緒|一方|一環|一体|三者|二次|一次|一定|一律|一貫"
)
_NUMERAL = re.compile(rf"(?<!\d)[〇一二三四五六七八九十百千]+(?=\s*(?:万|億)?\s*(?:{_UNITS}))")
_ERA_YEAR = re.compile(
    r"(?:(令和|平成|昭和)|(?<![A-Za-z])([RHS]))\s*(\d{1,2}|元)(?:\s*\.\s*(?=\d)|\s*年度?|(?=\D|$))"
)
_DOTTED_DATE = re.compile(r"年度\s*(\d{1,2})[./](\d{1,2})(?![\d])")
_ERA_BEGINS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)")
_FRACTION = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?![\d/])")
_RANGE = re.compile(rf"(\d[\d,.]*)\s*(万|億|千)?\s*[~\-]\s*(?=(\d[\d,.]*)\s*(万|億|千)?\s*({_UNITS}))")
_COMPOUND = re.compile(r"(\d[\d,]*)億\s*(\d[\d,]*)万")
_QUANTITY = re.compile(
    rf"(?P<digits>\d+(?:,\d{{3}})*(?:\.\d+)?)\s*(?P<scale>[億万千百])?\s*(?P<unit>{_UNITS})?"
    r"(?:\s*(?P<bound>以上|以下|未満|以内|以降|以前|を?超える|を?超え|超|目))?"
)
_RATE = re.compile(r"(?<!\d)(?<!翌)(年|月|週|日)(?:に|間に?|間で|あたり|当たり|平均|額)?\s*$")
_WESTERN = "西暦"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, the bound that follows it (以上) and the period before it (週2回)."""

    value: Decimal
    unit: str
    bound: str
    rate: str
    begin: int  # offsets into the canonical text
    end: int

    def equals(self, other: Quantity) -> bool:
        """The same amount of the same thing; a unit or period that one of them leaves out is not compared."""
        if not self._same_amount(other) or self.bound != other.bound:
            return False
        return not (self.rate and other.rate) or self.rate == other.rate

    def is_of_kind(self, other: Quantity) -> bool:
        """Whether both measure the same."""
        return not self.unit or not other.unit or self.unit == other.unit

    def _same_amount(self, other: Quantity) -> bool:
        if {self.unit, other.unit} == {_WESTERN, "年度"}:  # 「6年度」 beside 「令和5年度」
            years = {item.unit: item.value for item in (self, other)}
            return years[_WESTERN] == years["年度"] + _ERA_BEGINS["令和"]
        return self.value == other.value and self.is_of_kind(other)


def canonical(text: str) -> str:
    """A normalised text with its numbers and years written one way. `quantities` reads this form."""
    text = _NO_NUMBERS.sub(lambda word: "＊" * len(word.group()), text)
    text = _NUMERAL.sub(lambda numeral: str(_from_kanji(numeral.group())), text)
    text = _CLOCK.sub(
        lambda clock: f"{int(clock[1])}時" + (f"{int(clock[2])}分" if int(clock[2]) else ""), text
    )
    text = _FRACTION.sub(r"\2分の\1", text)
    text = _ERA_YEAR.sub(_western, text)
    text = _DOTTED_DATE.sub(r"年度\1月\2日", text)
    text = _COMPOUND.sub(lambda found: f"{_digits(found[1]) * 10_000 + _digits(found[2])}万", text)
    return _RANGE.sub(lambda r: f"{r[1]}{r[2] or (r[4] or '')}{r[5]}~", text)


def quantities(canonical_text: str) -> list[Quantity]:
    """Every number of a canonical text, in order."""
    return [_quantity(found, canonical_text) for found in _QUANTITY.finditer(canonical_text)]


def _quantity(found: re.Match[str], text: str) -> Quantity:
    value = Decimal(found["digits"].replace(",", "")) * _SCALES.get(found["scale"] or "", 1)
    unit = _CANONICAL.get(found["unit"] or "", found["unit"] or "")
    if unit == "割":
        value, unit = value * 10, "%"
    if unit in ("年", "年度") and 1900 <= value <= 2100:
        unit = _WESTERN
    bound = _BOUNDS.get(found["bound"] or "", found["bound"] or "")
    rate = _RATE.search(text[: found.start()]) if unit not in ("月", "日", "年", "年度", _WESTERN) else None
    return Quantity(value.normalize(), unit, bound, rate[1] if rate else "", found.start(), found.end())


def _western(match: re.Match[str]) -> str:
    year = 1 if match[3] == "元" else int(match[3])
    return f"{_ERA_BEGINS[match[1] or match[2]] + year}年度"


def _digits(text: str) -> int:
    return int(text.replace(",", ""))


def _from_kanji(numeral: str) -> int:
    """Up to 9,999: 百二十 → 120; digits in a row as they stand."""
    if not set(numeral) & set(_POWERS):
        return int("".join(str(_KANJI[character]) for character in numeral))
    total, ones = 0, 0
    for character in numeral:
        if character in _POWERS:
            total, ones = total + (ones or 1) * _POWERS[character], 0
        else:
            ones = _KANJI[character]
    return total + ones
