"""Files → a new index: read, understand, embed, build aside, switch."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from guideqa.encoder.protocol import Encoder
from guideqa.errors import GuideqaError, IndexUnavailableError, InputError, NotFoundError
from guideqa.index.building import discard_build, write_build
from guideqa.index.embeddings import EmbeddingCache
from guideqa.index.fields import texts_to_embed
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import load_store
from guideqa.index.store import CorpusStore, StoredDocument
from guideqa.types import DocumentKind
from ingest.expansion import with_notes
from ingest.manifest import Manifest
from ingest.readers import SUFFIXES
from ingest.readers.archives import unpacked
from ingest.readers.isolation import read_isolated
from ingest.readers.markdown import read_markdown_folder
from ingest.report import DocumentReport, IngestReport, checked
from ingest.understanding import understand

Progress = Callable[[int, int], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks of an ingest: files to add, and what to do with those that are there already."""

    paths: tuple[Path, ...] = ()
    replace: bool = False
    work: str = ""  # the known work that the one file is the original of


class Pipeline:
    """Builds indexes. The one before stays in use until the new one is complete."""

    def __init__(
        self,
        folder: IndexFolder,
        manifest: Manifest,
        cache: EmbeddingCache,
        encoder: Encoder,
        chroma_url: str = "",
    ) -> None:
        """All parts are ready made; nothing is read yet."""
        self._folder = folder
        self._manifest = manifest
        self._cache = cache
        self._encoder = encoder
        self._chroma_url = chroma_url

    def ingest(self, request: Request, progress: Progress = lambda done, of: None) -> IngestReport:
        """Add files, the corpus's digests and its folder of originals; switch to the index of them all.

        `progress` is called with the number of passages embedded, and of how many.

        A file that cannot be read stops none of the others: the report names it.

        Raises:
            InputError: none of the files named can be added: they cannot be read, or their documents are there
                already and `replace` is not asked.
            GuideqaError: another ingest is running, or the index cannot be written.
        """
        with _write_errors(), self._folder.writing(self._discard) as build:
            kept = self._kept()
            reports, failures = self._read(request, kept)
            report = self._build(build, kept, reports, progress)
            return replace(report, failures=tuple(failures))

    def remove(self, document_id: str, progress: Progress = lambda done, of: None) -> IngestReport:
        """Take a document out. A digest that it had replaced answers again.

        Raises:
            NotFoundError: no such document has been added.
        """
        with _write_errors(), self._folder.writing(self._discard) as build:
            kept = self._kept()
            if document_id not in kept:
                raise NotFoundError(
                    f"追加した文書の中にありません: {document_id}（{', '.join(kept) or '追加した文書なし'}）"
                )
            del kept[document_id]
            return self._build(build, kept, [], progress)

    def _discard(self, build: Path) -> None:
        discard_build(build, self._chroma_url)

    def _kept(self) -> dict[str, StoredDocument]:
        """The documents that users have added to the index so far."""
        try:
            documents = load_store(self._folder.current()).documents
        except IndexUnavailableError as error:
            if self._folder.current_name() is not None:
                _log.warning("前の索引を読めないため、追加してあった文書は引き継げません: %s", error)
            return {}
        return {
            key: stored for key, stored in documents.items() if stored.document.kind is DocumentKind.ORIGINAL
        }

    def _read(
        self, request: Request, kept: dict[str, StoredDocument]
    ) -> tuple[list[DocumentReport], list[str]]:
        """Add what can be read, and say of the rest why it cannot."""
        reports, failures = self._add_all(request.paths, request, kept)
        if failures and not reports:
            raise InputError("／".join(failures))
        originals = self._manifest.folder / "originals"
        found = sorted(originals.iterdir()) if originals.is_dir() else []
        named = [path for path in found if path.suffix.lower() in SUFFIXES and path.name != "README.md"]
        more, more_failures = self._add_all(named, Request(replace=True), kept)
        return [*reports, *more], [*failures, *more_failures]

    def _add_all(
        self, paths: Iterable[Path], request: Request, kept: dict[str, StoredDocument]
    ) -> tuple[list[DocumentReport], list[str]]:
        reports: list[DocumentReport] = []
        failures: list[str] = []
        with unpacked(paths, SUFFIXES) as files:
            for path, error in files:
                try:
                    if error is not None:
                        raise error
                    reports.append(self._add(path, request, kept, reports))
                except InputError as failure:
                    failures.append(str(failure))
        return reports, failures

    def _add(
        self,
        path: Path,
        request: Request,
        kept: dict[str, StoredDocument],
        earlier: Sequence[DocumentReport],
    ) -> DocumentReport:
        source = read_isolated(path)
        stored = understand(self._manifest.original(source, path.stem, request.work), source)
        _refuse_second(stored, earlier, path)
        before = kept.get(stored.document.id)
        if before and before.content_hash != stored.content_hash and not request.replace:
            raise InputError(
                f"同じ文書（{stored.document.id}）がすでにあり、内容が違います。差し替えるには --replace を付けてください: {path}"
            )
        kept[stored.document.id] = stored
        if before is None:
            return DocumentReport(stored, "追加")
        same = before.content_hash == stored.content_hash
        return DocumentReport(stored, "変更なし" if same else "差し替え")

    def _build(
        self,
        build: Path,
        kept: dict[str, StoredDocument],
        reports: Sequence[DocumentReport],
        progress: Progress,
    ) -> IngestReport:
        began = time.perf_counter()
        digests = {
            document.work: understand(document, read_markdown_folder(path, document.title))
            for document, path in self._manifest.digests()
        }
        originals = [_expanded(stored, digests) for stored in kept.values()]
        replaced = digests.keys() & {stored.document.work for stored in originals}
        shown = [digest for work, digest in digests.items() if work not in replaced]
        store = CorpusStore({stored.document.id: stored for stored in [*shown, *originals]})
        if not store.passages:
            raise InputError(
                "索引に入れる文書がありません。ファイルを指定してください: guideqa ingest ファイル"
            )
        embedded = _Counter(progress)
        texts = texts_to_embed(store)
        vectors = self._cache.embed(self._encoder, texts, embedded)
        write_build(build, store, vectors, self._encoder.identity, self._chroma_url)
        return IngestReport(
            documents=checked([*(DocumentReport(stored, "要約") for stored in shown), *reports]),
            replaced=tuple(digests[work].document.title for work in sorted(replaced)),
            passages=len(texts),
            embedded=embedded.done,
            seconds=time.perf_counter() - began,
        )


