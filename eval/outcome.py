"""What a system made of a question, in one form whether it ran in process or behind HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


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
    timing: Timing
    standalone_hits: tuple[FoundPage, ...] | None = None  # of a follow-up written out
    variants: Mapping[str, bool] | None = None  # spelling → whether it found the same passages

    def record(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        return asdict(self)

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Outcome:
        """What `record` has written."""
        standalone = record["standalone_hits"]
        return cls(
            **{
                **record,
                "citations": tuple(CitedPage(**item) for item in record["citations"]),
                "hits": _hits(record["hits"]),
                "standalone_hits": None if standalone is None else _hits(standalone),
                "timing": Timing(**record["timing"]),
            }
        )


def _hits(records: list[dict[str, Any]]) -> tuple[FoundPage, ...]:
    return tuple(
        FoundPage(**{**item, "pages": tuple(item["pages"]), "headings": tuple(item["headings"])})
        for item in records
    )
