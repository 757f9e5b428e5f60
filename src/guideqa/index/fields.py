"""What each leg reads of a passage and of a page."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from guideqa.index.store import CorpusStore
from guideqa.text.terms import lexical_terms
from guideqa.types import PageRef, Passage


def context_of(passage: Passage) -> str:
    """What a passage's place says of it: a case says 「本町」 where a question says 「玉東町」."""
    facets = passage.facets
    parts = (facets.prefecture, facets.municipality, facets.programme, *passage.headings[-3:])
    return " ".join(dict.fromkeys(part for part in parts if part))


def embedding_text(passage: Passage) -> str:
    """The text that the dense leg embeds."""
    return f"{context_of(passage)}\n{passage.text}"


def texts_to_embed(store: CorpusStore) -> list[str]:
    """Everything that gets a vector: the passages, then the expansions of the pages."""
    passages = [embedding_text(passage) for passage in store.passages]
    return passages + [expansion.text for expansion in store.expansions]


def lexical_fields(passage: Passage) -> dict[str, list[str]]:
    """The fields that the lexical leg indexes of a passage."""
    return {"headings": _terms(context_of(passage)), "body": _terms(passage.text)}


def _terms(text: str) -> list[str]:
    """Each term is one object however often it occurs: of 15,000 pages they are held all at once."""
    return [sys.intern(term) for term in lexical_terms(text)]


def page_fields(
    pages: Sequence[PageRef], store: CorpusStore, passages: Sequence[Mapping[str, list[str]]]
) -> list[dict[str, list[str]]]:
    """For each page the terms of its passages and of what has been said about it elsewhere.

    `passages` are the fields of `store.passages`, in the same order. Each heading counts once.
    """
    bodies: dict[PageRef, list[str]] = {page: [] for page in pages}
    headings: dict[PageRef, dict[str, None]] = {page: {} for page in pages}
    for passage, fields in zip(store.passages, passages, strict=True):
        for page in passage.pages:
            bodies[page] += fields["body"]
            headings[page].update(dict.fromkeys(fields["headings"]))
    for expansion in store.expansions:
        if expansion.page in bodies:
            bodies[expansion.page] += _terms(expansion.text)
    return [{"body": bodies[page], "headings": list(headings[page])} for page in pages]


def note_fields(store: CorpusStore) -> list[dict[str, list[str]]]:
    """For each of `store.expansions` its terms."""
    return [{"body": _terms(expansion.text)} for expansion in store.expansions]


def pages_with_passages(store: CorpusStore) -> list[PageRef]:
    """Every page that a passage touches, in the order in which the page-level leg numbers them."""
    return list(dict.fromkeys(page for passage in store.passages for page in passage.pages))
