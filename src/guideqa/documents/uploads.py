"""Files that somebody sends: under which names they are kept, and that they arrive whole or not at all."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from guideqa.errors import DocumentError, StorageError

# What the readers of the ingest take.
SUFFIXES = (
    ".pdf", ".txt", ".md", ".docx", ".docm", ".pptx", ".pptm", ".xlsx", ".xlsm", ".html", ".htm", ".zip",
)  # fmt: skip
MAX_FILES = 50
_MAX_NAME_BYTES = 180  # file systems take 255; ids of documents and names of copies are made of it
# The index is written anew beside the one before, and what is uploaded is copied once more.
_ROOM_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as it was sent."""

    name: str
    content: BinaryIO
    size: int


def checked_names(files: Sequence[UploadedFile]) -> list[str]:
    """The names under which the files are kept, in order.

    Raises:
        DocumentError: there is no file, a name is none, its kind is not read here, or a file is empty.
    """
    if not files:
        raise DocumentError("ファイルが選ばれていません。")
    names = [_plain(file.name) for file in files]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DocumentError(f"同じ名前のファイルが2つあります。1つずつ加えてください: {twice[0]}")
    for name, file in zip(names, files, strict=True):
        if not file.size:
            raise DocumentError(f"ファイルが空です: {name}")
    return names


def _plain(given: str) -> str:
    """A name that names nothing outside of its folder, and is of a kind that can be read."""
    name = unicodedata.normalize("NFC", given).strip()
    shown = "".join(character for character in name[:60] if character.isprintable())
    if name != PurePosixPath(name).name or "\\" in name or not name.isprintable() or name.startswith("."):
        raise DocumentError(
            f"ファイルの名前に使えない文字（/、\\、先頭の「.」など）があります。名前を変えてください: {shown}"
        )
    if PurePosixPath(name).suffix.lower() not in SUFFIXES:
        raise DocumentError(f"読めない形式です（{'、'.join(SUFFIXES)} のどれか）: {shown}")
    if len(name.encode("utf-8", "surrogatepass")) > _MAX_NAME_BYTES:
        raise DocumentError(f"ファイルの名前が長すぎます。60文字ほどまでにしてください: {shown}…")
    return name


def check_room(folder: Path, size: int) -> None:
    """Before a file of so many bytes is kept.

    Raises:
        StorageError: there is no room for it and for the index that is made of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < 2 * size + _ROOM_BYTES:
        raise StorageError(
            f"サーバーの空き容量が足りません（空き{free // 1024**2}MB）。空きを作ってから、もう一度加えてください。"
            "いまの文書と索引はそのままです。"
        )


def keep(files: Sequence[UploadedFile], names: Sequence[str], folder: Path) -> None:
    """Write the files into a folder of their own.

    Raises:
        StorageError: the disk is full or may not be written; then the folder holds nothing.
    """
    try:
        folder.mkdir(parents=True)
        for file, name in zip(files, names, strict=True):
            file.content.seek(0)
            with (folder / name).open("xb") as sink:
                shutil.copyfileobj(file.content, sink)
                sink.flush()
                os.fsync(sink.fileno())
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise StorageError(
            f"ファイルを置けませんでした（{error.strerror}）。空き容量と権限を確かめてください。いまの文書と索引はそのままです。"
        ) from error
