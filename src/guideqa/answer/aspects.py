"""In what respects a question compares: 「料金と対象」 are two aspects, each with the words that speak of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from guideqa.answer.expectation import Expectation
from guideqa.text.tokenization import topic_nouns

# The one row of a comparison whose question names no aspect.
CONTENT = "内容"


@dataclass(frozen=True, slots=True)
class Aspect:
    """A row of a comparison."""

    label: str
    asked: re.Pattern[str]  # the words by which a question names it
    said: re.Pattern[str]  # those by which a sentence or a heading speaks of it
    needs: re.Pattern[str] | None = None  # what a sentence about it cannot lack: a sum, a date, a number
    wanted: Expectation = Expectation.of("")
    by_section: bool = False  # a section under its name speaks of nothing else

    def is_named_by(self, section: str) -> bool:
        """Whether a section's heading says that all below it is about this aspect, and about no other."""
        return self.by_section and bool(self.asked.search(section)) and len(_all_in(section)) == 1


def _aspect(
    label: str, asked: str, said: str = "", needs: str = "", like: str = "", by_section: bool = False
) -> Aspect:
    """`like`: a question whose kind of value is the aspect's; `needs` is that kind as a pattern."""
    pattern = re.compile(needs) if needs else None
    return Aspect(
        label, re.compile(asked), re.compile(said or asked), pattern, Expectation.of(like), by_section
    )


_MONEY = r"\d[\d,]*\s*(?:円|千円|万円|億円)|無料|無償|有料|\d\s*割|免除|減免"
_YEAR = r"(?:令和|平成|昭和|R|H)\s*[\d元]|\d{4}\s*年|\d+\s*月"
_START = r"(?<!検討)開始|始め|始ま|スタート|開設|開所|導入|発足|から.{0,40}(?:実施|委託|契約|運営)"
_ISSUE = r"課題(?:は|が|で(?:あ|す)|と(?:し|な|感|い)|[:;・]|$)"
# More special ones first: of two that begin at one place the first is taken.
_KNOWN = (
    _aspect("料金", r"料金|利用料|費用|いくら|値段|負担額|自己負担", r"料金|利用料|費用|負担|無料|有料", _MONEY, "料金"),
    _aspect("予算", r"予算|財源|補助金|委託料|委託費", r"予算|財源|補助|委託[料費]|基金|交付金"),
    _aspect("割合", r"割合|何割|何パー|比率|占める", r"\d\s*(?:%|割)|半数|過半|\d分の\d|割合", r"\d|半数|過半", "割合"),
    _aspect("年齢", r"年齢|何歳|学年", r"\d+\s*歳|年齢|就学前|小学|中学|高校|乳幼児", r"歳|学|児"),
    _aspect("尺度", r"尺度|指標|測定|測り方", r"尺度|スケール|テスト|測定|検査"),
    _aspect("定員", r"定員", r"定員", r"\d", "定員"),
    _aspect("開所日", r"週に?何日|何曜日|開所日|開いてい?る(?:日|曜)", r"曜|開所|開室|開館|開いて", r"\d|曜", "何日"),
    _aspect("頻度", r"頻度|何日|何回|回数|ペース", r"[週年月]に?\s*\d|毎[週月日年]|\d+\s*回|[月火水木金土日][、・]|曜", r"\d|毎|曜", "何回"),
    _aspect("時期", r"いつ|時期|何年|(?<!検討)開始|始めた|始まった|スタート|動き出", _START, _YEAR, "いつ"),
    _aspect("人数", r"人数|何人|何名|何世帯|件数|何件|実績|利用者数|設置数|児童数|世帯数|人口", r"\d+\s*(?:人|名|世帯|件|箇所|か所|回)", r"\d", "人数"),
    _aspect("対象", r"対象|誰が使え|だれが使え|誰でも"),
    _aspect("委託先", r"委託先|受託|担い手|運営主体|運営側|事業者|どこ(?:に|が)(?:委託|頼|任せ|受け)", r"委託先|受託|[にへ]委託|委託契約|直営|運営側", like="委託先"),
    _aspect("体制", r"体制|スタッフ|職員|人員", r"体制|(?:職員|スタッフ|支援員)[がはも]?\s*\d|\d+\s*(?:名|人)(?:体制|で|の|が)|常勤|配置"),
    _aspect("場所", r"場所|会場|どこで", r"場所|会場|会議室|一軒家|民家|空き(?:家|店舗|室)|[でに](?:実施|開|設置)"),
    _aspect("課題", r"課題|問題点|困りごと|難しさ", _ISSUE, by_section=True),
    _aspect("成果", r"成果|効果(?!測定)", r"成果|効果|改善", by_section=True),
    _aspect("背景", r"背景|きっかけ|経緯|理由|なぜ", r"背景|きっかけ|経緯|理由", by_section=True),
    _aspect("周知", r"周知|広報|PR", r"周知|広報|チラシ|ホームページ"),
    _aspect("研修", r"研修"),
    _aspect("工夫", r"工夫|ポイント"),
    _aspect("目的", r"目的|ねらい|狙い", r"目的|ねらい|狙い|を図る"),
    _aspect("プログラム", r"プログラム|実施内容", r"プログラム|実施内容"),
)  # fmt: skip
_JOINTS = re.compile(
    r"[、,，・/／]|および|及び|ならびに|並びに|(?<=[一-龠ァ-ヶー])(?:と(?!して|き|り|い|こ|も|ころ)|や(?![っり]))"
)
_COMPARES = re.compile(
    r"比べ|比較|違い|違う|ちがい|ちがう|差は|それぞれ|どちら|どっち|異な|教えて|知りたい|整理|一覧|まとめ"
)


def asks_to_compare(text: str) -> bool:
    """Whether a question puts things side by side."""
    return bool(_COMPARES.search(text))


def aspects_of(text: str, headings: Sequence[str]) -> tuple[Aspect, ...]:
    """The aspects that a question names, in its order; of the nouns that are none known, those in `headings`.

    Of a part that names several (「対象になる子の年齢」) the last is meant.
    """
    found: dict[str, Aspect] = {}
    parts = [part for part in _JOINTS.split(text) if part.strip()]
    for part in parts:
        aspect = _known(part) or (_heading(part, headings) if len(parts) > 1 else None)
        if aspect:
            found.setdefault(aspect.label, aspect)
    return tuple(found.values())


def aspect_of_heading(heading: str) -> Aspect:
    """A small heading as an aspect of its own."""
    words = re.compile(re.escape(heading))
    return Aspect(heading.rstrip("：:"), words, words, by_section=True)


def is_about_nothing_else(rest: str) -> bool:
    """Whether a question without its names asks for nothing in particular: 「を比べて」."""
    return not topic_nouns(_COMPARES.sub("", rest))


def _all_in(text: str) -> list[tuple[int, int, Aspect]]:
    """Each aspect that a text names, with its last place; the order of `_KNOWN` decides between two at one."""
    return [
        (matches[-1].end(), -order, aspect)
        for order, aspect in enumerate(_KNOWN)
        if (matches := list(aspect.asked.finditer(text)))
    ]


def _known(part: str) -> Aspect | None:
    found = _all_in(part)
    return max(found, key=lambda item: item[:2])[2] if found else None


def _heading(part: str, headings: Sequence[str]) -> Aspect | None:
    nouns = [
        noun for noun in topic_nouns(_COMPARES.sub("", part)) if any(noun in heading for heading in headings)
    ]
    return aspect_of_heading(nouns[-1]) if nouns else None
