"""Index-time expansion: what our own notes say about a page helps to find the page of the original."""

from __future__ import annotations

from dataclasses import replace

from guideqa.index.fields import embedding_text
from guideqa.index.store import StoredDocument


def with_notes(original: StoredDocument, digest: StoredDocument) -> StoredDocument:
    """The original, each page with the questions and notes of the digest's page of the same label."""
    questions = {page.page.ref.label: page.questions for page in digest.pages}
    notes: dict[str, list[str]] = {}
    for passage in digest.passages:
        for ref in passage.pages:
            notes.setdefault(ref.label, []).append(embedding_text(passage))
    pages = []
    for page in original.pages:
        label = page.page.ref.label
        pages.append(replace(page, questions=questions.get(label, ()), notes=tuple(notes.get(label, ()))))
    return replace(original, pages=tuple(pages))
