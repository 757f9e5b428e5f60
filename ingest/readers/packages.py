"""Office files are zip packages: what makes one dangerous is looked for before a library opens it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from guideqa.errors import DocumentError

# A document of 3,000 pages unpacks to about 100 MB; a bomb to gigabytes, at a ratio that text never has.
MAX_UNPACKED_BYTES = 500 * 1024**2
MAX_PARTS = 20_000
MAX_RATIO = 300
_MACRO_TYPES = (
    (b"application/vnd.ms-word.document.macroEnabled.main", b"wordprocessingml.document.main"),
    (b"application/vnd.ms-powerpoint.presentation.macroEnabled.main", b"presentationml.presentation.main"),
)
_OPEN = b"application/vnd.openxmlformats-officedocument."


def open_package(path: Path) -> io.BytesIO:
    """The package in memory, found harmless. Macros are no part of what is read: their type is taken off.

    Raises:
        DocumentError: no zip file, a bomb, or XML that declares entities.
    """
    try:
        with zipfile.ZipFile(path) as package:
            check_unpacked_size(package, path.name)
            for part in package.infolist():
                if part.filename.endswith((".xml", ".rels")) and _declares_entities(package, part):
                    raise DocumentError(f"実体宣言のあるXMLを含むため、読みません: {path.name}")
            types = (
                package.read("[Content_Types].xml") if "[Content_Types].xml" in package.namelist() else b""
            )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DocumentError(f"壊れているか、パスワードで保護されています: {path.name}") from error
    data = path.read_bytes()
    return _without_macros(data, types) if b"macroEnabled" in types else io.BytesIO(data)


def check_unpacked_size(package: zipfile.ZipFile, name: str) -> None:
    """Raise DocumentError if what a zip file says of itself is beyond the limits."""
    parts = package.infolist()
    size = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if len(parts) > MAX_PARTS or size > MAX_UNPACKED_BYTES or size > MAX_RATIO * max(packed, 10_000):
        raise DocumentError(
            f"展開すると大きくなりすぎます（{len(parts)}個、{size // 1024**2}MB。上限は{MAX_PARTS}個、"
            f"{MAX_UNPACKED_BYTES // 1024**2}MB、圧縮比{MAX_RATIO}）: {name}"
        )


def _declares_entities(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with package.open(part) as stream:
        head = stream.read(4096)
    return b"<!DOCTYPE" in head or b"<!ENTITY" in head


def _without_macros(data: bytes, types: bytes) -> io.BytesIO:
    """The same package with the type of a document without macros, which is all that the libraries open."""
    for macro, plain in _MACRO_TYPES:
        types = types.replace(macro + b"+xml", _OPEN + plain + b"+xml")
    rewritten = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(rewritten, "w") as target:
        for part in source.infolist():
            content = types if part.filename == "[Content_Types].xml" else source.read(part)
            target.writestr(part, content)
    rewritten.seek(0)
    return rewritten
