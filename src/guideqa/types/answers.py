"""What is said to a question: statements, and the quotations that they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass
from enum import StrEnum

from guideqa.errors import CitationError
from guideqa.types.documents import PageRef


class AnswerStatus(StrEnum):
    """What became of a question."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"


# Held by `citations.verify` alone: whoever else makes a Citation gets an error.
CITATION_SEAL = object()


@dataclass(frozen=True, slots=True)
class Citation:
    """A quotation that has been found, after normalisation, on the page that it names.

    Raises:
        CitationError: made anywhere but in `citations.verify`.
    """

    number: int  # from 1, as in the answer's markers
    page: PageRef
    quote: str
    passage_id: str
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        """Refuse to exist unverified."""
        if seal is not CITATION_SEAL:
            raise CitationError("A Citation is made by citations.verify alone.")


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of an answer with the citations that it rests on. `lead` says what it is about."""

    text: str
    citations: tuple[Citation, ...]
    lead: str = ""
    body: str = ""  # the municipality, prefecture or programme that it is said of
    aspect: str = ""  # of a cell of a table: its row

    @property
    def markdown(self) -> str:
        """The statement with its markers: 「…」[1][2]."""
        lead = f"**{self.lead}** " if self.lead else ""
        return f"{lead}{self.marked}"

    @property
    def marked(self) -> str:
        """The same without its lead."""
        return self.text + "".join(f"[{citation.number}]" for citation in self.citations)


NOT_SAID = "記載なし"


@dataclass(frozen=True, slots=True)
class Table:
    """A comparison: its rows, and the bodies or programmes that are its columns.

    A cell holds the statements of that aspect and body; one without any says 記載なし.
    """

    aspects: tuple[str, ...]
    bodies: tuple[str, ...]

    def markdown(self, statements: Sequence[Statement]) -> str:
        """The table with the statements in their cells, pipes and line ends escaped."""
        rows = [("", *self.bodies), tuple("---" for _ in ("", *self.bodies))]
        rows += [
            (aspect, *(self._cell(aspect, body, statements) for body in self.bodies))
            for aspect in self.aspects
        ]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def cell(self, aspect: str, body: str, statements: Sequence[Statement]) -> list[Statement]:
        """The statements of one cell."""
        return [item for item in statements if (item.aspect, item.body) == (aspect, body)]

    def _cell(self, aspect: str, body: str, statements: Sequence[Statement]) -> str:
        texts = (item.marked for item in self.cell(aspect, body, statements))
        lines = (" ".join(text.replace("|", "\\|").split("\n")) for text in texts)
        return "<br>".join(lines) or NOT_SAID


@dataclass(frozen=True, slots=True)
class RelatedPage:
    """A page that is near the question, offered beside the answer or in its place."""

    page: PageRef
    headings: tuple[str, ...]


class Composition(StrEnum):
    """Who put an answer into words. Whoever it was, every statement has been verified."""

    EXTRACTED = "extracted"  # the documents' own sentences
    WRITTEN = "written"  # a language model
    MIXED = "mixed"  # a language model, and the documents' own sentences behind it


@dataclass(frozen=True, slots=True)
class Unverified:
    """A sentence of a language model's that the documents do not bear out: no part of the answer."""

    text: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the system says to a question. "Not found" is a status, with nothing cited."""

    status: AnswerStatus
    statements: tuple[Statement, ...]
    confidence: float  # 0..1
    related: tuple[RelatedPage, ...] = ()
    rewritten_question: str | None = None
    notice: str = ""  # what a refusal says; of an answer, what to know of how it came about
    unverified: tuple[Unverified, ...] = ()
    composition: Composition = Composition.EXTRACTED
    table: Table | None = None  # of a comparison: how its statements are laid out

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All citations, in the order of their numbers."""
        found = (citation for statement in self.statements for citation in statement.citations)
        return tuple(dict.fromkeys(found))

    @property
    def markdown(self) -> str:
        """The whole answer with [n] markers."""
        if self.status is AnswerStatus.NOT_FOUND:
            return self.notice
        if self.table:
            return self.table.markdown(self.statements)
        return "\n\n".join(statement.markdown for statement in self.statements)
