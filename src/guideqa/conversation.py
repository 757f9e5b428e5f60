"""A follow-up question → one that can be understood alone. A first, simple rule."""

from __future__ import annotations

import re

from guideqa.entities import Entities, Mentions
from guideqa.text.normalization import normalize
from guideqa.types import Question

# Words that point back, or a question that begins in the middle.
_POINTS_BACK = re.compile(
    r"それ|そこ|その|そっち|これ|ここ|この|同じ|上記|前の|先ほど|さっき"
    r"|^(?:では|じゃあ?|ちなみに|あと|また|なら|そうすると|他に|ほかに|もっと)"
    r"|(?:は|って|も)[?？。]?$|^.{0,14}$"
)


def standalone(question: Question, entities: Entities) -> str | None:
    """The question with the subject that the conversation gives it; None where it needs none.

    What the question names itself is never replaced: only a municipality, a programme or both that it
    leaves out are carried over from the last turn of the user that names them.
    """
    earlier = [turn.content for turn in question.history if turn.role == "user"]
    text = normalize(question.text).strip()
    if not earlier or not _POINTS_BACK.search(text):
        return None
    named = entities.mentioned(text)
    carried = _carried(earlier, named, entities)
    return f"{' '.join(carried)} {text}" if carried else f"{earlier[-1].strip()} {text}"


def _carried(earlier: list[str], named: Mentions, entities: Entities) -> list[str]:
    bodies: tuple[str, ...] = named.bodies
    programmes: tuple[str, ...] = named.programmes
    for content in reversed(earlier):
        before = entities.mentioned(content)
        bodies = bodies or before.bodies
        programmes = programmes or before.programmes
    return [
        *(() if named.bodies else bodies),
        *(() if named.programmes else programmes),
    ]
