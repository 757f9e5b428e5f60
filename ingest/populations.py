"""The bands of population that the manifest gives a work's municipalities, put on the passages of its cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from guideqa.index.store import StoredDocument


def with_populations(stored: StoredDocument, populations: Mapping[str, Sequence[str]]) -> StoredDocument:
    """The document with the bands of today; where there are none, with none. Bands are in order of size."""
    band_of = {name: band for band, municipalities in populations.items() for name in municipalities}
    return replace(
        stored,
        document=replace(stored.document, populations=tuple(populations)),
        passages=tuple(
            replace(item, facets=replace(item.facets, population=band_of.get(item.facets.municipality, "")))
            for item in stored.passages
        ),
    )
