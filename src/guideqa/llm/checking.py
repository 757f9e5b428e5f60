"""Whether the language model can be used: one small question with a passage of our own, through all that checks."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass

from guideqa.entities import Entities
from guideqa.llm.drafts import Draft, DraftReader
from guideqa.llm.model import ChatModel, Deadline
from guideqa.llm.prompt import messages
from guideqa.llm.support import Support
from guideqa.llm.verification import Material, Rejected, Verifier
from guideqa.types import Facets, Page, PageRef, Passage, Statement

_TEXT = "利用料は1泊2,000円で、生活保護の世帯からは受け取らない。送迎は社会福祉協議会に委託している。"
_QUESTION = "見本町のショートステイの利用料はいくらですか？"
_PAGE = Page(PageRef("sample", 1, "1"), _TEXT)
_PASSAGE = Passage(
    "sample:1", (_PAGE.ref,), ("見本町", "ショートステイ"), _TEXT, Facets(municipality="見本町")
)


@dataclass(frozen=True, slots=True)
class Checkup:
    """What the model made of the sample."""

    reply: str
    verified: tuple[Statement, ...]
    rejected: tuple[Rejected, ...]
    first_seconds: float  # until the first piece
    seconds: float  # until the end


def check_up(model: ChatModel, seconds: float) -> Checkup:
    """Ask the sample question.

    Raises:
        LanguageModelError: there is no answer, or no whole one.
    """
    began = time.monotonic()
    reply, first = "", 0.0
    reader = DraftReader()
    drafts: list[Draft] = []
    asked = messages(_QUESTION, {1: _PASSAGE}, {"sample": "見本"})
    with closing(model.stream(asked, Deadline.after(seconds))) as pieces:
        for piece in pieces:
            first = first or time.monotonic() - began
            reply += piece
            drafts += reader.feed(piece)
    drafts += reader.finish()
    entities = Entities(("見本町",), (), ())
    material = Material({1: _PASSAGE}, frozenset({_PASSAGE.id}), lambda ref: _PAGE)
    verifier = Verifier(material, Support(entities, "見本", ("見本町",)))
    judged = [verifier.check(draft, 1) for draft in drafts]
    return Checkup(
        reply,
        tuple(item for item in judged if isinstance(item, Statement)),
        tuple(item for item in judged if isinstance(item, Rejected)),
        first,
        time.monotonic() - began,
    )
