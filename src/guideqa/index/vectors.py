"""The dense leg: Chroma through LlamaIndex's vector store, embedded in the build or on a server."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from guideqa.encoder.protocol import Vectors
from guideqa.errors import IndexUnavailableError, SettingsError
from guideqa.types import Filters, Passage

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

# Exactness matters more than a millisecond: with these, recall@10 was 1.000 at 10,000 passages.
_HNSW = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 300}
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class VectorLocation:
    """Where the vectors of a build are: in its own folder, or in a collection of a Chroma server."""

    collection: str
    folder: Path
    url: str = ""


def _client(location: VectorLocation) -> ClientAPI:
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not location.url:
        return chromadb.PersistentClient(path=str(location.folder), settings=settings)
    parts = urlsplit(location.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            f"GUIDEQA_CHROMA_URL は http://ホスト:ポート の形で指定してください: {location.url}"
        )
    try:
        return chromadb.HttpClient(
            host=parts.hostname, port=parts.port or 8000, ssl=parts.scheme == "https", settings=settings
        )
    except ValueError as error:
        raise IndexUnavailableError(f"Chromaサーバーに接続できません: {location.url}") from error


class VectorIndex:
    """Passage vectors with their facets."""

    def __init__(self, location: VectorLocation, *, create: bool = False) -> None:
        """Open the collection, or create it empty."""
        from chromadb.errors import NotFoundError
        from llama_index.vector_stores.chroma import ChromaVectorStore

        self._client = _client(location)
        try:
            if create:
                configuration: Any = {"hnsw": _HNSW}
                collection = self._client.create_collection(
                    location.collection, configuration=configuration, embedding_function=None
                )
            else:
                collection = self._client.get_collection(location.collection, embedding_function=None)
        except (NotFoundError, ValueError) as error:
            raise IndexUnavailableError(
                f"索引のベクトルが見つかりません（{location.collection}）。`guideqa ingest` で作り直してください。"
            ) from error
        self._collection = collection
        self._store = ChromaVectorStore(chroma_collection=collection)

    def add(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Store vectors of shape (len(passages), dimension)."""
        from llama_index.core.schema import BaseNode, TextNode

        nodes: list[BaseNode] = [
            TextNode(
                id_=passage.id,
                text="",
                embedding=[float(number) for number in vector],
                metadata={
                    "document": passage.document_id,
                    "municipality": passage.facets.municipality,
                    "prefecture": passage.facets.prefecture,
                    "programme": passage.facets.programme,
                },
            )
            for passage, vector in zip(passages, vectors, strict=True)
        ]
        for begin in range(0, len(nodes), _BATCH):
            self._store.add(nodes[begin : begin + _BATCH])

    def nearest(self, vector: Vectors, count: int, filters: Filters | None = None) -> list[tuple[str, float]]:
        """(passage id, cosine) of the nearest passages, best first. `vector` has shape (dimension,)."""
        from llama_index.core.vector_stores.types import VectorStoreQuery

        query = VectorStoreQuery(
            query_embedding=vector.tolist(), similarity_top_k=count, filters=_metadata_filters(filters)
        )
        result = self._store.query(query)
        # LlamaIndex turns Chroma's cosine distance d into exp(-d); undo it to report the cosine.
        return [
            (passage_id, 1.0 + math.log(similarity))
            for passage_id, similarity in zip(result.ids or (), result.similarities or (), strict=True)
        ]

    def count(self) -> int:
        """How many vectors there are."""
        return self._collection.count()

    def drop(self) -> None:
        """Delete the collection (on a server; an embedded one goes with its folder)."""
        self._client.delete_collection(self._collection.name)


def _metadata_filters(filters: Filters | None) -> Any:
    if not filters:
        return None
    from llama_index.core.vector_stores.types import FilterOperator, MetadataFilter, MetadataFilters

    chosen = {
        "municipality": filters.municipality,
        "programme": filters.programme,
        "document": filters.document,
    }
    return MetadataFilters(
        filters=[
            MetadataFilter(key=key, value=list(values), operator=FilterOperator.IN)
            for key, values in chosen.items()
            if values
        ]
    )
