"""The values that travel between the layers: pages, passages, hits, citations, answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from enum import StrEnum

from guideqa.errors import CitationError, QuestionError


class DocumentKind(StrEnum):
    """Whether a document is somebody's original text or our own notes on one."""

    DIGEST = "digest"
    ORIGINAL = "original"

    @property
    def label(self) -> str:
        """The word that the interface shows."""
        return {"digest": "要約", "original": "原文"}[self.value]


class AnswerStatus(StrEnum):
    """What became of a question."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"


class PageStatus(StrEnum):
    """What became of a page at ingest."""

    INDEXED = "indexed"
    EMPTY = "empty"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class PageRef:
    """A page of a document, by its physical position and by the number printed on it."""

    document_id: str
    index: int  # physical, from 1
    label: str  # as printed: "iii", "58"

    def __str__(self) -> str:
        # A slide, a range of cells or a heading says by itself what it is.
        is_number = self.label.isascii() and "!" not in self.label
        return f"p.{self.label}" if is_number else self.label


@dataclass(frozen=True, slots=True)
class Page:
    """A page as extracted: its text is never normalised, so that it can be shown as it stands."""

    ref: PageRef
    text: str


OWN_COLLECTION = "own"
_COLLECTION_LABELS = {"guidebook": "手引き", OWN_COLLECTION: "庁内の文書"}


def collection_label(collection: str) -> str:
    """The word that the interface shows for a collection; any that the manifest invents is shown as it is."""
    return _COLLECTION_LABELS.get(collection, collection)


def status_label(kind: DocumentKind, superseded_by: str) -> str:
    """The words that tell whose text a document is, and whether a newer one has taken its place."""
    return f"{kind.label}・旧版" if superseded_by else kind.label


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the corpus. `work` names what it is a form of: a digest and its original share it."""

    id: str
    title: str
    kind: DocumentKind
    work: str
    edition: str = ""
    publisher: str = ""
    page_count: int = 0
    collection: str = OWN_COLLECTION
    date: str = ""  # as it was written: 2026-03-31, 令和8年3月
    licence: str = ""
    supersedes: str = ""  # the id of the older document, or work, that this one replaces in answers
    superseded_by: str = ""  # the id of the newer document, where the index has one

    @property
    def issue(self) -> str:
        """Edition and date as they stand behind the title in a citation: 「第2版（令和8年3月）」."""
        if not self.edition or self.date in self.edition:
            return self.edition or self.date
        return f"{self.edition}（{self.date}）"

    @property
    def status_label(self) -> str:
        """What it is to its reader: 「要約」, 「原文」, 「原文・旧版」."""
        return status_label(self.kind, self.superseded_by)


@dataclass(frozen=True, slots=True)
class Facets:
    """Where in the structure of its document a passage stands; an empty string where it has no value."""

    municipality: str = ""
    prefecture: str = ""
    programme: str = ""
    section: str = ""

    @property
    def body(self) -> str:
        """The municipality or prefecture that it is about; "" where it is about none."""
        return self.municipality or self.prefecture


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences under one heading path, with every page that it touches."""

    id: str
    pages: tuple[PageRef, ...]
    headings: tuple[str, ...]
    text: str
    facets: Facets = field(default_factory=Facets)
    topics: tuple[
        str, ...
    ] = ()  # those lines of the text that name what follows them: 「利用料」 above 「無料」

    @property
    def document_id(self) -> str:
        """The document that all its pages belong to."""
        return self.pages[0].document_id


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage. Ranks count from 1; None where that leg did not return the passage."""

    passage: Passage
    score: float
    dense_rank: int | None = None
    lexical_rank: int | None = None
    cosine: float = 0.0  # of question and passage, where the dense leg returned it
    lexical_score: float = 0.0  # share of the attainable BM25F, 0..1
    page_terms: float = 0.0  # the same of its page with all that is said about it
    # In deviations of the corpus: of the passage, and of the nearest text about its page (0 where none is).
    passage_cosine: float = 0.0
    page_cosine: float = 0.0


@dataclass(frozen=True, slots=True)
class Filters:
    """Facet values to keep; an empty tuple does not filter. Values of one facet are alternatives.

    A document that a newer one supersedes is kept only where `document` names it.
    """

    municipality: tuple[str, ...] = ()
    programme: tuple[str, ...] = ()
    document: tuple[str, ...] = ()
    collection: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.municipality or self.programme or self.document or self.collection)

    def keeps(self, passage: Passage) -> bool:
        """Whether a passage has a wanted value of every facet that it knows of itself.

        What it does not know, its document's collection, `guideqa.retrieval.scope` has turned into documents.
        """
        return (
            (not self.municipality or passage.facets.municipality in self.municipality)
            and (not self.programme or passage.facets.programme in self.programme)
            and (not self.document or passage.document_id in self.document)
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: str  # "user" or "assistant"
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a user asks, with the conversation before it.

    Raises:
        QuestionError: the text is empty.
    """

    text: str
    history: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)

    def __post_init__(self) -> None:
        """Refuse an empty question."""
        if not self.text.strip():
            raise QuestionError("質問が空です。知りたいことを入力してください。")


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
