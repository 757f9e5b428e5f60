"""Words that decide a sentence and are neither number nor name: all, only, first; up or down; which weekday."""

from __future__ import annotations

import re

from guideqa.text.normalization import normalize

# Each group: what says the same. A sentence that has one of them needs one of them in its grounds.
_DECISIVE = tuple(
    re.compile(group)
    for group in (
        r"すべて|全て|全員|全戸|全世帯|全部|いずれも|全(?=国|県|市|町|校|世帯|児童|家庭)|完全",
        r"必ず|常に|必須|義務|欠かさず",
        r"のみ(?!なら)|だけ(?!では?な)|しか|限り|限定|限[らっる]",
        r"一部",
        r"過半数|半数以上",
        r"半数|半分|半額",
        r"大半|大部分|ほとんど|大多数",
        r"(?<![一-龥])県(?:が|の|は|から|独自|補助)",
        r"最も|一番|いちばん|最大|最多|最高",
        r"唯一",
        r"初めて|はじめて|全国初|初の",
        r"毎日",
        r"毎週",
        r"毎月|月に?\d+回",
        r"毎年|年に?\d+回",
        r"隔週",
        r"平日",
        r"休日|土日|祝日|祝祭日",
        r"午前",
        r"午後",
        r"夜間|夜",
        r"早朝",
        *(rf"{day}曜" for day in "月火水木金土日"),
        *(rf"{season}休み" for season in "春夏秋冬"),
        r"義務付け|努力義務",
        r"法律|法令|条例|要綱|規則",
        r"国の|国が|国庫",
    )
)
# A sentence with one side whose grounds have only the other says the opposite.
_OPPOSITES = tuple(
    (re.compile(one), re.compile(other))
    for one, other in (
        (r"増", r"減"), (r"上が|上昇|向上|高ま", r"下が|低下|低ま"), (r"開始|始ま|始め|新設|立ち上げ", r"終了|廃止|中止|休止|終え"),
        (r"直営", r"委託"), (r"(?<!非)常勤", r"非常勤"), (r"市内|町内|県内|区域内", r"市外|町外|県外|区域外"),
        (r"有料|有償", r"無料|無償"), (r"可能|でき[るた]", r"不可|困難|できな"), (r"多い|多く", r"少な"), (r"高い", r"低い"),
        (r"賛成", r"反対"), (r"父親|父が", r"母親|母が"), (r"成功", r"失敗"), (r"容易|簡単", r"困難|難し"), (r"公立|公営", r"民間|民営|私立"),
        (r"必要|要する", r"不要"), (r"増員", r"減員"), (r"黒字", r"赤字"), (r"長い|長期", r"短い|短期"), (r"早い|早期", r"遅い"),
    )
)  # fmt: skip


def wording_faults(sentence: str, grounds: str) -> list[str]:
    """Decisive words that the grounds do not have, told in Japanese."""
    said, given = normalize(sentence), normalize(grounds)
    faults = [
        f"「{found.group()}」にあたる語が引用の文にありません"
        for pattern in _DECISIVE
        if (found := pattern.search(said)) and not pattern.search(given)
    ]
    for pair in _OPPOSITES:
        for own, other in (pair, pair[::-1]):
            opposite = own.search(said) and not other.search(said)
            if opposite and other.search(given) and not own.search(given):
                faults.append(f"引用の文と逆です（{own.search(said).group()}）")  # type: ignore[union-attr]
    return faults
