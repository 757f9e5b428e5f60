"""Where the reader of a document stands in its structure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from guideqa.types import Facets
from ingest.outline import OutlineEntry, strip_number

_MUNICIPALITY = re.compile(r"^\S{1,8}[市区町村]$")
_PREFECTURE = re.compile(r"^\S{1,4}[都道府県]$")
_PROGRAMME = re.compile(r"^\S{4,30}事業$")


def is_place(title: str) -> bool:
    """Whether a title is the name of a municipality or a prefecture."""
    return bool(_MUNICIPALITY.match(title) or _PREFECTURE.match(title))


@dataclass(slots=True)
class Position:
    """The headings that hold at one place: entries of the contents, the part, headings by their numbering."""

    chain: list[OutlineEntry] = field(default_factory=list)
    outer: str = ""
    part: str = ""
    numbered: str = ""
    inner: str = ""
    row: str = ""  # of a table that has a row for each place
    page_title: str = ""  # heads what no entry of the contents holds

    def enter(self, entry: OutlineEntry) -> None:
        """Go to a heading of the contents, or one of its rank."""
        self.chain = [above for above in self.chain if above.level < entry.level]
        self.chain.append(entry)
        self.outer = self.part = self.page_title = ""
        self.number("")

    def leave_all(self) -> None:
        """Leave the structure: before the first chapter, or behind the last."""
        self.chain = []
        self.outer = self.part = self.page_title = ""
        self.number("")

    def begin_page(self, title: str) -> None:
        """A new page: rows end with their table; a page without a title goes on with that of the page before."""
        self.row, self.page_title = "", title or self.page_title

    def begin_part(self, titles: tuple[str, ...], recurring: frozenset[str]) -> None:
        """Titles that recur through the document group the lettered ones: 「サービス構築」, then a programme."""
        groups = [title for title in titles if title in recurring]
        single = [title for title in titles if title not in recurring]
        self.outer = groups[-1] if groups else self.outer
        self.part = single[-1] if single else ""
        self.number("")

    def number(self, heading: str) -> None:
        """Go to a numbered heading; "" leaves the one before."""
        self.numbered, self.inner = heading, ""

    def of_part(self) -> tuple[str, ...]:
        """The heading path down to the part."""
        path: list[str] = []
        for entry in self.chain:
            path += [entry.group] if entry.group else []
            path.append(strip_number(entry.title))
        if self.page_title and self.page_title not in path and not (self.outer or self.part):
            own = len(self.chain) <= 1
            path += [self.page_title] if own else []
        return (*path, *(heading for heading in (self.outer, self.part) if heading))

    def headings(self) -> tuple[str, ...]:
        """The whole heading path."""
        return (*self.of_part(), *(heading for heading in (self.numbered, self.inner, self.row) if heading))

    def facets(self, prefectures: Mapping[str, str]) -> Facets:
        """The facets that the headings say."""
        titles = [strip_number(entry.title) for entry in self.chain]
        municipality = next((title for title in titles if _MUNICIPALITY.match(title)), "")
        prefecture = next((title for title in titles if _PREFECTURE.match(title)), "")
        programme = next((title for title in (self.part, *reversed(titles)) if _PROGRAMME.match(title)), "")
        return Facets(
            municipality=municipality,
            prefecture=prefecture or prefectures.get(municipality, ""),
            programme=programme,
            section=self.numbered or (titles[-1] if titles else self.page_title),
        )
