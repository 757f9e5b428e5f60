"""Text files: a form feed ends a page; labels come from a sidecar file, or from what the text prints.

Text without form feeds has lost its pages: they are recovered as far as it carries them.
"""

from __future__ import annotations

import json
from pathlib import Path

from guideqa.errors import DocumentError
from ingest.readers.page_recovery import page_labels, recover_pages
from ingest.source import Source, SourceFormat, SourcePage

_ENCODINGS = ("utf-8-sig", "cp932", "euc_jp")
# What Python makes of the bytes that Shift_JIS does not define: it lets them pass.
_NO_CHARACTERS = frozenset("\x80\xa0\uf8f0\uf8f1\uf8f2\uf8f3")


def decode(data: bytes, name: str) -> str:
    """Decode UTF-8, UTF-16, JIS, Shift_JIS (as cp932) or EUC-JP; the one that makes it look most Japanese.

    Raises:
        DocumentError: none of them fits.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    if b"\x1b$" in data and data.isascii():
        return data.decode("iso2022_jp", errors="replace")
    readings: list[tuple[int, int, str]] = []
    for preference, encoding in enumerate(_ENCODINGS):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8-sig":
            return text  # other encodings are almost never valid UTF-8 by chance
        if _NO_CHARACTERS.intersection(text):
            continue
        # Half-width katakana is what the wrong one of the two legacy encodings turns kanji into.
        odd = sum(
            "\uff61" <= character <= "\uff9f" or "\ue000" <= character <= "\uf8ff" for character in text
        )
        readings.append((odd, preference, text))
    if not readings:
        raise DocumentError(f"文字コードを判別できません（UTF-8、Shift_JIS、EUC-JPのいずれか）: {name}")
    return min(readings)[2]


def read_plain_text(path: Path) -> Source:
    """A text file as pages.

    Labels: `<name>.pages.json` or `pages.json` beside it, {"title": …, "labels": […]}, one per page.

    Raises:
        DocumentError: unknown encoding, binary content, or a sidecar that does not fit.
    """
    data = path.read_bytes()
    if b"\0" in data[:4096] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise DocumentError(f"テキストではないファイルです: {path.name}")
    texts = decode(data, path.name).replace("\r\n", "\n").replace("\r", "\n").split("\f")
    if len(texts) > 1 and not texts[-1].strip():
        texts.pop()  # a form feed after the last page
    title, labels = _sidecar(path, len(texts))
    if not labels and len(texts) == 1:
        pages = recover_pages(texts[0])
    else:
        labels = labels or page_labels(texts)
        pages = [SourcePage(label, text) for label, text in zip(labels, texts, strict=True)]
    return Source(title=title or path.stem, pages=tuple(pages), format=SourceFormat.EXTRACTED)


def _sidecar(path: Path, page_count: int) -> tuple[str, list[str]]:
    own = path.with_name(f"{path.stem}.pages.json")
    shared = path.with_name("pages.json")
    sidecar = own if own.exists() else shared
    if not sidecar.exists():
        return "", []
    try:
        content = json.loads(sidecar.read_text(encoding="utf-8"))
        labels = [str(label) for label in content["labels"]]
    except (ValueError, KeyError, TypeError) as error:
        raise DocumentError(
            f'ページ番号のファイルが正しくありません（{{"labels": [...]}} の形）: {sidecar}'
        ) from error
    if len(labels) == page_count:
        return str(content.get("title", "")), labels
    if sidecar == own:
        raise DocumentError(f"ページ番号が{len(labels)}個、本文が{page_count}ページで合いません: {sidecar}")
    return "", []  # a pages.json that belongs to another file of the folder
