"""Whether every name of a sentence stands in its grounds: people, places, organisations, names in quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from guideqa.llm.clauses import ERAS
from guideqa.text.normalization import comparable, normalize
from guideqa.text.tokenization import morphemes, topic_nouns

_QUOTED = re.compile(r"[「『“\"]([^「」『』“”\"]{1,60})[」』”\"]")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9&+.'-]*")
# 「本町」 is each case's own word for its municipality.
_OWN = frozenset("本町 本市 本村 本区 本県 当町 当市 当村 当区 当県 同町 同市 同村 同区 同県".split())
# Bodies, offices and callings: an exchanged one is as wrong as an exchanged name.
_OFFICE = re.compile(
    r"(?:法人|協議会|委員会|協会|連盟|連合|組合|財団|社団|会社|財源|センター|クリニック|病院|医院|学園|学校|大学|高校|保育所|保育園|幼稚園|こども園|児童館|公民館|図書館|"
    r"役場|役所|教会|寺院|神社|商店街|.{2}会|課|係|室|局|省|庁|署|所|園|寮|士|師|警察|弁護士|教諭|教員|医師|里親|ボランティア|職員|相談員|支援員|指導員|推進員|民生委員|児童委員)$"
)
_NO_OFFICE = re.compile(
    r"(?:場所|か所|箇所|カ所|長所|短所|関係|教室|武士|同士|近所|住所|便所|台所|課題|社会|機会|都会)$"
)


def name_faults(sentence: str, known: str) -> list[str]:
    """The names that are nowhere in `known`, which is in comparable form; told in Japanese."""
    unknown = (name for name in names_in(sentence) if comparable(name) not in known)
    return [f"「{name}」が引用の文にありません" for name in dict.fromkeys(unknown)]


@lru_cache(maxsize=2048)
def names_in(text: str) -> tuple[str, ...]:
    """The names of a text as they are written, each once."""
    normal = normalize(text)
    found = [*_QUOTED.findall(normal), *_LATIN.findall(normal), *_proper_nouns(normal), *_offices(normal)]
    return tuple(dict.fromkeys(name.strip() for name in found if comparable(name)))


def _proper_nouns(text: str) -> Iterator[str]:
    """By the dictionary; a word that it does not hold is taken for a name."""
    for _, unit in morphemes(text):
        kind, surface = unit.part_of_speech(), unit.surface()
        if kind[1] == "数詞" or surface in _OWN | ERAS or any(character.isdigit() for character in surface):
            continue
        if kind[1] == "固有名詞" or (unit.is_oov() and kind[0] == "名詞" and len(surface) > 1):
            yield surface


def _offices(text: str) -> Iterator[str]:
    for noun in topic_nouns(text):
        if _OFFICE.search(noun) and not _NO_OFFICE.search(noun) and noun not in _OWN:
            yield noun
