"""What a job on documents does, and what is said of it afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guideqa.documents.jobs import Job, JobKind, JobProgress, Stage
from guideqa.settings import Settings
from guideqa.types import PageStatus
from ingest.description import Description
from ingest.ledger import State
from ingest.pipeline import Pipeline, Request
from ingest.progress import Watch
from ingest.report import IngestReport
from ingest.verification import verify_current

_NAMED = 3  # titles in a message


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job."""

    message: str
    result: Mapping[str, Any] = field(default_factory=dict)
    documents: tuple[str, ...] = ()  # the ids of those that it has changed


def changed(job: Job, pipeline: Pipeline, folder: Path, watch: Watch) -> Outcome:
    """Add the files that lie in a folder, or take a document out.

    Raises:
        GuideqaError: as the pipeline does.
    """

    def embedding(done: int, of: int) -> None:
        watch(JobProgress(Stage.EMBEDDING, "", done, of))

    if job.kind is JobKind.REMOVE:
        (document_id,) = job.subjects
        report = pipeline.remove(document_id, embedding)
        return Outcome(f"外しました: {document_id}", _summary(report), (document_id,))
    options = dict(job.options)
    request = Request(
        tuple(folder / name for name in job.subjects),
        replace=bool(options.pop("replace", False)),
        description=Description(**options),
        if_changed=True,
    )
    return _added(pipeline.ingest(request, embedding))


def verified(settings: Settings) -> Outcome:
    """Whether counts, vectors, words, pages, ledger and kept files agree, and where every page went."""
    index, faults = verify_current(settings)
    if faults or index is None:
        return Outcome(f"索引に{len(faults)}件の問題があります。", {"faults": faults})
    statuses = Counter(page.status for stored in index.store.documents.values() for page in stored.pages)
    return Outcome(
        f"問題ありません。文書 {len(index.store.documents)}、ページ {statuses.total()}"
        f"（索引 {statuses[PageStatus.INDEXED]}、空 {statuses[PageStatus.EMPTY]}、除外 {statuses[PageStatus.EXCLUDED]}）、"
        f"まとまり {len(index.passages)} のすべてが、台帳、ベクトル、語句の索引、元のファイルと合っています。"
    )


def _added(report: IngestReport) -> Outcome:
    given = [item for item in report.documents if item.change not in ("要約", "変更なし")]
    titles = [f"『{item.stored.document.title}』" for item in given]
    more = f"ほか{len(titles) - _NAMED}件" if len(titles) > _NAMED else ""
    message = f"{'、'.join(titles[:_NAMED])}{more}を索引に入れました。" if given else ""
    if report.failures:
        message += f"{len(report.failures)}個のファイルは加えられませんでした。"
    message = message or "変わったところがないため、索引はそのままです。"
    return Outcome(message, _summary(report), tuple(item.stored.document.id for item in given))


def _summary(report: IngestReport) -> dict[str, Any]:
    """The report for a page: what the ledger says page by page is not repeated."""
    counts = {item.id: item.counts() for item in report.ledger.documents}
    documents = [
        {
            "id": item.stored.document.id,
            "title": item.stored.document.title,
            "change": item.change,
            "pages": item.stored.document.page_count,
            "passages": len(item.stored.passages),
            "counts": counts.get(item.stored.document.id, dict.fromkeys(State, 0)),
            "differences": Counter(page.change.value for page in item.differences),
        }
        for item in report.documents
        if item.change != "要約"
    ]
    replaced = (f"『{title}』は、今後は要約ではなく原文から答えます。" for title in report.replaced)
    return {
        "documents": documents,
        "failures": list(report.failures),
        "notices": [*replaced, *report.notices],
        "embedded": report.embedded,
        "seconds": round(report.seconds, 1),
    }
