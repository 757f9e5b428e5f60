"""Files → a new index: read, understand, embed, build aside, switch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from guideqa.documents.jobs import JobProgress, Stage
from guideqa.encoder.protocol import Encoder
from guideqa.errors import InputError
from guideqa.index.building import discard_build, write_build
from guideqa.index.embeddings import EmbeddingCache
from guideqa.index.fields import texts_to_embed
from guideqa.index.folder import IndexFolder
from guideqa.index.store import CorpusStore
from guideqa.page_images import FOLDER
from ingest import ledger
from ingest.adding import Adder, Request, files_in
from ingest.carrying import install, opened
from ingest.description import Description
from ingest.expansion import documents_of
from ingest.ledger import Ledger
from ingest.manifest import Manifest
from ingest.originals import Originals
from ingest.progress import Counter, Progress, Watch
from ingest.report import DocumentReport, IngestReport
from ingest.settling import settle
from ingest.shelf import Shelf
from ingest.unchanged import Contents, holds
from ingest.write_errors import write_errors

__all__ = ["Pipeline", "Progress", "Request", "files_in"]

_AS_BEFORE = Description()


@dataclass(frozen=True, slots=True)
class _Job:
    """One build, while it is being made."""

    folder: Path
    shelf: Shelf
    adder: Adder
    progress: Progress


class Pipeline:
    """Builds indexes. The one before stays in use until the new one is complete."""

    def __init__(
        self,
        folder: IndexFolder,
        manifest: Manifest,
        cache: EmbeddingCache,
        encoder: Encoder,
        chroma_url: str = "",
        watch: Watch = lambda progress: None,
    ) -> None:
        """All parts are ready made; nothing is read yet. Kept files and the ledger lie beside the index.

        `watch` is told of each stage as it begins.
        """
        self._folder = folder
        self._manifest = manifest
        self._cache = cache
        self._encoder = encoder
        self._chroma_url = chroma_url
        self._watch = watch
        self._originals = Originals(folder.root.parent / FOLDER)

    def ingest(self, request: Request, progress: Progress = lambda done, of: None) -> IngestReport:
        """Add files, the corpus's digests and its folder of originals; switch to the index of them all.

        `progress` is called with the number of passages embedded, and of how many.

        A file that cannot be read stops none of the others: the report names it. Where the index before cannot
        be read, its documents are read again from the files that have been kept.

        Raises:
            InputError: none of the files named can be added: they cannot be read, or their documents are there
                already and `replace` is not asked.
            GuideqaError: another ingest is running, or the index cannot be written.
        """
        try:
            with self._job(progress) as job:
                job.adder.add_all(request.paths, request)
                _require_some(job.adder)
                job.adder.add_folder_of_originals()
                return self._build(job, if_changed=request.if_changed)
        except _NothingToDo as nothing:
            return nothing.report

    def remove(self, document_id: str, progress: Progress = lambda done, of: None) -> IngestReport:
        """Take a document out. A digest that it had replaced answers again.

        Raises:
            NotFoundError: no such document has been added.
        """
        with self._job(progress) as job:
            job.shelf.remove(document_id)
            return self._build(job)

    def replace(
        self,
        document_id: str,
        path: Path,
        progress: Progress = lambda done, of: None,
        description: Description = _AS_BEFORE,
    ) -> IngestReport:
        """Put another file in the place of a document, which keeps its id, and what is not described anew.

        Raises:
            InputError: no such document has been added, or the file cannot be read.
        """
        with self._job(progress) as job:
            job.shelf.require(document_id)
            job.adder.add_all([path], Request(replace=True, document=document_id, description=description))
            _require_some(job.adder)
            return self._build(job)

    def reingest(
        self, document_ids: Sequence[str] = (), progress: Progress = lambda done, of: None
    ) -> IngestReport:
        """Read the kept files of documents again, of all where none is named: after an upgrade, say.

        Raises:
            InputError: no such document has been added, or its file has not been kept or cannot be read.
        """
        with self._job(progress) as job:
            for document_id in document_ids:
                job.shelf.require(document_id)
            job.adder.read_again(document_ids or list(job.shelf.documents))
            _require_some(job.adder)
            return self._build(job)

    def take_over(self, path: Path, *, replace: bool = False) -> Ledger:
        """Switch to an index that has been exported; returns its ledger.

        Raises:
            InputError: the file is no sound index of this model, or documents would go and `replace` is not
                asked.
        """
        with self._new_build() as build, opened(path) as carried:
            entered = install(carried, build, self._originals, self._encoder.identity)
            gone = Shelf.of(self._folder).documents.keys() - {item.id for item in entered.documents}
            if gone and not replace:
                raise InputError(
                    f"取り込むと、加えてあった文書がなくなります（{', '.join(sorted(gone))}）。よければ --replace を付けてください。"
                )
            return entered

    @contextmanager
    def _job(self, progress: Progress) -> Iterator[_Job]:
        """What an ingest works on, and with."""
        with self._new_build() as build:
            shelf = Shelf.of(self._folder)
            adder = Adder(self._manifest, self._originals, shelf, build.name)
            adder.watch = self._watch
            adder.recover()
            yield _Job(build, shelf, adder, progress)

    @contextmanager
    def _new_build(self) -> Iterator[Path]:
        """A build that becomes the current one when the block ends well, with the files of its documents."""
        with write_errors(), self._folder.writing(self._discard, self._settle) as build:
            self._settle()  # what a kill right after a switch has left
            yield build

    def _discard(self, build: Path) -> None:
        self._originals.forget(build.name)
        discard_build(build, self._chroma_url)

    def _settle(self) -> None:
        settle(self._folder, self._originals)

    def _build(self, job: _Job, *, if_changed: bool = False) -> IngestReport:
        began = time.perf_counter()
        held = documents_of(self._manifest, job.shelf.documents.values())
        store = held.store
        if not store.passages:
            raise InputError(
                "索引に入れる文書がありません。ファイルを指定してください: guideqa ingest ファイル"
            )
        texts = texts_to_embed(store)
        report = IngestReport(
            documents=(
                *(DocumentReport(stored, "要約") for stored in held.digests),
                *job.adder.recovered,
                *job.adder.reports,
            ),
            replaced=held.replaced,
            ledger=Ledger.of(job.folder.name, store, job.shelf.known, job.adder.failures),
            passages=len(texts),
            embedded=0,
            seconds=0.0,
            failures=tuple(job.adder.failures),
            lost=tuple(job.adder.lost),
            notices=held.notices,
        )
        if if_changed and not job.adder.has_new_files and self._is_current(store, report.ledger):
            raise _NothingToDo(replace(report, has_changed=False, seconds=time.perf_counter() - began))
        report.ledger.write(job.folder / ledger.FILE)
        self._watch(JobProgress(Stage.EMBEDDING))
        embedded = Counter(job.progress)
        vectors = self._cache.embed(self._encoder, texts, embedded)
        self._watch(JobProgress(Stage.WRITING))
        write_build(job.folder, store, vectors, self._encoder.identity, self._chroma_url)
        return replace(report, embedded=embedded.done, seconds=time.perf_counter() - began)

    def _is_current(self, store: CorpusStore, entered: Ledger) -> bool:
        return holds(self._folder, Contents(store, entered, self._encoder.identity, self._chroma_url))


class _NothingToDo(Exception):
    """Ends a build that would be what there is already."""

    def __init__(self, report: IngestReport) -> None:
        super().__init__("nothing has changed")
        self.report = report


def _require_some(adder: Adder) -> None:
    """Where nothing that was asked for could be done, nothing changes."""
    if adder.failures and not adder.reports:
        raise InputError("／".join(adder.failures))
