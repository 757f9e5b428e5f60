"""Newer documents in the place of older ones: which is superseded, and by which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from guideqa.errors import InputError
from guideqa.index.store import StoredDocument
from guideqa.types import Document


def with_superseded(documents: Sequence[StoredDocument]) -> list[StoredDocument]:
    """The documents, each knowing the newer one that supersedes it.

    Raises:
        InputError: documents supersede each other in a circle, so that none of them would answer.
    """
    newer = {
        older.id: document.id
        for document in (stored.document for stored in documents)
        for older in (stored.document for stored in documents)
        if _supersedes(document, older)
    }
    for document_id in newer:
        _refuse_circle(document_id, newer)
    return [
        replace(item, document=replace(item.document, superseded_by=newer.get(item.document.id, "")))
        for item in documents
    ]


def notices(documents: Sequence[Document]) -> Iterator[str]:
    """What a report says of superseded documents, and of names of older ones that nothing has."""
    for document in documents:
        older = [item for item in documents if _supersedes(document, item)]
        for item in older:
            yield (
                f"『{item.title}』（{item.id}）は旧版です。今後は『{document.title}』（{document.id}）から答え、"
                "旧版は文書を名指しして絞り込んだときだけ探します。"
            )
        if document.supersedes and not older:
            yield f"{document.id} の supersedes が指す文書は、索引にありません: {document.supersedes}"


def _supersedes(newer: Document, older: Document) -> bool:
    return bool(newer.supersedes) and newer.supersedes in (older.id, older.work) and newer.work != older.work


def _refuse_circle(start: str, newer: Mapping[str, str]) -> None:
    path = [start]
    while path[-1] in newer:
        path.append(newer[path[-1]])
        if path[-1] in path[:-1]:
            raise InputError(f"supersedes が輪になっています: {' → '.join(path)}")
