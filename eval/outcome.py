"""What a system made of a question, in one form whether it ran in process or behind HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


def shallow(item: Any) -> dict[str, Any]:
    """A dataclass as a mapping, for `json.dumps(..., default=shallow)`; `asdict` copies deeply first."""
    return {field.name: getattr(item, field.name) for field in fields(item)}


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A retrieved passage with the printed labels of its pages. Ranks count from 1."""

    rank: int
    passage_id: str
    score: float
    document: str
    pages: tuple[str, ...]
    headings: tuple[str, ...] = ()
    text: str = ""
    dense_rank: int | None = None
    lexical_rank: int | None = None
    cosine: float | None = None
    lexical_score: float | None = None


@dataclass(frozen=True, slots=True)
class CitedPage:
    """A citation: the page that it names, and whether its quotation stands there (None: unchecked)."""

    number: int
    document: str
    page: str
    quote: str
    passage_id: str
    exact: bool | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of an answer, and of the query's first embedding alone (None: not measurable)."""

    ask_ms: float
    embed_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back for a question."""

    question_id: str
    refused: bool
    answer: str  # markdown with [n] markers; of a refusal, what it says
    confidence: float
    citations: tuple[CitedPage, ...]
    hits: tuple[FoundPage, ...]
    rewritten: str | None
    timing: Timing | None  # None where other questions were asked at the same time
    standalone_hits: tuple[FoundPage, ...] | None = None  # of a follow-up written out
    variants: Mapping[str, bool] | None = None  # spelling → whether it found the same passages

    def json(self) -> str:
        """One line of JSON."""
        return json.dumps(shallow(self), default=shallow, ensure_ascii=False)

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Outcome:
        """What `json` has written, read."""
        standalone, timing = record["standalone_hits"], record["timing"]
        return cls(
            **{
                **record,
                "citations": tuple(CitedPage(**item) for item in record["citations"]),
                "hits": _hits(record["hits"]),
                "standalone_hits": None if standalone is None else _hits(standalone),
                "timing": None if timing is None else Timing(**timing),
            }
        )


def _hits(records: list[dict[str, Any]]) -> tuple[FoundPage, ...]:
    return tuple(
        FoundPage(**{**item, "pages": tuple(item["pages"]), "headings": tuple(item["headings"])})
        for item in records
    )
