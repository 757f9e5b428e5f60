"""The ledger of the current index, as the ingest has written it beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guideqa.index.folder import IndexFolder
from guideqa.index.opened import OpenIndex
from guideqa.index.store import StoredDocument
from guideqa.page_images import FOLDER
from guideqa.settings import Settings
from guideqa.types import DocumentKind

FILE = "ledger.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger has of one document, and what follows from it."""

    stored: StoredDocument
    content: Mapping[str, Any]  # its part of the ledger's JSON
    added_at: float | None  # seconds of the epoch; None where no file has been kept
    removal: tuple[str, ...]  # what becomes of it, in sentences, when it is removed; empty where it cannot be

    @property
    def file_name(self) -> str:
        """The name of the file that it was read from; "" where it has none."""
        file = self.content.get("file")
        return str(file["name"]) if file else ""


def entries_of(index: OpenIndex, settings: Settings) -> list[Entry]:
    """The entries of all documents of an index, in its order; without a ledger, what the index itself knows."""
    path = IndexFolder(settings.index_dir).path_of(index.name) / FILE
    try:
        ledger = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
        entered = {str(item["id"]): item for item in ledger["documents"]}
    except (OSError, ValueError, KeyError, TypeError):
        entered = {}
    return [
        _entry(stored, entered.get(document_id) or _known(stored), index, settings)
        for document_id, stored in index.store.documents.items()
    ]


def _known(stored: StoredDocument) -> Mapping[str, Any]:
    pages = [
        {
            "index": page.page.ref.index,
            "label": page.page.ref.label,
            "state": page.status,
            "reason": page.reason,
        }
        for page in stored.pages
    ]
    return {"file": None, "pages": pages}


def _entry(stored: StoredDocument, content: Mapping[str, Any], index: OpenIndex, settings: Settings) -> Entry:
    file = content["file"]
    added_at = _changed_at(settings.data_dir / FOLDER / stored.document.id / file["name"]) if file else None
    is_added = stored.document.kind is DocumentKind.ORIGINAL
    removal = tuple(_consequences(stored, index, settings, file)) if is_added else ()
    return Entry(stored, content, added_at, removal)


def _changed_at(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _consequences(
    stored: StoredDocument, index: OpenIndex, settings: Settings, file: Mapping[str, Any] | None
) -> list[str]:
    """What somebody should know before a document is removed."""
    document = stored.document
    kept = f"と、残してある元のファイル（{file['name']}）" if file else ""
    said = [
        f"『{document.title}』の{document.page_count}ページ（本文のまとまり {len(stored.passages)}）{kept}が消えます。"
    ]
    if any(page.notes for page in stored.pages):  # only the pages of a book with a digest have notes
        said.append("この文書には要約があるので、そのあとは要約から答えます。")
    older = [
        item.document.title
        for item in index.store.documents.values()
        if item.document.superseded_by == document.id
    ]
    if older:
        said.append(f"旧版の{'、'.join(f'『{title}』' for title in older)}から、また答えるようになります。")
    if file and (settings.corpus_dir / "originals" / file["name"]).is_file():
        said.append(
            "同じ名前のファイルが corpus/originals/ にもあるため、次の取り込みでまた加わります。そこからも除いてください。"
        )
    return said
