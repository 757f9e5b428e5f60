"""Documents, their pages, and the passages that are found in them."""

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
    populations: tuple[str, ...] = ()  # the bands of population that its cases are sorted by, smallest first

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
    population: str = ""  # the band of population of the municipality

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
