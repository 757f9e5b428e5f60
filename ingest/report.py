"""What an ingest says of itself: every page of every document, with totals that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unicodedata import east_asian_width

from guideqa.index.store import StoredDocument
from guideqa.types import PageStatus, collection_label
from ingest.difference import Change, PageChange
from ingest.ledger import Ledger, State
from ingest.suspicion import SUSPICIOUS

_WORDS = {PageStatus.INDEXED: "索引", PageStatus.EMPTY: "空", PageStatus.EXCLUDED: "除外"}


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """One document's pages and what became of them."""

    stored: StoredDocument
    change: str  # 追加, 差し替え, 変更なし
    differences: tuple[PageChange, ...] = ()  # against the edition that it has replaced

    def count(self, status: PageStatus) -> int:
        """How many pages have this status."""
        return Counter(page.status for page in self.stored.pages)[status]

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        document = self.stored.document
        counts = " + ".join(f"{_WORDS[status]} {self.count(status)}" for status in PageStatus)
        collection = collection_label(document.collection)
        yield f"{document.title}（{document.kind.label}、{collection}、{document.id}）: {self.change}"
        yield f"  {document.page_count}ページ = {counts}、本文のまとまり {len(self.stored.passages)}"
        for page in self.stored.pages:
            if page.status is not PageStatus.INDEXED or SUSPICIOUS in page.reason:
                yield f"  {page.page.ref}（{page.page.ref.index}枚目） {_WORDS[page.status]}: {page.reason}"
        notes = (
            page.reason.split("（")[0] for page in self.stored.pages if page.status is PageStatus.INDEXED
        )
        for note, count in Counter(filter(None, notes)).items():
            yield f"  {note}: {count}ページ"
        yield from self._difference_lines()

    def _difference_lines(self) -> Iterator[str]:
        if not self.differences:
            return
        counts = Counter(page.change for page in self.differences)
        yield f"  前の版との違い: {'、'.join(f'{change.label} {counts[change]}' for change in Change)}（ページ）"
        for change in (Change.CHANGED, Change.ADDED, Change.REMOVED):
            pages = [str(page) for page in self.differences if page.change is change]
            if pages:
                yield f"    {change.label}: {'、'.join(pages)}"

    def record(self) -> dict[str, Any]:
        """The report for a program."""
        document = self.stored.document
        return {
            "id": document.id,
            "title": document.title,
            "kind": document.kind,
            "change": self.change,
            "pages": document.page_count,
            "passages": len(self.stored.passages),
            **{status.value: self.count(status) for status in PageStatus},
            "details": [
                {
                    "index": page.page.ref.index,
                    "label": page.page.ref.label,
                    "status": page.status,
                    "reason": page.reason,
                }
                for page in self.stored.pages
            ],
            "differences": [
                {"change": page.change, "before": page.before, "after": page.after}
                for page in self.differences
            ],
        }


@dataclass(frozen=True, slots=True)
class IngestReport:
    """Everything that an ingest did."""

    documents: tuple[DocumentReport, ...]
    replaced: tuple[str, ...]  # titles of digests whose original now answers
    ledger: Ledger  # of all documents of the index, those that were there before included
    passages: int
    embedded: int  # how many passages were not in the cache
    seconds: float
    failures: tuple[str, ...] = ()  # why files could not be read, each naming its file
    has_changed: bool = True  # False: the index before is as it should be, and stays
    notices: tuple[str, ...] = ()  # what else a reader should know
    lost: tuple[str, ...] = ()  # of an index that could not be read: what could not be recovered

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        for document in self.documents:
            yield from document.lines()
        for title in self.replaced:
            yield f"『{title}』は、今後は要約ではなく原文から答えます。"
        yield from self.notices
        for reason in self.lost:
            yield f"前の索引から引き継げませんでした: {reason}"
        yield from table(self.ledger)
        if not self.has_changed:
            yield "変わったところがないため、索引はそのままです（それでも作り直すには --rebuild）。"
        yield (
            f"索引: {self.passages}のまとまり（うち新しく埋め込んだもの {self.embedded}）、{self.seconds:.1f}秒"
        )

    def record(self) -> dict[str, Any]:
        """The report for a program."""
        return {
            "documents": [document.record() for document in self.documents],
            "replaced_digests": list(self.replaced),
            "passages": self.passages,
            "embedded": self.embedded,
            "seconds": round(self.seconds, 3),
            "failures": list(self.failures),
            "changed": self.has_changed,
            "lost": list(self.lost),
            "notices": list(self.notices),
            "totals": self.ledger.record()["totals"],
        }


def table(ledger: Ledger) -> Iterator[str]:
    """The ledger's totals, one line a document."""
    rows = [
        (item.id, item.page_count, *item.counts().values(), item.passage_count) for item in ledger.documents
    ]
    sums = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)]
    heads = ("文書", "ページ", *(state.label for state in State), "まとまり")
    texts = [[str(cell) for cell in row] for row in (heads, *rows, ("合計", *sums))]
    widths = [max(_width(row[column]) for row in texts) for column in range(len(heads))]
    for row in texts:
        first = row[0] + " " * (widths[0] - _width(row[0]))
        others = [
            " " * (width - _width(cell)) + cell for cell, width in zip(row[1:], widths[1:], strict=True)
        ]
        yield "  ".join([first, *others])


def _width(text: str) -> int:
    """Columns on a terminal: Japanese characters take two."""
    return sum(1 + (east_asian_width(character) in "WF") for character in text)
