"""The dense leg: Chroma, embedded in the build or on a server. LlamaIndex's vector store can read it.

Chroma is spoken to directly: through LlamaIndex each query cost 3 ms more, and its import 1.6 s of a server's
start and 3.4 s of an ingest.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from guideqa.encoder.protocol import Vectors
from guideqa.errors import GuideqaError, IndexUnavailableError
from guideqa.index.clients import embedded, of_server
from guideqa.index.holding import Hold
from guideqa.types import Filters

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI

# Exactness matters more than a millisecond: with these, recall@10 was 1.000 at 10,000 passages. How many
# records a search looks at grows with the collection: at 58,500, with 300 it was .97, with 1,000 1.00.
_HNSW = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32}
_MIN_SEARCHED, _MAX_SEARCHED, _RECORDS_FOR_ONE = 300, 2000, 50
# Chroma writes its graph when so many records have come as its `sync_threshold` says. It is set to the last part,
# so that each part is written: what is not is put into the graph anew whenever the collection is opened (0.35 s
# for 600 records), and storing 4,600 takes 2.5 s rather than 6.8.
_BATCH = 2000
COLLECTION_PREFIX = "guideqa-"


@dataclass(frozen=True, slots=True)
class VectorLocation:
    """Where the vectors of a build are: in its own folder, or in a collection of a Chroma server."""

    collection: str
    folder: Path
    url: str = ""


@contextmanager
def _in_words(location: VectorLocation) -> Iterator[None]:
    """What goes wrong in Chroma, in words: its core, its HTTP client and its adapter raise all sorts."""
    try:
        yield
    except GuideqaError:
        raise
    except Exception as error:
        cause = (str(error).splitlines() or [type(error).__name__])[0]
        where, remedy = (
            (location.url, "サーバーが動いているか、GUIDEQA_CHROMA_URL が正しいかを確かめてください。")
            if location.url
            else (location.folder, "空き容量と書き込む権限を確かめ、`guideqa ingest` で作り直してください。")
        )
        raise IndexUnavailableError(
            f"索引のベクトルを読み書きできません（{where}: {cause}）。{remedy}"
        ) from error


@dataclass(frozen=True, slots=True)
class VectorRecord:
    """What is stored beside a vector: any LlamaIndex program can read it back as a node."""

    id: str
    text: str
    metadata: Mapping[str, str]


class VectorIndex:
    """Vectors with their records, in one Chroma collection."""

    def __init__(
        self, location: VectorLocation, *, create_for: int | None = None, hold: Hold | None = None
    ) -> None:
        """Open the collection, or create it empty for a number of records.

        `hold` is let go of once an embedded Chroma has been closed.

        Raises:
            IndexUnavailableError: there is no such collection, it is damaged, or the server does not answer.
        """
        self._location = location
        self._close: Callable[[], None] = lambda: None
        with _in_words(location):
            client: ClientAPI
            if location.url:
                client = of_server(location.url)
            else:
                client, self._close = embedded(location.folder, self, hold)
            try:
                self._collection = _collection(client, location.collection, create_for)
            except BaseException:
                self._close()
                raise

    def __enter__(self) -> Self:
        """For who writes: closed at the end of the block, where readers close when they let go."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is embedded; nothing can be asked of this index any more."""
        self._close()

    def add(self, records: Sequence[VectorRecord], vectors: Vectors) -> None:
        """Store vectors of shape (len(records), dimension)."""
        size = _batch(len(records))
        with _in_words(self._location):
            for begin in range(0, len(records), size):
                some = records[begin : begin + size]
                metadatas: Any = [_llama_index_metadata(record) for record in some]
                self._collection.add(
                    ids=[record.id for record in some],
                    embeddings=vectors[begin : begin + size],
                    metadatas=metadatas,
                    documents=[record.text for record in some],
                )

    def nearest(self, vector: Vectors, count: int, filters: Filters | None = None) -> list[tuple[str, float]]:
        """(record id, cosine) of the nearest records, best first. `vector` has shape (dimension,)."""
        if count < 1:
            return []
        embeddings: Any = [vector.tolist()]
        with _in_words(self._location):
            found = self._collection.query(
                embeddings, n_results=count, where=_where(filters), include=["distances"]
            )
        distances = found["distances"] or [[]]
        return [
            (record, 1.0 - distance) for record, distance in zip(found["ids"][0], distances[0], strict=True)
        ]

    def vectors_of(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The stored vectors of these records, each of shape (dimension,), as far as there are any."""
        if not ids:
            return {}
        with _in_words(self._location):
            found = self._collection.get(list(ids), include=["embeddings"])
        vectors: Any = found["embeddings"]
        return {
            record: np.asarray(vector, np.float32)
            for record, vector in zip(found["ids"], vectors, strict=True)
        }

    def count(self) -> int:
        """How many vectors there are."""
        with _in_words(self._location):
            return self._collection.count()


def _collection(client: ClientAPI, name: str, create_for: int | None) -> Collection:
    if create_for is None:
        return client.get_collection(name, embedding_function=None)
    searched = min(_MAX_SEARCHED, max(_MIN_SEARCHED, create_for // _RECORDS_FOR_ONE))
    threshold = max(2, _last_batch(create_for))
    configuration: Any = {"hnsw": {**_HNSW, "ef_search": searched, "sync_threshold": threshold}}
    return client.create_collection(name, configuration=configuration, embedding_function=None)


def _batch(count: int) -> int:
    """How many records are stored at a time: about equal parts of at most _BATCH."""
    return math.ceil(count / max(1, math.ceil(count / _BATCH))) or 1


def _last_batch(count: int) -> int:
    """The size of the last part, which is the smallest."""
    return count % _batch(count) or _batch(count)


def drop_collections(url: str, prefix: str) -> None:
    """On a Chroma server, delete every collection whose name begins with `prefix`.

    Raises:
        IndexUnavailableError: the server does not answer.
    """
    with _in_words(VectorLocation(prefix, Path(), url)):
        client = of_server(url)
        for collection in client.list_collections():
            if collection.name.startswith(prefix):
                client.delete_collection(collection.name)


def _llama_index_metadata(record: VectorRecord) -> dict[str, str]:
    """A record's metadata as LlamaIndex's `ChromaVectorStore` would write it, so that it can read it back.

    Source: `node_to_metadata_dict` of llama-index-core 0.14; the text stays in Chroma's own document.
    """
    node = {"id_": record.id, "metadata": dict(record.metadata), "text": "", "class_name": "TextNode"}
    return {
        **record.metadata,
        "_node_content": json.dumps(node, ensure_ascii=False),
        "_node_type": "TextNode",
        **dict.fromkeys(("document_id", "doc_id", "ref_doc_id"), "None"),
    }


def _where(filters: Filters | None) -> Any:
    """The filters in Chroma's own terms; None where nothing is filtered."""
    if not filters:
        return None
    chosen = {
        "municipality": filters.municipality,
        "programme": filters.programme,
        "document": filters.document,
        "collection": filters.collection,
        "population": filters.population,
    }
    clauses = [{key: {"$in": list(values)}} for key, values in chosen.items() if values]
    return clauses[0] if len(clauses) == 1 else {"$and": clauses}
