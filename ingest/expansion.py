"""Index-time expansion: what our own notes say about a page helps to find the page of the original."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from guideqa.index.fields import embedding_text
from guideqa.index.store import CorpusStore, StoredDocument
from ingest.manifest import Manifest
from ingest.populations import with_populations
from ingest.readers.markdown import read_markdown_folder
from ingest.superseding import notices, with_superseded
from ingest.understanding import redescribed, understand


@dataclass(frozen=True, slots=True)
class Held:
    """The documents of an index: originals, and the digests of works that have none."""

    store: CorpusStore
    digests: tuple[StoredDocument, ...]  # those in the store
    replaced: tuple[str, ...]  # titles of works whose original answers in place of the digest
    notices: tuple[str, ...]  # on documents that are superseded


def documents_of(manifest: Manifest, originals: Iterable[StoredDocument]) -> Held:
    """The corpus's digests and the originals that have been added, each original with the notes on it.

    Documents of works are described, and their cases sorted by population, as the manifest of today does.

    Raises:
        InputError: documents supersede each other in a circle.
    """
    digests = {
        document.work: _as_in(manifest, understand(document, read_markdown_folder(path, document.title)))
        for document, path in manifest.digests()
    }
    described = [_as_in(manifest, stored) for stored in originals]
    expanded = [
        with_notes(stored, digests[stored.document.work]) if stored.document.work in digests else stored
        for stored in described
    ]
    replaced = digests.keys() & {stored.document.work for stored in expanded}
    shown = [digest for work, digest in digests.items() if work not in replaced]
    every = with_superseded([*shown, *expanded])
    return Held(
        CorpusStore({stored.document.id: stored for stored in every}),
        tuple(every[: len(shown)]),
        tuple(digests[work].document.title for work in sorted(replaced)),
        tuple(notices([stored.document for stored in every])),
    )


def _as_in(manifest: Manifest, stored: StoredDocument) -> StoredDocument:
    work = manifest.work(stored.document.work)
    if work is None:
        return with_populations(stored, {})
    described = redescribed(stored, work.description.applied_to(stored.document))
    return with_populations(described, work.populations)


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
