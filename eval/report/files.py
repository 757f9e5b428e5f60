"""The files of a run's folder that are made from its record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval.errors import RecordError
from eval.questions import EvalQuestion
from eval.record import Record
from eval.report.html import render
from eval.report.junit import junit_xml

HTML_FILE, JUNIT_FILE = "report.html", "junit.xml"


def write_reports(folder: Path, questions: Sequence[EvalQuestion], record: Record) -> None:
    """Write `report.html` and `junit.xml` beside the record.

    Raises:
        RecordError: they cannot be written.
    """
    page = render(questions, record.outcomes, record).encode("utf-8", errors="replace")
    try:
        (folder / HTML_FILE).write_bytes(page)
        (folder / JUNIT_FILE).write_bytes(junit_xml(questions, record.judged))
    except OSError as error:
        raise RecordError(f"報告を書き込めません（{error.strerror}）: {folder}") from error
