"""The values that travel between the layers: pages, passages, hits, citations, answers."""

from __future__ import annotations

from guideqa.types.answers import (
    CITATION_SEAL,
    NOT_SAID,
    Answer,
    AnswerStatus,
    Citation,
    Composition,
    RelatedPage,
    Statement,
    Table,
    Unverified,
)
from guideqa.types.documents import (
    OWN_COLLECTION,
    Document,
    DocumentKind,
    Facets,
    Page,
    PageRef,
    PageStatus,
    Passage,
    collection_label,
    status_label,
)
from guideqa.types.questions import Filters, Hit, Question, Turn

__all__ = [
    "Answer",
    "AnswerStatus",
    "CITATION_SEAL",
    "Citation",
    "Composition",
    "Document",
    "DocumentKind",
    "Facets",
    "Filters",
    "Hit",
    "NOT_SAID",
    "OWN_COLLECTION",
    "Page",
    "PageRef",
    "PageStatus",
    "Passage",
    "Question",
    "RelatedPage",
    "Statement",
    "Table",
    "Turn",
    "Unverified",
    "collection_label",
    "status_label",
]
