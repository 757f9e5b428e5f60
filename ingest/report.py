"""What an ingest says of itself: every page of every document, with totals that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from guideqa.errors import GuideqaError
from guideqa.index.store import StoredDocument
from guideqa.types import PageStatus
from ingest.suspicion import SUSPICIOUS

_WORDS = {PageStatus.INDEXED: "索引", PageStatus.EMPTY: "空", PageStatus.EXCLUDED: "除外"}


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """One document's pages and what became of them."""

    stored: StoredDocument
    change: str  # 追加, 差し替え, 変更なし

    def count(self, status: PageStatus) -> int:
        """How many pages have this status."""
        return Counter(page.status for page in self.stored.pages)[status]

    def check(self) -> None:
        """Show that no page was lost.

        Raises:
            GuideqaError: the statuses do not add up to the pages, which is a fault of this program.
        """
        total = sum(self.count(status) for status in PageStatus)
        if total != self.stored.document.page_count:
            raise GuideqaError(f"ページの数が合いません: {total} / {self.stored.document.page_count}")

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        document = self.stored.document
        counts = " + ".join(f"{_WORDS[status]} {self.count(status)}" for status in PageStatus)
        yield f"{document.title}（{document.kind.label}、{document.id}）: {self.change}"
        yield f"  {document.page_count}ページ = {counts}、本文のまとまり {len(self.stored.passages)}"
        for page in self.stored.pages:
            if page.status is not PageStatus.INDEXED or SUSPICIOUS in page.reason:
                yield f"  {page.page.ref}（{page.page.ref.index}枚目） {_WORDS[page.status]}: {page.reason}"
        notes = (
            page.reason.split("（")[0] for page in self.stored.pages if page.status is PageStatus.INDEXED
        )
        for note, count in Counter(filter(None, notes)).items():
            yield f"  {note}: {count}ページ"

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
        }


@dataclass(frozen=True, slots=True)
class IngestReport:
    """Everything that an ingest did."""

    documents: tuple[DocumentReport, ...]
    replaced: tuple[str, ...]  # titles of digests whose original now answers
    passages: int
    embedded: int  # how many passages were not in the cache
    seconds: float
    failures: tuple[str, ...] = ()  # why files could not be read, each naming its file

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        for document in self.documents:
            yield from document.lines()
        for title in self.replaced:
            yield f"『{title}』は、今後は要約ではなく原文から答えます。"
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
        }


def checked(reports: Sequence[DocumentReport]) -> tuple[DocumentReport, ...]:
    """The reports, each proven complete."""
    for report in reports:
        report.check()
    return tuple(reports)
