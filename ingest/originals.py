"""The files that documents were read from, kept so that pages can be shown and read again.

`root/<document id>/<name>`: what an ingest changes lies ready beside them, under the name of its build, until
the index has been switched. A killed ingest leaves either nothing, or what the next one puts into place.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from guideqa.errors import DocumentError
from guideqa.index.folder import remove
from guideqa.page_images import READY

_SIDECAR = ".pages.json"
_SHARED_SIDECAR = "pages.json"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that a document was read from: its name, its content, and what read it."""

    name: str
    sha256: str  # of the file, and of the page numbers beside it where there are some
    reader: str  # fingerprint of the programs that made a document of it

    @classmethod
    def of(cls, path: Path, reader: str) -> KeptFile:
        """Hash a file.

        Raises:
            DocumentError: it cannot be read.
        """
        digest = hashlib.sha256()
        try:
            for part in (path, *_sidecars(path)):
                with part.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise DocumentError(f"ファイルを開けません（{error.strerror}）: {path}") from error
        return cls(path.name, digest.hexdigest(), reader)


class Originals:
    """The kept files of all documents."""

    def __init__(self, root: Path) -> None:
        """Nothing is read or created yet."""
        self._root = root

    def file_of(self, document_id: str) -> Path | None:
        """The file that a document was read from; None where it has not been kept."""
        folder = self._root / document_id
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        return next((path for path in found if not path.name.endswith(_SHARED_SIDECAR)), None)

    def folder_of(self, document_id: str) -> Path:
        """Where a document's file lies, with what belongs to it."""
        return self._root / document_id

    def document_ids(self) -> list[str]:
        """The documents whose files are kept."""
        found = sorted(self._root.iterdir()) if self._root.is_dir() else []
        return [path.name for path in found if self.file_of(path.name) and not path.name.startswith(".")]

    def lay_ready(self, build: str, document_id: str, path: Path, file: KeptFile) -> None:
        """Copy a file for a build that is being written. It takes the document's place at `settle`.

        Raises:
            DocumentError: it has changed since it was read.
            OSError: it cannot be copied.
        """
        target = self.ready_folder(build) / document_id
        remove(target)
        target.mkdir(parents=True)
        for part in (path, *_sidecars(path)):
            shutil.copyfile(part, target / part.name)
            _flush(target / part.name)
        if KeptFile.of(target / path.name, file.reader) != file:
            raise DocumentError(f"読んでいるあいだに書き換えられました。もう一度加えてください: {path.name}")

    def settle(self, build: str, documents: Collection[str]) -> None:
        """After a build has become the current one: put its files into place, drop those of no document."""
        ready = self.ready_folder(build)
        for folder in sorted(ready.iterdir()) if ready.is_dir() else ():
            target = self._root / folder.name
            remove(target)
            os.rename(folder, target)
        for left_over in self._root.iterdir() if self._root.is_dir() else ():
            if left_over.name not in documents:
                remove(left_over)

    def forget(self, build: str) -> None:
        """Drop what lies ready for a build that will never be the current one."""
        remove(self.ready_folder(build))
        remove(self.unpacking_folder(build))

    def ready_folder(self, build: str) -> Path:
        """Where a build's files lie, each in the folder of its document, until the switch."""
        return self._root / f"{READY}{build}"

    def unpacking_folder(self, build: str) -> Path:
        """Where the zip files of a build are unpacked, until they have been read."""
        return self._root / f".unpacked-{build}"


@cache
def readers_fingerprint() -> str:
    """16 hex digits over all that makes a document of a file: equal ones make equal documents."""
    import guideqa.text
    import ingest

    helpers = [f"{helper}:{shutil.which(helper) is not None}" for helper in ("tesseract", "soffice")]
    return _fingerprint([*ingest.__path__, *guideqa.text.__path__], *helpers)


@cache
def program_fingerprint() -> str:
    """16 hex digits over all that makes an index of documents, but for the model."""
    import guideqa.index

    return _fingerprint(guideqa.index.__path__, readers_fingerprint())


def _fingerprint(folders: Iterable[str], *extra: str) -> str:
    digest = hashlib.sha256("\0".join(extra).encode())
    for folder in map(Path, folders):
        for path in sorted(folder.rglob("*.py")):
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sidecars(path: Path) -> Iterator[Path]:
    """The page numbers beside a text file, under its own name or, where there are none, under the shared one."""
    if path.suffix.lower() == ".txt":
        candidates = (path.with_name(path.stem + _SIDECAR), path.with_name(_SHARED_SIDECAR))
        yield from [candidate for candidate in candidates if candidate.is_file()][:1]


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
