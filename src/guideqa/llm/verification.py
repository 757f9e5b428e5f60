"""Every sentence of the model's against the documents, by code of our own: it stands, or it says why not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from guideqa.citations import PageSource, cite
from guideqa.errors import CitationError
from guideqa.llm.drafts import Draft, Mark
from guideqa.llm.grounds import Ground
from guideqa.llm.planted import is_planted
from guideqa.llm.support import Support
from guideqa.text.normalization import comparable
from guideqa.types import Citation, Passage, Statement

# Shorter quotations stand anywhere; longer ones are no quotations but the whole passage.
MIN_QUOTE_CHARS, MAX_QUOTE_CHARS = 6, 160
MAX_SENTENCE_CHARS = 200
_MARKUP = re.compile(r"https?:|www\.|!?\[[^\]]*\]\(|<[A-Za-z/!]|\[\^")


def is_presentable(text: str) -> bool:
    """Whether a sentence may be shown at all: no links, no markup, no instructions."""
    return not _MARKUP.search(text) and not is_planted(text)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A sentence that is not supported, and why: in Japanese, for the model and for the reader."""

    draft: Draft
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """What the model was given: numbered passages, and the pages to look its quotations up on."""

    passages: Mapping[int, Passage]
    retrieved: frozenset[str]
    pages: PageSource


class Verifier:
    """Checks sentences against the material of one answer."""

    def __init__(self, material: Material, support: Support) -> None:
        """Nothing is looked up yet."""
        self._material = material
        self._support = support

    def check(self, draft: Draft, first_number: int) -> Statement | Rejected:
        """A statement whose citations count from `first_number`, or what is wrong with the sentence."""
        judged = [self._ground(mark) for mark in draft.marks]
        grounds = [item for item in judged if isinstance(item, Ground)]
        faults = [item for item in judged if isinstance(item, str)]
        if not draft.marks:
            faults = ["番号 [n] と引用がありません"]
        elif not is_presentable(draft.text):
            faults.append("リンクや書式、指示の文は使えません")
        elif len(draft.text) > MAX_SENTENCE_CHARS:
            faults.append(f"文が長すぎます（{MAX_SENTENCE_CHARS}文字まで）")
        faults = faults or self._support.faults(draft.text, grounds)
        if faults:
            return Rejected(draft, tuple(dict.fromkeys(faults)))
        try:
            return Statement(
                draft.text, self._citations(draft, first_number), self._lead(draft.text, grounds)
            )
        except CitationError:
            return Rejected(draft, ("引用がそのページにありません",))

    def _ground(self, mark: Mark) -> Ground | str:
        """The ground of a mark, or what is wrong with it."""
        passage = self._material.passages.get(mark.number)
        if passage is None:
            return f"番号 [{mark.number}] の資料はありません"
        length = len(comparable(mark.quote))
        if length < MIN_QUOTE_CHARS:
            return f"[{mark.number}] の引用がないか、短すぎます（{MIN_QUOTE_CHARS}文字以上）"
        if length > MAX_QUOTE_CHARS:
            return f"[{mark.number}] の引用が長すぎます（{MAX_QUOTE_CHARS}文字まで）"
        ground = Ground.of(passage, mark.quote)
        if ground is None:
            return f"「{mark.quote}」は資料 [{mark.number}] にありません"
        if any(is_planted(sentence) for sentence in ground.sentences):
            return f"資料 [{mark.number}] のその文は、記載ではなく指示です"
        return ground

    def _citations(self, draft: Draft, first_number: int) -> tuple[Citation, ...]:
        made: list[Citation] = []
        for mark in dict.fromkeys(draft.marks):
            passage, pages = self._material.passages[mark.number], self._material.pages
            made += cite(first_number + len(made), mark.quote, passage, pages, self._material.retrieved)
        return tuple(made)

    def _lead(self, text: str, grounds: list[Ground]) -> str:
        """A sentence that names no body gets its passage's before it, as extractive answers do."""
        bodies = [ground.passage.facets.body for ground in grounds if ground.passage.facets.body]
        named = self._support.entities.mentioned(text).bodies
        return f"{bodies[0]}：" if bodies and not named else ""
