"""The common ground of all formats: blocks of text that know their pages, headings and facets."""

from __future__ import annotations

from dataclasses import dataclass, field

from guideqa.types import Facets, PageRef


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a block that stands on one page."""

    page: PageRef
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, bullet or table with its place in the document's structure.

    It has two pieces where a sentence runs over a page break.
    """

    pieces: tuple[Piece, ...]
    headings: tuple[str, ...]
    facets: Facets = field(default_factory=Facets)
    columns: str = ""  # of the table whose row it is: the row alone would not say what its figures are
    opens_topic: bool = False  # a small heading: better the first line of a passage than its last

    @property
    def text(self) -> str:
        """The whole text, pages joined."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def pages(self) -> tuple[PageRef, ...]:
        """The pages that it touches, in order."""
        return tuple(piece.page for piece in self.pieces)
