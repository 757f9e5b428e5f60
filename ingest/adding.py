"""The documents that users have added, while an ingest changes which there are."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from guideqa.errors import GuideqaError, IndexUnavailableError, InputError, NotFoundError
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import load_store
from guideqa.index.store import StoredDocument
from guideqa.types import DocumentKind
from ingest.difference import difference
from ingest.ledger import FILE, Ledger
from ingest.manifest import Manifest
from ingest.originals import KeptFile, Originals, readers_fingerprint
from ingest.readers import SUFFIXES
from ingest.readers.archives import unpacked
from ingest.readers.isolation import read_isolated
from ingest.report import DocumentReport
from ingest.understanding import understand

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks of an ingest: files to add, and what to do with those that are there already."""

    paths: tuple[Path, ...] = ()
    replace: bool = False
    work: str = ""  # the known work that the one file is the original of
    document: str = ""  # the document that the one file takes the place of
    if_changed: bool = False  # where nothing has changed and the index is sound, it stays as it is


@dataclass(slots=True)
class Shelf:
    """The documents that have been added, by id, with the files that they were read from."""

    documents: dict[str, StoredDocument] = field(default_factory=dict)
    files: dict[str, KeptFile] = field(default_factory=dict)
    lost: tuple[str, ...] | None = None  # the documents of an index that cannot be read, as far as known

    @classmethod
    def of(cls, folder: IndexFolder) -> Shelf:
        """Those of the current index."""
        name = folder.current_name()
        if name is None:
            return cls()
        ledger = Ledger.read(folder.path_of(name) / FILE) or Ledger.read(folder.root.parent / FILE)
        try:
            documents = load_store(folder.current()).documents
        except IndexUnavailableError as error:
            _log.warning("前の索引を読めません: %s", error)
            entries = ledger.documents if ledger else ()
            return cls(lost=tuple(item.id for item in entries if item.kind == DocumentKind.ORIGINAL))
        added = {key: item for key, item in documents.items() if item.document.kind is DocumentKind.ORIGINAL}
        return cls(added, ledger.files() if ledger and ledger.build == name else {})

    def remove(self, document_id: str) -> None:
        """Take a document out.

        Raises:
            NotFoundError: no such document has been added.
        """
        self.require(document_id)
        del self.documents[document_id]
        self.files.pop(document_id, None)

    def require(self, document_id: str) -> StoredDocument:
        """A document that has been added.

        Raises:
            NotFoundError: there is no such one.
        """
        stored = self.documents.get(document_id)
        if stored is None:
            known = ", ".join(self.documents) or "追加した文書なし"
            raise NotFoundError(f"追加した文書の中にありません: {document_id}（{known}）")
        return stored


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

    def add_all(self, paths: Iterable[Path], request: Request) -> None:
        """Add what can be read; of the rest, `failures` says why it cannot."""
        with unpacked(paths, SUFFIXES, self._originals.unpacking_folder(self._build)) as files:
            for path, error in files:
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
        before = self._shelf.documents.get(document_id)
        is_same = before is not None and before.content_hash == stored.content_hash
        if before and not is_same and not request.replace:
            raise InputError(
                f"同じ文書（{document_id}）がすでにあり、内容が違います。差し替えるには --replace を付けてください: {path}"
            )
        self._keep(document_id, path, file)
        self._shelf.documents[document_id] = stored
        if before is None:
            return DocumentReport(stored, "追加")
        if is_same:
            return DocumentReport(stored, "変更なし")
        return DocumentReport(stored, "差し替え", tuple(difference(before, stored)))

    def _unchanged(self, file: KeptFile | None, request: Request) -> StoredDocument | None:
        """The document of a file that has been read before, by the same programs; it need not be read again."""
        wanted = request.document or request.work
        known = (key for key, kept in self._shelf.files.items() if kept == file)
        found = next((key for key in known if wanted in ("", key)), None)
        return None if found is None else self._shelf.documents.get(found)

    def _read(self, path: Path, request: Request) -> StoredDocument:
        source = read_isolated(path)
        if not request.document:
            return understand(self._manifest.original(source, path.stem, request.work), source)
        if request.document in self._manifest.work_ids:
            return understand(self._manifest.original(source, path.stem, request.document), source)
        document = self._manifest.original(source, path.stem)
        return understand(replace(document, id=request.document, work=request.document), source)

    def _refuse_second(self, stored: StoredDocument, path: Path) -> None:
        """Two files of one name would take each other's place without a word."""
        same = [item.stored for item in self.reports if item.stored.document.id == stored.document.id]
        if any(other.content_hash != stored.content_hash for other in same):
            raise InputError(f"同じ名前の文書が2つあります。名前を変えてから追加してください: {path.name}")

    def _keep(self, document_id: str, path: Path, file: KeptFile | None) -> None:
        if file is None:
            raise GuideqaError(f"ファイルがなくなりました: {path}")
        kept = self._shelf.files.get(document_id)
        held = self._originals.file_of(document_id)
        if held is None or kept is None or (kept.name, kept.sha256) != (file.name, file.sha256):
            self._originals.lay_ready(self._build, document_id, path, file)
            self.has_new_files = True
        self._shelf.files[document_id] = file


def files_in(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files named, and those of the folders named that can be read, in order."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(child for child in path.rglob("*") if child.suffix.lower() in SUFFIXES)
        else:
            found.append(path)
    return tuple(found)
