"""Fills a build's folder: documents, both lexical indexes, both vector collections."""

from __future__ import annotations

import logging
from pathlib import Path

from guideqa.encoder.protocol import ModelIdentity, Vectors
from guideqa.errors import IndexUnavailableError
from guideqa.index.build_manifest import (
    CORPUS,
    LEXICAL,
    NOTES_LEXICAL,
    PAGES_LEXICAL,
    VECTORS,
    BuildManifest,
)
from guideqa.index.fields import lexical_fields, note_fields, page_fields, pages_with_passages
from guideqa.index.folder import remove
from guideqa.index.lexical import LexicalIndex
from guideqa.index.store import CorpusStore
from guideqa.index.vectors import (
    COLLECTION_PREFIX,
    VectorIndex,
    VectorLocation,
    VectorRecord,
    drop_collections,
)

EXPANSIONS_SUFFIX = "-expansions"
_log = logging.getLogger(__name__)


def write_build(
    folder: Path, store: CorpusStore, vectors: Vectors, model: ModelIdentity, chroma_url: str = ""
) -> None:
    """Fill a build's folder. `vectors` has one row for each of `texts_to_embed(store)`.

    The manifest is written last: without it a folder is no build.
    """
    passages = store.passages
    store.save(folder / CORPUS)
    _write_words(folder, store)
    collection = collection_of(folder.name)
    location = VectorLocation(collection, folder / VECTORS, chroma_url)
    records = _passage_records(store)
    with VectorIndex(location, create_for=len(records)) as index:
        index.add(records, vectors[: len(passages)])
    location = VectorLocation(collection + EXPANSIONS_SUFFIX, folder / VECTORS, chroma_url)
    records = _expansion_records(store)
    with VectorIndex(location, create_for=len(records)) as index:
        index.add(records, vectors[len(passages) :])
    BuildManifest.of(folder, model, collection, chroma_url, vectors[: len(passages)]).write(folder)


def _write_words(folder: Path, store: CorpusStore) -> None:
    fields = [lexical_fields(passage) for passage in store.passages]
    LexicalIndex.build(fields).save(folder / LEXICAL)
    pages = page_fields(pages_with_passages(store), store, fields)
    LexicalIndex.build(pages).save(folder / PAGES_LEXICAL)
    LexicalIndex.build(note_fields(store)).save(folder / NOTES_LEXICAL)


def discard_build(folder: Path, chroma_url: str = "") -> None:
    """Delete a build, complete or not, with its collections on the Chroma server where it has some."""
    if chroma_url and folder.is_dir():
        try:
            drop_collections(chroma_url, collection_of(folder.name))
        except IndexUnavailableError:
            _log.info("The collections of %s stay on the Chroma server.", folder.name, exc_info=True)
    remove(folder)


def collection_of(build: str) -> str:
    """The name of a build's collection of passages."""
    return COLLECTION_PREFIX + build


def _passage_records(store: CorpusStore) -> list[VectorRecord]:
    return [
        VectorRecord(
            passage.id,
            passage.text,
            {
                **_document_facets(store, passage.document_id),
                "municipality": passage.facets.municipality,
                "prefecture": passage.facets.prefecture,
                "programme": passage.facets.programme,
                "population": passage.facets.population,
                "pages": "・".join(str(page) for page in passage.pages),
                "headings": " > ".join(passage.headings),
            },
        )
        for passage in store.passages
    ]


def _expansion_records(store: CorpusStore) -> list[VectorRecord]:
    """Ids are positions in `store.expansions`."""
    return [
        VectorRecord(str(number), expansion.text, _document_facets(store, expansion.page.document_id))
        for number, expansion in enumerate(store.expansions)
    ]


def _document_facets(store: CorpusStore, document_id: str) -> dict[str, str]:
    return {"document": document_id, "collection": store.documents[document_id].document.collection}
