"""The embedding model in an exported index: which files may travel, and where they are put."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guideqa.errors import GuideqaError, InputError
from guideqa.index.folder import remove
from ingest.carrying import MODEL, opened
from ingest.write_errors import write_errors

# Weights and settings as data. Pickles (.bin, .pt) and programs could run something where they are loaded.
_SUFFIXES = frozenset({"", ".json", ".txt", ".md", ".model", ".onnx", ".safetensors", ".lock", ".metadata"})


def model_files(folder: Path, name: str) -> dict[str, Path]:
    """The files of a sentence-transformers folder, by the names that they have in an exported index.

    `name` is the model's, which is part of its identity; that of the folder may be another in a cache.

    Raises:
        GuideqaError: there is one among them that must not travel.
    """
    files = {f"{MODEL}/{name}/{path.relative_to(folder).as_posix()}": path for path in _files(folder)}
    if strange := [key for key in files if not _may_travel(key)]:
        raise GuideqaError(
            f"モデルに、一緒に運べないファイルがあります（{'、'.join(strange)}）。"
            f"重みを safetensors 形式にしたモデルを使うか、モデルは別に運んでください: {folder}"
        )
    return files


@contextmanager
def placed_model(path: Path, models: Path) -> Iterator[Path | None]:
    """The folder, under `models`, of the model that an exported index carries; None where it carries none.

    Where the block fails, a model that was not there before goes again.

    Raises:
        InputError: a file is damaged or must not travel, or another model of this name is there.
    """
    with write_errors(), opened(path) as carried:
        names = [name for name in carried.names if name.startswith(f"{MODEL}/")]
        if not names:
            yield None
            return
        if strange := [name for name in names if not _may_travel(name)]:
            raise InputError(f"モデルの中に、取り込めないファイルがあります: {'、'.join(strange)}")
        folders = {name.split("/")[1] for name in names}
        if len(folders) > 1:
            raise InputError(f"モデルが2つ以上入っています: {path.name}")
        aside, folder = models / ".new", models / folders.pop()
        remove(aside)
        try:
            carried.unpack({MODEL: aside})
            was_there = folder.is_dir()
            if was_there and not _are_equal(aside / folder.name, folder):
                raise InputError(
                    f"同じ名前の別のモデルがあります。名前を変えるか消してからやり直してください: {folder}"
                )
            if not was_there:
                os.replace(aside / folder.name, folder)
        finally:
            remove(aside)
    try:
        yield folder
    except BaseException:
        if not was_there:
            remove(folder)
        raise


def _may_travel(name: str) -> bool:
    return Path(name).suffix.lower() in _SUFFIXES


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _are_equal(one: Path, other: Path) -> bool:
    names = [[path.relative_to(folder) for path in _files(folder)] for folder in (one, other)]
    return names[0] == names[1] and all(
        (one / name).read_bytes() == (other / name).read_bytes() for name in names[0]
    )
