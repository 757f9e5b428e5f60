"""A follow-up question → one that can be understood alone, by rules and without a language model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guideqa.entities import Entities, Mentions
from guideqa.text.normalization import normalize
from guideqa.text.population import without_numbers
from guideqa.text.tokenization import tokenize, topic_nouns
from guideqa.types import Question

# A new subject is announced: nothing is carried over.
_CHANGES_SUBJECT = re.compile(r"^(?:ところで|話は?変わ|別の(?:話|件|質問)|別件|全然違う)|話を?変え")
# The question leans on what was said before.
_POINTS_BACK = re.compile(
    r"それ|そこ|その|そっち|そちら|そう(?:いう|した)|これ|ここ|この|こちら|同じ|同様|上記|前の|先ほど|さっき|もう一"
    r"|^(?:では|じゃあ?|で、|ちなみに|あと|また|なら|そうすると|他に|ほかに|他は|ほかは|もっと|もともと|毎回|逆に)"
    r"|\d+(?:か所|箇所|つ|番|人|年)目"
)
_OPENING = re.compile(
    r"^(?:それ(?:では|じゃあ?|なら|って|は|、)|では|じゃあ?|で、|ちなみに|あと|なら|ところで)[、,\s]*"
)
_CORRECTION = re.compile(
    r"^(?:いや|いえ|違う|ちが[うい])?[、,\s]*(\S{1,20}?)(?:では|じゃ)なくて?、?\s*(\S.*)$"
)
# 「水俣市は？」: nothing but another subject for the question before.
_OTHER_SUBJECT = re.compile(
    r"^(.{1,24}?)(?:の(?:ほう|方|場合|とき|時))?(?:だと|では|なら|は|って|も)?(?:どう(?:です|でしょう)?か?)?[?。!、]*$"
)
# 「玉東町だと、どのくらいの間隔？」: asks the same of another, whatever more it says.
_WITH_ANOTHER = re.compile(r"^\S{2,12}?(?:だと|では|の場合|のほう|の方|なら)")
_SPEAKS_OF_ALL = re.compile(
    r"全国|各自治体|自治体(?:は|で|の)|市町村(?:は|で|が)|どの(?:市|町|自治体|県)|どこの(?:市|町|自治体|県)|ガイドブック"
)
# Longer questions say what they are about.
_SHORT_CHARS = 30
_TOPICS = 3


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a conversation is about so far: the last question, understood alone, and what it names."""

    text: str
    mentions: Mentions


def _any_word(word: str) -> bool:
    return True


def standalone(
    question: Question, entities: Entities, knows: Callable[[str], bool] = _any_word
) -> str | None:
    """The question with the subject that the conversation gives it; None where it needs none.

    `knows` tells whether a word occurs in the corpus: a question of mostly other words changes the subject.

    What the question names itself is never replaced: a municipality, a programme or a topic that it leaves
    out is carried over from the user's turns before. 「水俣市は？」 asks the question before of another body.
    """
    turns = [turn.content for turn in question.history if turn.role == "user" and turn.content.strip()]
    if not turns:
        return None
    subject = _Subject(normalize(turns[0]).strip(), entities.mentioned(turns[0]))
    for content in turns[1:]:
        text = _resolved(content, subject, entities)
        subject = _Subject(text, entities.mentioned(text))
    text = normalize(question.text).replace("\n", " ").strip()
    if not _POINTS_BACK.search(text) and _is_foreign(text, knows):
        return None
    resolved = _resolved(text, subject, entities)
    return None if resolved == text else resolved


def _is_foreign(text: str, knows: Callable[[str], bool]) -> bool:
    words = tokenize(text)
    return 2 * sum(not knows(word) for word in words) > len(words)


def _resolved(text: str, subject: _Subject, entities: Entities) -> str:
    text = normalize(text).replace("\n", " ").strip()
    if _CHANGES_SUBJECT.search(text):
        return text
    if correction := _CORRECTION.match(text):
        text = correction.group(2)
    named = entities.mentioned(text)
    rest = _OPENING.sub("", text)
    other = _OTHER_SUBJECT.match(rest)
    if other and (named.bodies or named.programmes) and not _asks_of_itself(rest, named):
        return _replaced(subject, named, other.group(1))
    if not _leans_back(text, named) or _stands_alone(rest, named):
        return text
    carried = _carried(subject, named, rest)
    return f"{carried} {rest}" if carried else text


def _stands_alone(text: str, named: Mentions) -> bool:
    """「では、藍川市の人口は？」: behind its opening word it says both whom and what it is about."""
    if not named.bodies or _POINTS_BACK.search(text) or _WITH_ANOTHER.search(text):
        return False
    return _asks_of_itself(text, named)


def _leans_back(text: str, named: Mentions) -> bool:
    if _POINTS_BACK.search(text) or (named.bodies and _WITH_ANOTHER.search(text)):
        return True
    if named.populations and topic_nouns(without_numbers(text)):
        return False  # 「人口1万人未満の町で居場所を作った例は？」 says whom it means, and what
    return not named.bodies and not _SPEAKS_OF_ALL.search(text) and len(text) <= _SHORT_CHARS


def _asks_of_itself(text: str, named: Mentions) -> bool:
    """Whether there is more than the name of another subject: a topic of its own."""
    return bool(topic_nouns(named.without(text)))


def _replaced(subject: _Subject, named: Mentions, phrase: str) -> str:
    """The question before, asked of what is named now."""
    text = subject.text
    if named.bodies and subject.mentions.bodies:
        text = subject.mentions.without_bodies(text)
    if named.programmes and subject.mentions.programmes:
        text = subject.mentions.without_programmes(text)
    return f"{phrase}の{text}" if text else phrase


def _carried(subject: _Subject, named: Mentions, text: str) -> str:
    """The bodies, or the size of the asker's, and the programmes and topics that the question leaves out."""
    bodies: Sequence[str] = () if named.bodies or named.populations else subject.mentions.bodies
    programmes: Sequence[str] = () if named.programmes else subject.mentions.programmes
    sizes = [] if bodies or named.bodies or named.populations else _sizes(subject.mentions)
    said = "".join([text, *sizes])
    topics = [noun for noun in topic_nouns(subject.mentions.without(subject.text)) if noun not in said]
    return " ".join([*bodies, *sizes, *programmes, *topics[:_TOPICS]])


def _sizes(mentions: Mentions) -> list[str]:
    """「うちは人口8,000人です」, as the documents put it."""
    return [f"人口{band}" for band in mentions.populations]
