"""An index as one file, to be carried to another machine: a zip of the build and of the kept files.

Nothing of it is believed: names, sizes and hashes are checked, and the index proves itself, before the switch.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from guideqa import __version__
from guideqa.encoder.protocol import ModelIdentity
from guideqa.errors import GuideqaError, IndexUnavailableError, InputError
from guideqa.index.build_manifest import FORMAT, BuildManifest
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import open_build
from ingest.ledger import FILE, Ledger
from ingest.originals import Originals
from ingest.settling import settle

CONTENTS = "guideqa-index.json"
_BUILD, _ORIGINALS, MODEL = "build", "originals", "model"
_MAX_CONTENTS = 64 * 1024**2
_CHUNK = 1024**2
_NO_FILES: Mapping[str, Path] = MappingProxyType({})


def export_index(
    folder: IndexFolder, originals: Originals, target: Path, model: Mapping[str, Path] = _NO_FILES
) -> ModelIdentity:
    """Write the current index and its documents' files to `target`; returns the model that it needs.

    `model` are the files of that model, by the names that they are to have, where it is to go along.

    Raises:
        IndexUnavailableError: there is no index, or none of this form.
        GuideqaError: another process is writing, the vectors are on a Chroma server, or the disk is full.
    """
    with folder.exclusively():
        settle(folder, originals)
        build = folder.current()
        manifest = BuildManifest.read(build)
        if manifest.chroma_url:
            raise GuideqaError(
                f"ベクトルがChromaサーバー（{manifest.chroma_url}）にあるため、1つのファイルにできません。"
            )
        ledger = Ledger.read(build / FILE)
        files = {f"{_BUILD}/{path.relative_to(build).as_posix()}": path for path in _files(build)}
        files |= model
        for document_id in ledger.files() if ledger else ():
            kept = originals.folder_of(document_id)
            files |= {f"{_ORIGINALS}/{document_id}/{path.name}": path for path in _files(kept)}
        aside = target.with_name(f"{target.name}.part")
        try:
            _pack(aside, files, manifest.model)
            os.replace(aside, target)
        except OSError as error:
            raise GuideqaError(f"書き出せません（{error.strerror}）: {target}") from error
        finally:
            aside.unlink(missing_ok=True)
    return manifest.model


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _pack(target: Path, files: dict[str, Path], model: ModelIdentity) -> None:
    entries = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, path in files.items():
            digest, size = hashlib.sha256(), 0
            with path.open("rb") as source, package.open(name, "w", force_zip64=True) as sink:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    sink.write(chunk)
            entries[name] = {"size": size, "sha256": digest.hexdigest()}
        contents = {
            "format": 1,
            "program": __version__,
            "index_format": FORMAT,
            "model": asdict(model),
            "files": entries,
        }
        package.writestr(CONTENTS, json.dumps(contents, ensure_ascii=False, indent=1))


class Carried:
    """An index in a file, opened and checked as far as can be without unpacking it."""

    def __init__(self, package: zipfile.ZipFile, name: str) -> None:
        """Read the table of contents.

        Raises:
            InputError: it is no exported index, of another form, or names files outside of it.
        """
        self._package = package
        self._name = name
        try:
            contents = self._contents()
            self.model = ModelIdentity(**contents["model"])
            self._files = {
                str(key): (int(item["size"]), str(item["sha256"])) for key, item in contents["files"].items()
            }
            index_format = contents["index_format"]
        except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
            raise InputError(f"書き出した索引のファイルではないか、壊れています: {name}") from error
        if index_format != FORMAT:
            raise InputError(
                f"この版では読めない形式の索引です（{index_format}、この版は{FORMAT}）。同じ版の guideqa で書き出してください: {name}"
            )
        for key in self._files:
            self._refuse_strange(key)
        held = sorted(item.filename for item in package.infolist())
        if held != sorted([*self._files, CONTENTS]):
            raise InputError(f"目録にないファイルがあるか、足りません: {name}")

    @property
    def names(self) -> list[str]:
        """The names of its files, each with the part that it belongs to before the first slash."""
        return list(self._files)

    def unpack(self, folders: Mapping[str, Path]) -> None:
        """Write the files of these parts, each under its folder.

        Raises:
            InputError: a file is not what the table of contents says.
        """
        for key, (size, sha256) in self._files.items():
            top, *rest = PurePosixPath(key).parts
            if top not in folders:
                continue
            target = folders[top].joinpath(*rest)
            target.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            try:
                with self._package.open(key) as source, target.open("wb") as sink:
                    for chunk in self._chunks(source, size):
                        digest.update(chunk)
                        sink.write(chunk)
            except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
                raise InputError(f"壊れています（{key}）: {self._name}") from error
            if digest.hexdigest() != sha256 or target.stat().st_size != size:
                raise InputError(f"中身が目録と違います（{key}）: {self._name}")

    def _chunks(self, source: Any, size: int) -> Iterator[bytes]:
        """The content, no further than one byte over what it is said to be."""
        left = size + 1
        while left and (chunk := source.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk

    def _contents(self) -> dict[str, Any]:
        entry = self._package.getinfo(CONTENTS)
        if entry.file_size > _MAX_CONTENTS:
            raise ValueError("too large")
        contents: dict[str, Any] = json.loads(self._package.read(CONTENTS))
        return contents

    def _refuse_strange(self, key: str) -> None:
        parts = key.split("/")
        # A model folder may have hidden files below it, which are part of what its fingerprint is taken of.
        visible = parts[:2] if parts[0] == MODEL else parts
        is_plain = all(part.strip(".") for part in parts) and not set(key) & set("\\\0:")
        is_plain = is_plain and not any(part.startswith(".") for part in visible)
        depths = {_BUILD: len(parts), _ORIGINALS: 3, MODEL: max(3, len(parts))}
        is_known = depths.get(parts[0]) == len(parts)
        if not (is_plain and is_known and len(parts) > 1):
            raise InputError(
                f"フォルダーの外を指すファイル名があるため、取り込みません（{key}）: {self._name}"
            )


@contextmanager
def opened(path: Path) -> Iterator[Carried]:
    """An exported index.

    Raises:
        InputError: it is none, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as package:
            yield Carried(package, path.name)
    except zipfile.BadZipFile as error:
        raise InputError(f"書き出した索引のファイルではないか、壊れています: {path.name}") from error


def install(carried: Carried, build: Path, originals: Originals, model: ModelIdentity) -> Ledger:
    """Unpack an index into a new build, prove it, and return its ledger. The switch is the caller's.

    Raises:
        InputError: it is damaged, or was built with another model than `model`.
    """
    if carried.model != model:
        raise InputError(
            f"別のモデルで作られた索引です（索引: {carried.model.name} {carried.model.fingerprint}、"
            f"設定: {model.name} {model.fingerprint}）。GUIDEQA_MODEL で同じモデルを指定してください。"
        )
    carried.unpack({_BUILD: build, _ORIGINALS: originals.ready_folder(build.name)})
    ledger = Ledger.read(build / FILE)
    if ledger is None:
        raise InputError("取り込む索引に台帳がありません。")
    ledger = replace(ledger, build=build.name)
    ledger.write(build / FILE)
    try:
        index = open_build(build, model)
    except IndexUnavailableError as error:
        raise InputError(f"取り込む索引を開けません: {error}") from error
    expected = Ledger.of(build.name, index.store, ledger.known(), ledger.not_added)
    if replace(expected, program=ledger.program) != ledger:
        raise InputError("取り込む索引の台帳が、その文書と合いません。")
    return ledger
