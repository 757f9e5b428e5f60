"""The values that travel between the layers: pages, passages, hits, citations, answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


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
        return f"p.{self.label}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page as extracted: its text is never normalised, so that it can be shown as it stands."""

    ref: PageRef
    text: str


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


@dataclass(frozen=True, slots=True)
class Facets:
    """Where in the structure of its document a passage stands; an empty string where it has no value."""

    municipality: str = ""
    prefecture: str = ""
    programme: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences under one heading path, with every page that it touches."""

    id: str
    pages: tuple[PageRef, ...]
    headings: tuple[str, ...]
    text: str
    facets: Facets = field(default_factory=Facets)

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


@dataclass(frozen=True, slots=True)
class Filters:
    """Facet values to keep; an empty tuple does not filter. Values of one facet are alternatives."""

    municipality: tuple[str, ...] = ()
    programme: tuple[str, ...] = ()
    document: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.municipality or self.programme or self.document)
