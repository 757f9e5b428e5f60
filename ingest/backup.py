"""All that a data folder holds as one file: the index with the kept files, feedback, conversations, keys and so on.

It can be written and put back while a server runs. SQLite files are copied by SQLite itself, in one transaction; the
index goes the way of `index export` and `index import`, and is proven before the switch. What signs sessions is left
out: after a restore, everybody signs in again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from guideqa import __version__, feedback
from guideqa.access import keys, users
from guideqa.errors import GuideqaError, InputError
from guideqa.history import store as history
from guideqa.index.folder import IndexFolder
from guideqa.operation import audit
from guideqa.page_images import FOLDER
from guideqa.settings import Settings
from ingest.carrying import export_index
from ingest.originals import Originals

CONTENTS = "guideqa-backup.json"
INDEX = "index.zip"
_DATABASES = (feedback.FILE, history.FILE, keys.FILE)
_AUDIT = re.compile(rf"{audit.FOLDER}/\d{{4}}-\d\d\.jsonl")
_FORM = 1


def write_backup(settings: Settings, target: Path, *, with_index: bool = True) -> list[str]:
    """Write the state of the data folder to a file that only its owner may read; returns what is in it.

    Raises:
        GuideqaError: an ingest is running, there is no index that could be carried, or the disk is full.
    """
    aside = target.with_name(f"{target.name}.part")
    try:
        with _beside(target.parent, ".backup-") as folder:
            _gather(settings, folder, with_index=with_index)
            names = sorted(
                path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
            )
            os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
                for name in names:
                    package.write(folder / name, name)
                files = {name: _sha256(folder / name) for name in names}
                contents = {"form": _FORM, "program": __version__, "files": files}
                package.writestr(CONTENTS, json.dumps(contents, indent=1))
        os.replace(aside, target)
    except (OSError, sqlite3.Error) as error:
        raise GuideqaError(f"バックアップを書き出せません（{error}）: {target}") from error
    finally:
        aside.unlink(missing_ok=True)
    return names


def restore_backup(
    settings: Settings, source: Path, take_index: Callable[[Path], object], *, replace: bool = False
) -> list[str]:
    """Put a backup in the place of what the data folder holds; returns what was in it.

    `take_index` switches to an exported index. Everything is checked before anything is changed; months of the
    audit log that are there stay as they are.

    Raises:
        InputError: the file is no backup or damaged, or something would be replaced and `replace` is not asked.
        GuideqaError: the data folder cannot be written.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with _beside(settings.data_dir, ".restore-") as folder:
            names = _unpack(source, folder)
            present = _present(settings)
            if present and not replace:
                raise InputError(
                    f"いまあるもの（{'、'.join(present)}）を置き換えます。よければ --replace を付けてください。"
                )
            if INDEX in names:
                take_index(folder / INDEX)
            for name in names:
                if name != INDEX:
                    _put(folder / name, settings.data_dir / name)
    except (OSError, sqlite3.Error) as error:
        raise GuideqaError(f"データのフォルダーに戻せません（{error}）: {settings.data_dir}") from error
    return names


@contextmanager
def _beside(folder: Path, prefix: str) -> Iterator[Path]:
    """A folder on the same disk, which nobody else may read, and which is gone afterwards."""
    with TemporaryDirectory(prefix=prefix, dir=folder) as name:
        yield Path(name)


def _gather(settings: Settings, folder: Path, *, with_index: bool) -> None:
    """Copy everything into a folder, each as it is at one moment."""
    data_dir = settings.data_dir
    if with_index:
        export_index(IndexFolder(settings.index_dir), Originals(data_dir / FOLDER), folder / INDEX)
    for name in _DATABASES:
        if (data_dir / name).is_file():
            _copy_database(data_dir / name, folder / name)
    if (data_dir / users.FILE).is_file():
        shutil.copyfile(data_dir / users.FILE, folder / users.FILE)
    for path in sorted((data_dir / audit.FOLDER).glob("????-??.jsonl")):
        (folder / audit.FOLDER).mkdir(exist_ok=True)
        shutil.copyfile(path, folder / audit.FOLDER / path.name)


def _copy_database(source: Path, target: Path) -> None:
    """In one transaction, over whatever the target holds, though others read and write both."""
    if not target.exists():
        target.touch(0o600)
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target, timeout=10)) as writing:
        reading.backup(writing)


def _put(source: Path, target: Path) -> None:
    if target.name in _DATABASES:
        _copy_database(source, target)
    elif target.name == users.FILE or not target.exists():
        target.parent.mkdir(exist_ok=True)
        source.chmod(0o600)
        os.replace(source, target)


def _present(settings: Settings) -> list[str]:
    """What a restore would replace."""
    labels = {feedback.FILE: "感想", history.FILE: "会話", keys.FILE: "鍵", users.FILE: "利用者"}
    found = [label for name, label in labels.items() if (settings.data_dir / name).exists()]
    return (["索引"] if IndexFolder(settings.index_dir).current_name() else []) + found


def _unpack(source: Path, folder: Path) -> list[str]:
    """Write a backup's files into a folder, and check each.

    Raises:
        InputError: it is no backup, is damaged, or holds what no backup does.
    """
    try:
        with zipfile.ZipFile(source) as package:
            contents = json.loads(package.read(CONTENTS))
            files: dict[str, str] = dict(contents["files"])
            if contents["form"] != _FORM or sorted(package.namelist()) != sorted([*files, CONTENTS]):
                raise ValueError("another form, or other files than it says")
            for name, sha256 in files.items():
                if name not in (INDEX, users.FILE, *_DATABASES) and not _AUDIT.fullmatch(name):
                    raise ValueError(f"strange name: {name}")
                package.extract(name, folder)
                if _sha256(folder / name) != sha256:
                    raise ValueError(f"damaged: {name}")
    except FileNotFoundError as error:
        raise InputError(f"ファイルがありません: {source}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"バックアップのファイルではないか、壊れています: {source.name}") from error
    return sorted(files)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
