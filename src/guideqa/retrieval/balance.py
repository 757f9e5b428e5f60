"""Questions about several bodies: no one of them may crowd out the others."""

from __future__ import annotations

from collections.abc import Sequence

from guideqa.retrieval.query import Query
from guideqa.types import Hit


def balanced(hits: Sequence[Hit], query: Query) -> list[Hit]:
    """Hits best first; where a question names several bodies, the best of each come before the second of any."""
    named = query.mentions.bodies
    if len(named) < 2:
        return list(hits)
    rounds: dict[str, int] = {}
    keyed: list[tuple[int, int, Hit]] = []
    for place, hit in enumerate(hits):
        facets = hit.passage.facets
        body = facets.municipality or facets.prefecture
        turn = rounds.get(body, 0)
        rounds[body] = turn + 1
        keyed.append((turn if body in named else place, place, hit))
    return [hit for _, _, hit in sorted(keyed, key=lambda item: item[:2])]
