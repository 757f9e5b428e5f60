"""Which documents a question is asked of: those of its collections, and none that a newer one supersedes."""

from __future__ import annotations

from dataclasses import replace

from guideqa.index.opened import OpenIndex
from guideqa.types import Document, Filters

_NO_DOCUMENT = ("",)  # a filter that nothing passes: an empty one would let everything pass


def scoped(index: OpenIndex, filters: Filters) -> Filters:
    """The filters with their documents in place of collections.

    Where every document may answer, none is named: a leg that need not filter is faster.
    """
    documents = [stored.document for stored in index.store.documents.values()]
    wanted = tuple(document.id for document in documents if _is_wanted(document, filters))
    if len(wanted) == len(documents):
        return replace(filters, document=(), collection=())
    return replace(filters, document=wanted or _NO_DOCUMENT, collection=())


def _is_wanted(document: Document, filters: Filters) -> bool:
    if filters.collection and document.collection not in filters.collection:
        return False
    return document.id in filters.document if filters.document else not document.superseded_by
