"""Example questions from the documents themselves, each tried: an example that fails would be worse than none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

from guideqa.assistant import Assistant
from guideqa.errors import GuideqaError
from guideqa.index.opened import OpenIndex
from guideqa.types import AnswerStatus, Question

COUNT = 4
_ASKED = (
    "はどんな体制で行われていますか？",
    "を始めたきっかけは何ですか？",
    "の利用料はいくらですか？",
    "の課題は何ですか？",
)


def examples_of(assistant: Assistant) -> list[str]:
    """Up to four questions that the current index answers."""
    try:
        return _answered(assistant)
    except GuideqaError:
        return []


def _answered(assistant: Assistant) -> list[str]:
    found: list[str] = []
    for text in _candidates(assistant.index):
        if len(found) == COUNT:
            break
        if assistant.ask(Question(text), written=False).answer.status is AnswerStatus.ANSWERED:
            found.append(text)
    return found


def _candidates(index: OpenIndex) -> Iterator[str]:
    """A municipality's programme first, each municipality and programme once; then programmes alone."""
    used: set[str] = set()
    asked = cycle(_ASKED)
    for passage in index.passages:
        town, programme = passage.facets.municipality, passage.facets.programme
        if town and programme and not used & {town, programme}:
            used |= {town, programme}
            yield f"{town}の{programme}{next(asked)}"
    for programme in index.entities.programmes:
        yield f"{programme}とは、どんな事業ですか？"
