"""What a file is by its content: one that lies about its type is refused before a library opens it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from guideqa.errors import DocumentError

_PACKAGES = {"word/": ".docx", "ppt/": ".pptx", "xl/": ".xlsx"}
_SIGNATURES = (
    (b"%PDF-", ".pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
)
_NAMES = {
    ".pdf": "PDF",
    ".docx": "Word文書",
    ".pptx": "PowerPoint",
    ".xlsx": "Excel",
    ".zip": "ZIP",
    "image": "画像",
    "archive": "圧縮ファイル",
    "program": "プログラム",
    "text": "テキスト",
    "binary": "不明な形式",
}
# Suffixes that may stand on what is found.
_FITTING = {
    ".pdf": {".pdf"},
    ".docx": {".docx", ".docm"},
    ".pptx": {".pptx", ".pptm"},
    ".xlsx": {".xlsx", ".xlsm"},
    ".zip": {".zip"},
    "text": {".txt", ".md", ".html", ".htm"},
}


def check_type(path: Path) -> None:
    """Raise DocumentError if the content is of another type than the suffix says."""
    found = _content_type(path)
    if found == "ole":
        raise DocumentError(
            "パスワードで保護されたOffice文書か、古い形式（.doc、.xls、.ppt）です。"
            f"保護を外し、.docx、.xlsx、.pptx、またはPDFで保存し直してください: {path.name}"
        )
    suffix = path.suffix.lower()
    if suffix in _FITTING.get(found, set()):
        return
    if suffix in _FITTING["text"] and found == "binary":
        raise DocumentError(f"テキストではないファイルです: {path.name}")
    expected = next(_NAMES[kind] for kind, suffixes in _FITTING.items() if suffix in suffixes)
    raise DocumentError(
        f"{expected}として読めません（拡張子は {path.suffix} ですが、中身は{_NAMES[found]}です）: {path.name}"
    )


def _content_type(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(8192)
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _package_type(path)
    if b"%PDF-" in head[:1024]:
        return ".pdf"  # some programs write a little before the signature, and readers allow it
    is_wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    return "text" if is_wide or b"\0" not in head else "binary"


def _package_type(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
    except zipfile.BadZipFile as error:
        raise DocumentError(f"壊れています（ZIPとして開けません）: {path.name}") from error
    if "[Content_Types].xml" not in names:
        return ".zip"
    kinds = (kind for folder, kind in _PACKAGES.items() if any(name.startswith(folder) for name in names))
    return next(kinds, ".zip")
