"""What kind of question it is: one thing, the bodies of which something holds, or several bodies compared."""

from __future__ import annotations

import re
from enum import StrEnum

from guideqa.entities import Mentions

_BODY_WORD = r"(?:自治体|市町村|市区町村|市|町|県|都道府県|ところ|所|とこ|まち|事例)"
_WHICH = r"(?:どこ|どれ|一覧|全部|すべて|全て|挙げ|あげ|ひととおり|一通り|リスト|まとめ|教えて|知りたい|ある|あります|いる)"
_LIST = re.compile(
    rf"{_BODY_WORD}(?:は|を|って|が|で|、|\?|$).{{0,16}}{_WHICH}|(?:どの|どこの){_BODY_WORD}"
    rf"|{_BODY_WORD}(?:は|って)?\?*$|(?:全部|すべて|全て|いくつか)(?:の)?(?:あげ|挙げ|教え|知り|並べ)"
)
_DEFINITION = re.compile(
    r"(?:(?<!こ)とは|って)(?:何|なに|なん|どんな|どういう|どのような).{0,12}$|(?<!こ)とは[?。]*$|(?:定義|意味)(?:は|を|って)"
)
_ONE_ONLY = re.compile(r"どの(?:市|町|自治体|市町村|県)(?:の|が)?(?:一番|いちばん|最も|最初)")
_ITEMS = re.compile(
    r"一通り|ひととおり|すべて|全て|全部(?!で)|何と何|並べ(?!る)|一覧|列挙|挙げて|あげて|順に|どういう(?:人|立場)|どんな(?:人|種類|もの)が|何があり"
)
_YES_NO = re.compile(
    r"(?:ますか|ですか|るのか?|るか|いのか?|んのか?|なのか|だめ|ダメ|よね|足りる|いい)[?。]*$|[いえ]ます\?+"
)
_ASKS_WHAT = re.compile(
    r"何|いくら|いくつ|どこ|どの|どう|どん|いつ|だれ|誰|なぜ|なん|どれ|どち|わけ|理由|教え"
)
_STEPS = re.compile(r"手順|流れ|段取り|ステップ|順番|どう進め|どのように進め|進め方|どうやって(?:進め|始め)")
_COMPARES = re.compile(r"比べ|比較|違い|違う|ちがい|差は|それぞれ|どちら|どっち|異な")


class AnswerForm(StrEnum):
    """How an answer is put together."""

    SENTENCES = "sentences"
    LIST = "list"  # one line for each body
    DEFINITION = "definition"  # what a thing is, from where it is explained and not from a case
    COMPARISON = "comparison"  # what each of the named bodies or programmes says
    ITEMS = "items"  # the items of one place, in its order
    YES_NO = "yes_no"  # the sentence that decides first
    STEPS = "steps"  # the same of what is done one after the other


def form_of(text: str, mentions: Mentions) -> AnswerForm:
    """Several bodies named, or programmes to be compared: a comparison. Which bodies there are: a list. `text` is normalised."""
    if len(mentions.bodies) > 1 or (len(mentions.programmes) > 1 and _COMPARES.search(text)):
        return AnswerForm.COMPARISON
    if not mentions.bodies and _LIST.search(text) and not _ONE_ONLY.search(text):
        return AnswerForm.LIST
    if not mentions.bodies and _DEFINITION.search(text):
        return AnswerForm.DEFINITION
    if _STEPS.search(text):
        return AnswerForm.STEPS
    if _YES_NO.search(text) and not _ASKS_WHAT.search(text):
        return AnswerForm.YES_NO
    return AnswerForm.ITEMS if _ITEMS.search(text) else AnswerForm.SENTENCES
