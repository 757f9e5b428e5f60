"""What the first hits are of: no page and no body may crowd out the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from guideqa.retrieval.form import AnswerForm
from guideqa.retrieval.query import Query
from guideqa.types import Hit

# What a hit loses for each better one from its page: the passages of a page share half of their score, and
# a reader has the whole page before him anyway.
PAGE_PENALTY = 1.0
# And for each better one about the same body, where the question asks which bodies there are.
BODY_PENALTY = 2.0


def balanced(hits: Sequence[Hit], query: Query) -> list[Hit]:
    """Hits best first; where a question compares, the best of each come before the second of any."""
    if query.form is not AnswerForm.COMPARISON:
        return list(hits)
    rounds: Counter[str] = Counter()
    keyed: list[tuple[int, int, Hit]] = []
    for place, hit in enumerate(hits):
        facets = hit.passage.facets
        name = next((name for name in (facets.body, facets.programme) if name in query.compared), "")
        keyed.append((rounds[name] if name else place, place, hit))
        rounds[name] += 1
    return [hit for _, _, hit in sorted(keyed, key=lambda item: item[:2])]


def spread(hits: Sequence[Hit], query: Query) -> list[Hit]:
    """Hits for a reader: further passages of a page, and in a list of a body, stand back behind other ones.

    Their scores are lowered with them, so that scores never rise from one hit to the next.
    """
    if query.form is AnswerForm.COMPARISON:
        return _falling(hits)
    pages: Counter[str] = Counter()
    bodies: Counter[str] = Counter()
    lowered: list[Hit] = []
    for hit in hits:
        page, body = hit.passage.id.rpartition(":")[0], hit.passage.facets.body
        penalty = PAGE_PENALTY * pages[page]
        if query.form is AnswerForm.LIST and body:
            penalty += BODY_PENALTY * bodies[body]
        lowered.append(replace(hit, score=hit.score - penalty))
        pages[page] += 1
        bodies[body] += 1
    return sorted(lowered, key=lambda hit: -hit.score)


def _falling(hits: Sequence[Hit]) -> list[Hit]:
    lowest = accumulate((hit.score for hit in hits), min)
    return [replace(hit, score=score) for hit, score in zip(hits, lowest, strict=True)]
