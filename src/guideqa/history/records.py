"""What is kept of a conversation. A citation is found again by document, printed page and its own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from guideqa.citations import stands_on
from guideqa.index.store import CorpusStore, StoredPage
from guideqa.types import Citation, Document


@dataclass(frozen=True, slots=True)
class KeptCitation:
    """A quotation as it was cited: it is found again by document, printed page and its own words."""

    number: int
    document: str
    title: str
    label: str
    quote: str

    @classmethod
    def of(cls, citation: Citation, document: Document) -> KeptCitation:
        """What is kept of a citation."""
        page = citation.page
        return cls(citation.number, page.document_id, document.title, page.label, citation.quote)

    def page_in(self, store: CorpusStore) -> StoredPage | None:
        """The page of this document and label as it is now, whatever stands on it; None where there is none."""
        stored = store.documents.get(self.document)
        pages = stored.pages if stored else ()
        return next((page for page in pages if page.page.ref.label == self.label), None)

    def stands_in(self, store: CorpusStore) -> bool:
        """Whether that page still holds the quotation; where not, the quotation is of an older edition."""
        page = self.page_in(store)
        return page is not None and stands_on(page.page, self.quote)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer."""

    id: str  # the answer's
    question: str
    answer: str  # Markdown with [n] markers: what follow-ups lean on
    shown: str  # as the interface showed it; no other program reads it
    citations: tuple[KeptCitation, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """A whole conversation, oldest question first."""

    id: str
    title: str
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list."""

    id: str
    title: str
    used_at: datetime
