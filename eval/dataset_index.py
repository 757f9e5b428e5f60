"""An index of a dataset, built as the product builds one: its passages, text, encoder and both legs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.beir import BeirDocument
from guideqa.assistant import Assistant
from guideqa.encoder.protocol import Encoder
from guideqa.index.building import write_build
from guideqa.index.embeddings import EmbeddingCache
from guideqa.index.fields import texts_to_embed
from guideqa.index.folder import IndexFolder
from guideqa.index.store import CorpusStore, StoredDocument, StoredPage
from guideqa.settings import Settings
from guideqa.types import Document, DocumentKind, Page, PageRef, PageStatus, Passage
from guideqa.wiring import build_assistant
from ingest.blocks import Block, Piece
from ingest.passages import build_passages


def stored(document: BeirDocument) -> StoredDocument:
    """A document of one page, cut into passages where it is long; its title is their heading."""
    ref = PageRef(document.id, 1, "1")
    headings = (document.title,) if document.title else ()
    paragraphs = [line.strip() for line in document.text.split("\n") if line.strip()]
    passages = build_passages([Block((Piece(ref, text),), headings) for text in paragraphs])
    return StoredDocument(
        Document(document.id, document.title, DocumentKind.ORIGINAL, document.id, page_count=1),
        hashlib.sha256(document.text.encode("utf-8", errors="surrogatepass")).hexdigest(),
        (StoredPage(Page(ref, document.text), PageStatus.INDEXED, headings=headings),),
        tuple(passages),
    )


@contextmanager
def built_assistant(
    documents: Sequence[BeirDocument],
    encoder: Encoder,
    settings: Settings,
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Iterator[Assistant]:
    """An assistant over an index in a temporary folder. Vectors come from `cache` where the text is known.

    Everything but the vectors is made anew, since that is the code that is being measured.
    """
    store = CorpusStore({document.id: stored(document) for document in documents})
    vectors = EmbeddingCache(cache).embed(encoder, texts_to_embed(store), progress)
    with TemporaryDirectory(prefix="guideqa-eval-") as folder:
        own = settings.model_copy(update={"data_dir": Path(folder), "chroma_url": ""})
        with IndexFolder(own.index_dir).writing() as build:
            write_build(build, store, vectors, encoder.identity)
        yield build_assistant(own, encoder)


def document_ranking(passages: Sequence[Passage]) -> list[str]:
    """Ids of documents, each at the place of its best passage."""
    return list(dict.fromkeys(passage.document_id for passage in passages))
