"""Whether a question seems to tell who somebody is. By form alone: it says "seems", and misses things.

Offices have telephone numbers and addresses too; a note that was not needed costs a reader a glance, a child's name
that went to another server cannot be taken back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from guideqa.text.normalization import normalize
from guideqa.text.tokenization import morphemes
from guideqa.types import Question


class Personal(StrEnum):
    """What somebody may be known by."""

    TELEPHONE = "telephone"
    NUMBER = "my_number"
    ADDRESS = "address"
    NAME_AND_BIRTH = "name_and_birth_date"
    MAIL = "mail"

    @property
    def label(self) -> str:
        """The word that the interface shows."""
        return _LABELS[self.value]


_LABELS = {
    "telephone": "電話番号",
    "my_number": "個人番号（マイナンバー）",
    "address": "住所",
    "name_and_birth_date": "氏名と生年月日",
    "mail": "メールアドレス",
}
# With its dashes, or ten or eleven digits in one: 03-1234-5678, 090(1234)5678, 09012345678.
_TELEPHONE = re.compile(r"(?<!\d)0(?:\d{9,10}|\d{1,4}[-( ]\d{1,4}[-) ]\d{3,4})(?!\d)")
_TWELVE_DIGITS = re.compile(r"(?<!\d)\d{4}[- ]?\d{4}[- ]?\d{4}(?!\d)")
# A place, the name of a quarter, and what only houses have; 「3-5人」 and the like is none.
_ADDRESS = re.compile(
    r"[都道府県市区町村郡][一-鿿々ァ-ヶー]{1,12}[ ]?(?:[\d一二三四五六七八九十]+丁目|\d+番(?:地|\d+号)|\d+-\d+-\d+"
    r"|\d+-\d+(?![\d歳年月日人%万か割回時分円名泊点章頁p・~]))"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_DATE = re.compile(
    r"\d{1,4}年\d{1,2}月\d{1,2}日|(?:元年)\d{1,2}月\d{1,2}日|\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|[SHRshr]\d{1,2}[/.-]\d{1,2}[/.-]\d{1,2}"
)
_ADDRESSED = re.compile(r"[一-鿿ぁ-んァ-ヶ]{1,8}(?:さん|ちゃん|くん|君|様|氏)(?![一-鿿])")
_NOT_NAMES = re.compile(
    r"(?:皆|お子|子ども|こども|保護者|お母|お父|母|父|職員|担当者|利用者|住民|赤)(?:さん|様|ちゃん)"
)
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def seems_to_hold(text: str) -> tuple[Personal, ...]:
    """What a text seems to tell of somebody, in the order of `Personal`."""
    return tuple(_found(normalize(text)))


def seems_to_tell(question: Question) -> tuple[Personal, ...]:
    """The same of a question and of all that its reader has said before: a follow-up takes it along."""
    said = [turn.content for turn in question.history if turn.role == "user"]
    return seems_to_hold("\n".join([*said, question.text]))


def _found(text: str) -> Iterator[Personal]:
    if _TELEPHONE.search(text):
        yield Personal.TELEPHONE
    if any(_is_my_number(match[0]) for match in _TWELVE_DIGITS.finditer(text)):
        yield Personal.NUMBER
    if _ADDRESS.search(text):
        yield Personal.ADDRESS
    if _DATE.search(text) and _names_somebody(text):
        yield Personal.NAME_AND_BIRTH
    if _MAIL.search(text):
        yield Personal.MAIL


def _is_my_number(text: str) -> bool:
    """By the check digit that the ordinance on individual numbers (総務省令第85号, 2014) gives."""
    digits = [int(character) for character in text if character.isdigit()]
    rest = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=False)) % 11
    return digits[-1] == (0 if rest <= 1 else 11 - rest)


def _names_somebody(text: str) -> bool:
    """By what a person is called, or by a family name and a given one that the dictionary knows."""
    if _ADDRESSED.search(_NOT_NAMES.sub("", text)):
        return True
    kinds = [kind[3] for _, unit in morphemes(text) if (kind := unit.part_of_speech())[0] != "空白"]
    return ("姓", "名") in zip(kinds, kinds[1:], strict=False)
