"""What kind of value a question asks for, and whether a sentence holds one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from guideqa.text.normalization import normalize

_COUNTERS = (
    "世帯 人 名 回 か所 箇所 カ所 ヶ所 件 円 歳 才 年 月 日 時間 時 分 割 % 法人 団体 市町村 自治体 校区 種類 つ 段階 泊 週 市 町 区 条 号 項 平米 平方メートル "
    "部 冊 枚 社 台 点 室 棟 床 コマ クール 曜日 校 園 施設 機関 事業者 組 ページ パーセント センチ キロ か月 カ月 ヶ月"
).split()
# Counters that stand for one another.
_SAME: dict[str, str] = {
    **dict.fromkeys(("か所", "箇所", "カ所", "ヶ所"), "か所|箇所|カ所|ヶ所|ヵ所"),
    **dict.fromkeys(("人", "名"), "人|名"),
    **dict.fromkeys(("歳", "才"), "歳|才|年生"),
    **dict.fromkeys(("市町村", "自治体", "市", "町"), "市町村|自治体|市|町"),
    **dict.fromkeys(("平米", "平方メートル"), "平米|平方|m2"),
    **dict.fromkeys(("%", "パーセント"), "%|パーセント|割|分の"),
    **dict.fromkeys(("か月", "カ月", "ヶ月"), "か月|カ月|ヶ月|ヵ月|箇月|月"),
    "曜日": "曜|平日|週末|土日|祝|[月火水木金土日][・、,][月火水木金土日]",
    "つ": "つ|箇所|か所|法人|種類|点|校区",
    "時": "時|:",
}
_UNCOUNTED = frozenset({"曜日"})  # 何曜日 asks for no number
_HOW_MANY = re.compile(
    r"(?:何|なん)\s*(" + "|".join(sorted(map(re.escape, _COUNTERS), key=len, reverse=True)) + ")"
)
_ANY_NUMBER = re.compile(
    r"いくつ|どのくらい|どれくらい|どのぐらい|どれぐらい|どれだけ|人数|件数|回数|割合|定員|何パー|頻度|(?:会員|登録|利用者|対象者|箇所|世帯)数"
)
_MONEY = re.compile(
    r"いくら|料金|費用|金額|利用料|委託料|委託費|予算額|報酬|単価|基準額|負担額|補助額|お値段|年額|月額|有料"
)
_TIME = re.compile(r"いつ|何年|何月|何日|時期|何時|いつから|いつまで")
_REASON = re.compile(r"なぜ|なんで|どうして|理由|わけ(?:は|を|って|$)|きっかけ|ねらい|狙い")
_NAME = re.compile(
    r"誰|だれ|どこ(?:に|が|の|へ|で|を)?|委託先|受託|どの法人|名前|名称|何という|なんていう|なんて(?:言|い)う|サイト名"
)

_HAS_NUMBER = re.compile(r"\d|[〇一二三四五六七八九十]+(?:人|回|か所|箇所|名|世帯)")
_HAS_MONEY = re.compile(r"\d[\d,]*\s*(?:円|千円|万円|億円)|無料|無償|有償|分の\d|\d\s*割|\d/\d")
_HAS_TIME = re.compile(r"(?:令和|平成|昭和|R|H|S)\s*\d|\d+\s*(?:年|月|日|時)|同年|翌年|産後")
_HAS_REASON = re.compile(r"ため|から[、。]|ので|理由|背景|きっかけ|目的|狙い|ねらい|こそ|ことで")
_HAS_NAME = re.compile(r"法人|NPO|協会|センター|「|会|社|園|課|局|株式")


@dataclass(frozen=True, slots=True)
class Expectation:
    """The kinds of value that a question asks for; all false where it asks for none in particular."""

    number: bool
    counter: re.Pattern[str] | None
    money: bool
    time: bool
    reason: bool
    name: bool

    @classmethod
    def of(cls, question: str) -> Expectation:
        """Read it off the question's own words."""
        text = normalize(question)
        counted = _HOW_MANY.search(text)
        money = bool(_MONEY.search(text))
        return cls(
            number=bool(counted or _ANY_NUMBER.search(text)),
            counter=_counter_pattern(counted.group(1)) if counted else None,
            money=money,
            time=bool(_TIME.search(text)),
            reason=bool(_REASON.search(text)),
            name=bool(_NAME.search(text)),
        )

    @property
    def is_strict(self) -> bool:
        """Whether an answer without the value cannot be one: a number, a sum or a date is asked for."""
        return self.number or self.money or self.time

    def is_met_by(self, text: str) -> bool:
        """Whether a normalised text holds every strict value that is asked for."""
        return (
            (not self.number or bool((self.counter or _HAS_NUMBER).search(text)))
            and (not self.money or bool(_HAS_MONEY.search(text)))
            and (not self.time or bool(_HAS_TIME.search(text)))
        )


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """How a sentence meets an expectation: 1 where it does, less than 0 where it lacks a strict value."""

    number: float
    counter: float
    money: float
    time: float
    reason: float
    name: float

    @classmethod
    def of(cls, wanted: Expectation, sentence: str) -> ValueMatch:
        """Compare a normalised sentence with what is wanted."""
        return cls(
            number=_met(wanted.number, _HAS_NUMBER, sentence, -0.5),
            counter=float(bool(wanted.counter and wanted.counter.search(sentence))),
            money=_met(wanted.money, _HAS_MONEY, sentence, -0.2),
            time=_met(wanted.time, _HAS_TIME, sentence, -0.3),
            reason=_met(wanted.reason, _HAS_REASON, sentence, 0.0),
            name=_met(wanted.name, _HAS_NAME, sentence, 0.0),
        )


def _met(wanted: bool, pattern: re.Pattern[str], sentence: str, otherwise: float) -> float:
    if not wanted:
        return 0.0
    return 1.0 if pattern.search(sentence) else otherwise


@lru_cache(maxsize=64)
def _counter_pattern(counter: str) -> re.Pattern[str]:
    named = _SAME.get(counter, re.escape(counter))
    return re.compile(named if counter in _UNCOUNTED else rf"[\d〇一二三四五六七八九十]\s*(?:{named})")
