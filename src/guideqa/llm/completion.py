"""What the reader gets in the end: verified sentences, the extractive answer where they fall short, and a word on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from guideqa.citations import PageSource, verify
from guideqa.llm.model import LanguageModelError, Trouble
from guideqa.llm.verification import Rejected, is_presentable
from guideqa.text.normalization import comparable
from guideqa.types import Answer, Citation, Composition, Hit, Statement, Unverified

MAX_UNVERIFIED = 6


@dataclass(frozen=True, slots=True)
class Draught:
    """What became of the model's sentences in its two rounds."""

    said: Sequence[Statement]  # verified, in the order in which they were given
    rejected: Sequence[Rejected]  # in the first round
    still_rejected: Sequence[Rejected]  # in the second
    repaired: int  # how many the second round has made good
    trouble: LanguageModelError | None  # what ended the first round

    @property
    def unverified(self) -> Sequence[Rejected]:
        """The sentences that stayed unsupported."""
        if self.trouble is not None and not self.said:
            return ()
        return self.still_rejected or (self.rejected if not self.repaired else ())

    @property
    def lost(self) -> int:
        """How many sentences were taken out."""
        return max(len(self.unverified), len(self.rejected) - self.repaired)

    @property
    def falls_short(self) -> bool:
        """Whether the extractive answer is needed behind it, or in its place."""
        return self.trouble is not None or not self.said or self.lost > len(self.said)

    @property
    def notice(self) -> str:
        """What the reader should know of how the answer came about; "" where all went well."""
        if self.said and self.trouble is None:
            if not self.lost:
                return ""
            end = "、資料の文をそのまま加えました。" if self.falls_short else "、答えから外しました。"
            return f"言語モデルの文のうち{self.lost}文は資料で確かめられなかったため{end}"
        trouble = self.trouble.trouble.value if self.trouble else Trouble.UNSUPPORTED.value
        if self.said:
            return f"{trouble}。そこまでに資料で確かめられた文に、資料の文をそのまま加えました。"
        return f"{trouble}。そのため、資料の文をそのまま引いて答えます。"


def completed(
    draught: Draught, extractive: Answer, pages: PageSource, hits: Sequence[Hit]
) -> Iterator[Statement | Answer]:
    """The statements of the extractive answer that are still needed, and then the whole answer."""
    added = list(_added(draught, extractive, pages, hits)) if draught.falls_short else []
    yield from added
    yield replace(
        extractive,
        statements=(*draught.said, *added),
        notice=draught.notice,
        unverified=_unverified(draught),
        composition=_composition(bool(draught.said), bool(added)),
        table=None if draught.said else extractive.table,
    )


def _composition(written: bool, extracted: bool) -> Composition:
    if not written:
        return Composition.EXTRACTED
    return Composition.MIXED if extracted else Composition.WRITTEN


def _unverified(draught: Draught) -> tuple[Unverified, ...]:
    kept = [item for item in draught.unverified if is_presentable(item.draft.text)]
    return tuple(Unverified(item.draft.text, item.faults) for item in kept[:MAX_UNVERIFIED])


def _added(
    draught: Draught, extractive: Answer, pages: PageSource, hits: Sequence[Hit]
) -> Iterator[Statement]:
    """The extractive statements that no verified sentence rests on, numbered behind the others."""
    quoted = [citation for statement in draught.said for citation in statement.citations]
    number = 1 + len(quoted)
    for statement in extractive.statements:
        if any(_repeats(citation, statement) for citation in quoted):
            continue
        again = tuple(
            _renumbered(citation, number + place, pages, hits)
            for place, citation in enumerate(statement.citations)
        )
        number += len(again)
        yield replace(statement, citations=again)


def _repeats(citation: Citation, statement: Statement) -> bool:
    same_passage = any(citation.passage_id == other.passage_id for other in statement.citations)
    return same_passage and comparable(citation.quote) in comparable(statement.text)


def _renumbered(citation: Citation, number: int, pages: PageSource, hits: Sequence[Hit]) -> Citation:
    passages = {hit.passage.id: hit.passage for hit in hits}
    passage = passages[citation.passage_id]
    return verify(number, citation.quote, pages(citation.page), passage, passages)
