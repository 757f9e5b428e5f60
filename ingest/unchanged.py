"""Whether an index is already what an ingest would make."""

from __future__ import annotations

from dataclasses import dataclass, replace

from guideqa.encoder.protocol import ModelIdentity
from guideqa.errors import IndexUnavailableError
from guideqa.index.build_manifest import BuildManifest
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import open_build
from guideqa.index.store import CorpusStore
from ingest.ledger import FILE, Ledger


@dataclass(frozen=True, slots=True)
class Contents:
    """What a build would consist of."""

    store: CorpusStore
    ledger: Ledger
    model: ModelIdentity
    chroma_url: str


def holds(folder: IndexFolder, wanted: Contents) -> bool:
    """Whether the current index is of these very documents, made in this very way, and answers."""
    try:
        current = folder.current()
        before = Ledger.read(current / FILE)
        if before is None or replace(before, build=wanted.ledger.build) != wanted.ledger:
            return False
        if BuildManifest.read(current).chroma_url != wanted.chroma_url:
            return False
        held = open_build(current, wanted.model).store.documents
        return list(held.items()) == list(wanted.store.documents.items())
    except IndexUnavailableError:
        return False
