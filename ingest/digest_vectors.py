"""Writes the vectors that come with the project: those of every text of every digest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from guideqa.encoder.protocol import Encoder
from guideqa.index.embeddings import EmbeddingCache, cache_key
from guideqa.index.fields import texts_to_embed
from guideqa.index.shipped import FILE, write_shipped
from guideqa.index.store import CorpusStore
from ingest.manifest import Manifest
from ingest.readers.markdown import read_markdown_folder
from ingest.understanding import understand


def digest_texts(manifest: Manifest) -> list[str]:
    """Everything that gets a vector while no original has been added."""
    documents = [
        understand(document, read_markdown_folder(path, document.title))
        for document, path in manifest.digests()
    ]
    return list(dict.fromkeys(texts_to_embed(CorpusStore({item.document.id: item for item in documents}))))


def write_digest_vectors(
    manifest: Manifest,
    cache: EmbeddingCache,
    encoder: Encoder,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Path:
    """Write the file beside the manifest. `cache` must not read that file itself: errors would add up."""
    texts = digest_texts(manifest)
    vectors = cache.embed(encoder, texts, progress)
    path = manifest.folder / FILE
    write_shipped(path, [cache_key(encoder.identity, text) for text in texts], vectors)
    return path
