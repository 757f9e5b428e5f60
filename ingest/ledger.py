"""The ledger: what became of each page of each document in an index. Its totals add up, or there is no index."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from guideqa.errors import GuideqaError, InputError
from guideqa.index.store import CorpusStore, StoredDocument, StoredPage
from guideqa.types import PageStatus
from ingest.description import Description
from ingest.originals import KeptFile, program_fingerprint
from ingest.suspicion import SUSPICIOUS

FILE = "ledger.json"
_FORMAT = 1


class State(StrEnum):
    """What became of a page; each page has exactly one."""

    INDEXED = "indexed"
    SUSPICIOUS = "suspicious"  # indexed, and to be looked at
    EMPTY = "empty"
    EXCLUDED = "excluded"

    @property
    def label(self) -> str:
        """The word that a table shows."""
        return {"indexed": "索引", "suspicious": "要確認", "empty": "空", "excluded": "除外"}[self.value]


@dataclass(slots=True)
class Known:
    """What is known of documents besides their text, by id."""

    files: dict[str, KeptFile] = field(default_factory=dict)
    given: dict[str, Description] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """One page's entry."""

    index: int
    label: str
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class LedgerDocument:
    """One document's entries."""

    id: str
    title: str
    kind: str
    edition: str
    page_count: int
    passage_count: int
    file: KeptFile | None  # None where the document has no file of its own, or it has not been kept
    pages: tuple[LedgerPage, ...]
    given: Description = Description()  # what whoever added it has said of it

    def counts(self) -> dict[State, int]:
        """How many pages are in each state."""
        counted = Counter(page.state for page in self.pages)
        return {state: counted[state] for state in State}


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries of all documents of one build, and the files that could not be added to it."""

    build: str
    documents: tuple[LedgerDocument, ...]
    not_added: tuple[str, ...] = ()
    program: str = ""  # fingerprint of what has made the index

    @classmethod
    def of(cls, build: str, store: CorpusStore, known: Known, not_added: Sequence[str] = ()) -> Ledger:
        """Enter every page of every document.

        Raises:
            GuideqaError: the totals do not add up, which is a fault of this program.
        """
        documents = tuple(_entry(stored, known) for stored in store.documents.values())
        ledger = cls(build, documents, tuple(not_added), program_fingerprint())
        ledger.check()
        return ledger

    def check(self) -> None:
        """Show that no page was lost and none counted twice.

        Raises:
            GuideqaError: a page is missing, or stands there twice.
        """
        for document in self.documents:
            indexes = [page.index for page in document.pages]
            total = sum(document.counts().values())
            if total != document.page_count or indexes != list(range(1, document.page_count + 1)):
                raise GuideqaError(
                    f"ページの数が合いません（{document.id}）: {total} / {document.page_count}"
                )

    def totals(self) -> dict[State, int]:
        """How many pages of all documents are in each state."""
        return {state: sum(document.counts()[state] for document in self.documents) for state in State}

    def write(self, path: Path) -> None:
        """Write it as JSON: a reader sees the old file or the new one, never half of either.

        There is one writer at a time, so what a killed one has left aside is written over.
        """
        aside = path.with_name(f"{path.name}.new")
        with aside.open("w", encoding="utf-8", errors="surrogatepass") as file:
            json.dump(self.record(), file, ensure_ascii=False, indent=1)
        os.replace(aside, path)

    def record(self) -> dict[str, Any]:
        """The ledger for a program."""
        pages = sum(document.page_count for document in self.documents)
        return {
            "format": _FORMAT,
            "build": self.build,
            "program": self.program,
            "totals": {"pages": pages, **self.totals()},
            "documents": [{**asdict(item), "counts": item.counts()} for item in self.documents],
            "not_added": list(self.not_added),
        }

    @classmethod
    def read(cls, path: Path) -> Ledger | None:
        """What `write` has written; None where there is none, or none that can be read."""
        try:
            content = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
            documents = tuple(_read_document(item) for item in content["documents"])
            return cls(content["build"], documents, tuple(content["not_added"]), content["program"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
            return None

    def files(self) -> dict[str, KeptFile]:
        """The kept files by document."""
        return {document.id: document.file for document in self.documents if document.file}

    def known(self) -> Known:
        """Files and descriptions by document."""
        return Known(self.files(), {item.id: item.given for item in self.documents if item.given})


def state_of(page: StoredPage) -> State:
    """A page's one state."""
    if page.status is PageStatus.INDEXED and SUSPICIOUS in page.reason:
        return State.SUSPICIOUS
    return State(page.status.value)


def _entry(stored: StoredDocument, known: Known) -> LedgerDocument:
    document = stored.document
    pages = tuple(
        LedgerPage(page.page.ref.index, page.page.ref.label, state_of(page), page.reason)
        for page in stored.pages
    )
    return LedgerDocument(
        document.id,
        document.title,
        document.kind.value,
        document.edition,
        document.page_count,
        len(stored.passages),
        known.files.get(document.id),
        pages,
        known.given.get(document.id, Description()),
    )


def _read_document(item: dict[str, Any]) -> LedgerDocument:
    pages = tuple(
        LedgerPage(page["index"], page["label"], State(page["state"]), page["reason"])
        for page in item["pages"]
    )
    file = KeptFile(**item["file"]) if item["file"] else None
    del item["counts"]
    given = Description(**item.get("given", {}))  # ledgers of older versions have none
    return LedgerDocument(**item | {"file": file, "pages": pages, "given": given})
