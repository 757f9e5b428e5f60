"""Whether what was retrieved can answer at all. A first, simple rule; its bounds are named here."""

from __future__ import annotations

from collections.abc import Sequence

from guideqa.answer.evidence import Evidence, QuestionTerms
from guideqa.index.lexical import LexicalIndex
from guideqa.types import Hit

# A passage must cover this share of the question's weight, unless the dense leg is sure of it.
MIN_COVERAGE = 0.25
# e5's cosines lie close together; unrelated passages of this corpus reach about 0.84.
SURE_COSINE = 0.875


def confidence(
    question: QuestionTerms, evidence: Sequence[Evidence], hits: Sequence[Hit], _: LexicalIndex
) -> float:
    """How likely the answer is in what was retrieved, 0..1; below ½ it is not given."""
    if not evidence:
        return 0.0
    coverage = max(item.coverage for item in evidence[:5])
    cosine = max(hit.cosine for hit in hits)
    by_words = 0.5 * coverage / MIN_COVERAGE
    by_sense = 0.5 + (cosine - SURE_COSINE) * 8
    return max(0.0, min(1.0, max(min(by_words, 0.5 + coverage / 2), by_sense)))