def _refuse_second(stored: StoredDocument, earlier: Sequence[DocumentReport], path: Path) -> None:
    """Two files of one name would take each other's place without a word."""
    same = [report.stored for report in earlier if report.stored.document.id == stored.document.id]
    if any(other.content_hash != stored.content_hash for other in same):
        raise InputError(f"同じ名前の文書が2つあります。名前を変えてから追加してください: {path.name}")


def _expanded(stored: StoredDocument, digests: Mapping[str, StoredDocument]) -> StoredDocument:
    digest = digests.get(stored.document.work)
    return stored if digest is None else with_notes(stored, digest)


class _Counter:
    """Passes progress on and remembers how far it came."""

    def __init__(self, progress: Progress) -> None:
        self.done = 0
        self._progress = progress

    def __call__(self, done: int, of: int) -> None:
        self.done = done
        self._progress(done, of)


@contextmanager
def _write_errors() -> Iterator[None]:
    """A full or read-only disk in words: whichever library meets it first."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise GuideqaError(
            f"索引を書き込めません（{error}）。空き容量と権限を確かめてください。前の索引はそのままです。"
        ) from error


def files_in(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files named, and those of the folders named that can be read, in order."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(child for child in path.rglob("*") if child.suffix.lower() in SUFFIXES)
        else:
            found.append(path)
    return tuple(found)
