"""Files are read and become documents: what an ingest changes of those that users have added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from guideqa.documents.jobs import JobProgress, Stage
from guideqa.errors import GuideqaError, InputError, NotFoundError
from guideqa.index.store import StoredDocument
from guideqa.types import Document, DocumentKind
from ingest.description import Description
from ingest.difference import difference
from ingest.manifest import Manifest, Work
from ingest.naming import own_id
from ingest.originals import KeptFile, Originals, readers_fingerprint
from ingest.progress import Watch
from ingest.readers import SUFFIXES
from ingest.readers.archives import unpacked
from ingest.readers.isolation import read_isolated
from ingest.report import DocumentReport
from ingest.shelf import Shelf
from ingest.source import Source
from ingest.understanding import redescribed, understand


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks of an ingest: files to add, and what to do with those that are there already."""

    paths: tuple[Path, ...] = ()
    replace: bool = False
    work: str = ""  # the known work that the one file is the original of
    document: str = ""  # the document that the one file takes the place of
    description: Description = Description()  # what is said of the files' documents
    if_changed: bool = False  # where nothing has changed and the index is sound, it stays as it is


class Adder:
    """Reads files and puts their documents on a shelf, for one build."""

    def __init__(self, manifest: Manifest, originals: Originals, shelf: Shelf, build: str) -> None:
        """All parts are ready made; nothing is read yet."""
        self._manifest = manifest
        self._originals = originals
        self._shelf = shelf
        self._build = build
        self._reader = f"{readers_fingerprint()}-{manifest.fingerprint}"
        self.reports: list[DocumentReport] = []
        self.failures: list[str] = []
        self.has_new_files = False
        self.recovered: list[DocumentReport] = []
        self.lost: list[str] = []
        self.watch: Watch = lambda progress: None

    def add_all(self, paths: Iterable[Path], request: Request) -> None:
        """Add what can be read; of the rest, `failures` says why it cannot."""
        with unpacked(paths, SUFFIXES, self._originals.unpacking_folder(self._build)) as files:
            for number, (path, error) in enumerate(files, start=1):
                self.watch(JobProgress(Stage.READING, path.name, number, len(files)))
                try:
                    if error is not None:
                        raise error
                    self.reports.append(self._add(path, request))
                except InputError as failure:
                    self.failures.append(str(failure))

    def add_folder_of_originals(self) -> None:
        """Add what lies in the corpus's own folder of originals."""
        originals = self._manifest.folder / "originals"
        found = sorted(originals.iterdir()) if originals.is_dir() else []
        named = [path for path in found if path.suffix.lower() in SUFFIXES and path.name != "README.md"]
        self.add_all(named, Request(replace=True))

    def read_again(self, document_ids: Sequence[str]) -> None:
        """Read kept files with the programs of today.

        Raises:
            NotFoundError: a file has not been kept.
        """
        files = {document_id: self._originals.file_of(document_id) for document_id in document_ids}
        missing = [document_id for document_id, path in files.items() if path is None]
        if missing:
            raise NotFoundError(
                f"元のファイルが残っていません: {', '.join(missing)}（guideqa ingest ファイル --replace で加え直してください）"
            )
        for document_id, path in files.items():
            try:
                request = Request(replace=True, document=document_id)
                self.reports.append(self._add(path or Path(), request, again=True))
            except InputError as failure:
                self.failures.append(str(failure))

    def recover(self) -> None:
        """Where the index before cannot be read: read every kept file again; `lost` says what is gone."""
        if self._shelf.lost is None:
            return
        self.read_again(self._originals.document_ids())
        gone = [key for key in self._shelf.lost if key not in self._shelf.documents]
        self.lost = [*gone, *self.failures]
        self.recovered, self.reports, self.failures = self.reports, [], []

    def _add(self, path: Path, request: Request, *, again: bool = False) -> DocumentReport:
        file = KeptFile.of(path, self._reader) if path.is_file() else None
        stored = None if again else self._unchanged(file, request)
        stored = stored or self._read(path, request)
        document_id = stored.document.id
        self._refuse_second(stored, path)
        given = self._given(stored.document, request)
        stored = redescribed(stored, given.applied_to(stored.document))
        before = self._shelf.documents.get(document_id)
        is_same = before is not None and before.content_hash == stored.content_hash
        if before and not is_same and not request.replace:
            raise InputError(
                f"同じ文書（{document_id}）がすでにあり、内容が違います。差し替えるには --replace（画面では「差し替える」）を指定してください: {path}"
            )
        self._keep(document_id, path, file)
        self._shelf.documents[document_id] = stored
        self._shelf.known.given[document_id] = given
        if before is None:
            return DocumentReport(stored, "追加")
        if is_same:
            is_described_alike = given.applied_to(before.document) == before.document
            return DocumentReport(stored, "変更なし" if is_described_alike else "題名や分類などを変更")
        return DocumentReport(stored, "差し替え", tuple(difference(before, stored)))

    def _unchanged(self, file: KeptFile | None, request: Request) -> StoredDocument | None:
        """The document of a file that has been read before, by the same programs; it need not be read again."""
        wanted = request.document or request.work
        known = (key for key, kept in self._shelf.known.files.items() if kept == file)
        found = next((key for key in known if wanted in ("", key)), None)
        return None if found is None else self._shelf.documents.get(found)

    def _read(self, path: Path, request: Request) -> StoredDocument:
        source = read_isolated(path)
        work = self._work_of(source, path.name, request)
        if work is not None:
            return understand(work.document(DocumentKind.ORIGINAL), source)
        held = self._shelf.file_names()
        document_id = request.document or own_id(path, held, self._manifest.document_ids)
        return understand(Document(document_id, source.title, DocumentKind.ORIGINAL, document_id), source)

    def _work_of(self, source: Source, file_name: str, request: Request) -> Work | None:
        """The work that a file is the original of, because a user says so or because it is recognised.

        Raises:
            NotFoundError: a user names a work that is not known.
        """
        if request.document:
            return self._manifest.work(request.document)
        if not request.work:
            return self._manifest.recognised(source, file_name)
        work = self._manifest.work(request.work)
        if work is None:
            known = ", ".join(item.id for item in self._manifest.works) or "なし"
            raise NotFoundError(f"知らない文書名です: {request.work}（使えるもの: {known}）")
        return work

    def _given(self, document: Document, request: Request) -> Description:
        """What has been said of a document, now and before.

        Raises:
            InputError: the manifest describes the document, or there is none that it could supersede.
        """
        said = request.description
        if said and self._manifest.work(document.work):
            raise InputError(
                f"『{document.title}』（{document.id}）の題名や分類は manifest.toml に書いてあります。変えるときは、そこを書き換えてください。"
            )
        known = {*self._shelf.documents, *self._manifest.document_ids} - {document.id}
        if said.supersedes and said.supersedes not in known:
            raise NotFoundError(
                f"旧版として指定された文書がありません: {said.supersedes}（{', '.join(sorted(known)) or 'なし'}）"
            )
        return self._shelf.known.given.get(document.id, Description()).with_more(said)

    def _refuse_second(self, stored: StoredDocument, path: Path) -> None:
        """Two files of one name would take each other's place without a word."""
        same = [item.stored for item in self.reports if item.stored.document.id == stored.document.id]
        if any(other.content_hash != stored.content_hash for other in same):
            raise InputError(f"同じ名前の文書が2つあります。名前を変えてから追加してください: {path.name}")

    def _keep(self, document_id: str, path: Path, file: KeptFile | None) -> None:
        if file is None:
            raise GuideqaError(f"ファイルがなくなりました: {path}")
        kept = self._shelf.known.files.get(document_id)
        held = self._originals.file_of(document_id)
        if held is None or kept is None or (kept.name, kept.sha256) != (file.name, file.sha256):
            self._originals.lay_ready(self._build, document_id, path, file)
            self.has_new_files = True
        self._shelf.known.files[document_id] = file


def files_in(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files named, and those of the folders named that can be read, in order."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(child for child in path.rglob("*") if child.suffix.lower() in SUFFIXES)
        else:
            found.append(path)
    return tuple(found)
