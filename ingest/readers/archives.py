"""Zip files: their documents, unpacked within limits into a folder that goes away again."""

from __future__ import annotations

import errno
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from guideqa.errors import DocumentError
from guideqa.index.folder import remove
from ingest.readers.packages import check_unpacked_size

_CHUNK = 1024**2
_UTF8_NAME = 0x800
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # no fault of the file's


@contextmanager
def unpacked(
    paths: Iterable[Path], suffixes: tuple[str, ...], folder: Path
) -> Iterator[list[tuple[Path, DocumentError | None]]]:
    """The files, with the documents inside each zip file in its place, while the context lasts.

    They lie in `folder`, which is made where it is needed. A zip file that cannot be unpacked comes with the
    error that says why.

    Raises:
        OSError: the disk of `folder` is full, or may not be written.
    """
    found: list[tuple[Path, DocumentError | None]] = []
    try:
        for number, path in enumerate(paths):
            if path.suffix.lower() != ".zip":
                found.append((path, None))
                continue
            try:
                found += [(member, None) for member in unpack(path, folder / str(number), suffixes)]
            except DocumentError as error:
                found.append((path, error))
        yield found
    finally:
        remove(folder)


def unpack(path: Path, folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The documents of a zip file, written under a folder; zip files inside it are left packed.

    Raises:
        DocumentError: damaged, encrypted, a bomb, with paths that climb out, or without any document.
        OSError: the disk of the folder is full, or may not be written.
    """
    try:
        with zipfile.ZipFile(path) as package:
            check_unpacked_size(package, path.name)
            members = [member for member in package.infolist() if not member.is_dir()]
            found = [
                _extract(package, member, folder, path.name)
                for member in members
                if _is_document(member, suffixes)
            ]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        if getattr(error, "errno", None) in _OF_THE_DISK:
            raise
        raise DocumentError(f"ZIPを展開できません（破損、またはパスワード付き）: {path.name}") from error
    if not found:
        raise DocumentError(f"読める文書が入っていません: {path.name}")
    return sorted(found)


def _is_document(member: zipfile.ZipInfo, suffixes: tuple[str, ...]) -> bool:
    name = PurePosixPath(_name(member))
    hidden = any(part.startswith((".", "__MACOSX", "~$")) and part != ".." for part in name.parts)
    return not hidden and name.suffix.lower() in suffixes and name.suffix.lower() != ".zip"


def _extract(package: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, name: str) -> Path:
    relative = PurePosixPath(_name(member))
    if relative.is_absolute() or ".." in relative.parts or ":" in relative.parts[0]:
        raise DocumentError(f"フォルダーの外を指すファイル名があるため、展開しません（{relative}）: {name}")
    if (member.external_attr >> 16) & 0o170000 == 0o120000:
        raise DocumentError(f"別の場所へのリンクを含むため、展開しません（{relative}）: {name}")
    target = folder.joinpath(*relative.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with package.open(member) as source, target.open("wb") as sink:
        left = member.file_size
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise DocumentError(f"ZIPの中身が、申告された大きさを超えています: {name}")
            sink.write(chunk)
    return target


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name. Japanese Windows writes Shift_JIS and says nothing of it."""
    name = member.filename.replace("\\", "/")
    if member.flag_bits & _UTF8_NAME or name.isascii():
        return name
    try:
        return name.encode("cp437").decode("cp932")
    except UnicodeError:
        return name
