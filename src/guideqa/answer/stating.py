"""Chosen sentences → statements: each cited on its pages, and told of whom and what it speaks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from guideqa.answer.comparison import Grid
from guideqa.answer.evidence import Evidence
from guideqa.citations import cite
from guideqa.errors import CitationError
from guideqa.index.opened import OpenIndex
from guideqa.types import Citation, Hit, Statement, Table


def stated(index: OpenIndex, chosen: Iterable[Evidence], hits: Sequence[Hit]) -> tuple[Statement, ...]:
    """The statements of an answer in sentences. What cannot be shown on its page is left out."""
    statements: list[Statement] = []
    number, said = 1, ("", "")
    for item in chosen:
        citations = _citations(index, number, item, hits)
        if not citations:
            continue
        about = (item.body, item.unit.topic)
        statements.append(Statement(item.sentence, citations, _lead(about, said), item.body))
        number, said = number + len(citations), about
    return tuple(statements)


def tabled(index: OpenIndex, grid: Grid, hits: Sequence[Hit]) -> tuple[Table, tuple[Statement, ...]]:
    """A grid as a table with the statements of its cells."""
    statements: list[Statement] = []
    number = 1
    for cell in grid.cells:
        lead = f"{cell.body}・{cell.aspect}："
        for item in cell.evidence:
            citations = _citations(index, number, item, hits)
            if citations:
                statements.append(Statement(item.sentence, citations, lead, cell.body, cell.aspect))
                number += len(citations)
    return Table(grid.aspects, grid.bodies), tuple(statements)


def _citations(index: OpenIndex, number: int, item: Evidence, hits: Sequence[Hit]) -> tuple[Citation, ...]:
    """The citations of a sentence, and behind them those of its twins, each quoted in its own words."""
    retrieved = {hit.passage.id for hit in hits}
    try:
        own = cite(number, item.unit.quote, item.hit.passage, index.store.page_at, retrieved)
    except CitationError:
        return ()
    for twin in item.twins:
        own += _citations(index, number + len(own), twin, hits)
    return own


def _lead(about: tuple[str, str], said: tuple[str, str]) -> str:
    """What stands before a quotation: the body, for a case says 「本町」, and the small heading above it.

    Each is said where it changes.
    """
    body, topic = about[0], about[1].rstrip("：:")
    parts = [body if body != said[0] else "", topic if about != said else ""]
    return "・".join(part for part in parts if part) + "：" if any(parts) else ""
