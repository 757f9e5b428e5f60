"""What a writer of answers is given: the question, what was retrieved for it, and the answer that is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guideqa.index.opened import OpenIndex
from guideqa.retrieval.query import Query
from guideqa.types import Answer, Hit


@dataclass(frozen=True, slots=True)
class Task:
    """A question with its hits, and the answer in the documents' own sentences."""

    index: OpenIndex
    query: Query
    hits: Sequence[Hit]
    extractive: Answer
