"""A document's outline, read from its own table of contents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guideqa.text.normalization import normalize
from ingest.source import SourcePage

# A contents page: this many lines end in a page number with its word or a leader before it.
_MIN_ENTRIES = 5
_PAGE_ONLY = re.compile(r"^[pP.]*\s*(\d{1,4}|[ivx]{1,5})\s*(?:ページ|頁)$")
_WITH_PAGE = re.compile(r"^(.*?\S)(?:\s*[.…・‥]{3,}\s*|\s+)[pP.]*(\d{1,4}|[ivx]{1,5})\s*(?:ページ|頁)?$")
_PAGE_WORD = re.compile(r"(?:\d|[ivx])\s*(?:ページ|頁)$|[.…・‥]{3,}\s*\d+$")
_COLUMN_HEAD = re.compile(r"^(?:内容)?\s*ページ数?$|目次")
_LEVELS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"^(?:第\s*[\d一二三四五六七八九十]+\s*[章部編]|付録|資料編)"), 1),
    (re.compile(r"^[IVX]{1,4}\s*\."), 2),
    (re.compile(r"^\d{2}\s"), 3),
    (re.compile(r"^第\s*[\d一二三四五六七八九十]+\s*節"), 3),
    (re.compile(r"^\(\s*\d+\s*\)"), 4),
)
_CIRCLED = re.compile(r"^\s*[①-⑳]")
_NUMBER = re.compile(r"^(?:[IVX]{1,4}\s*\.|\d{1,2}(?:\s*[.)]|\s)|\(\s*\d+\s*\)|[①-⑳])\s*")


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A line of the table of contents. `level` counts from 1; a group is a heading without a page."""

    title: str
    label: str
    level: int
    group: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """All entries in order, and the pages that hold the table itself."""

    entries: tuple[OutlineEntry, ...] = ()
    contents_pages: frozenset[str] = frozenset()

    def starting_on(self, label: str) -> list[OutlineEntry]:
        """The entries that begin on a page."""
        return [entry for entry in self.entries if entry.label == label]

    def between(self, after: str, before: str) -> list[OutlineEntry]:
        """The entries that begin between two numbered pages, without those on the two."""
        low = int(after) if after.isdecimal() else 0
        high = int(before) if before.isdecimal() else 0
        return [e for e in self.entries if e.label.isdecimal() and low < int(e.label) < high]


def strip_number(title: str) -> str:
    """「01 各事業の目的」 → 「各事業の目的」; a chapter keeps its number, which people quote."""
    return _NUMBER.sub("", title).strip()


def is_contents_page(text: str) -> bool:
    """Whether a page is a table of contents: mostly lines that end in a page number."""
    lines = [line.strip() for line in normalize(text).splitlines() if line.strip()]
    numbered = sum(bool(_PAGE_WORD.search(line)) for line in lines)
    return numbered >= _MIN_ENTRIES and numbered >= 0.3 * len(lines)


def read_outline(pages: Sequence[SourcePage]) -> Outline:
    """Parse every contents page; entries that name no page of the document are dropped."""
    labels = {page.label for page in pages}
    all_known = all(page.label_known for page in pages)
    contents = [page for page in pages if is_contents_page(page.text)]
    entries: list[OutlineEntry] = []
    for page in contents:
        entries += contents_entries(page.text)
    known = tuple(entry for entry in entries if entry.label in labels or not all_known)
    return Outline(known, frozenset(page.label for page in contents))


def contents_entries(text: str) -> Iterator[OutlineEntry]:
    """The entries of a page of contents. Titles and numbers may stand in columns: then they pair up in order."""
    waiting: list[tuple[str, int]] = []
    group = ""
    for raw in text.splitlines():
        line = normalize(raw).strip()
        if not line or _COLUMN_HEAD.search(line):
            continue
        level = heading_level(raw)
        if page_only := _PAGE_ONLY.match(line):
            if waiting:
                title, waiting_level = waiting.pop(0)
                yield OutlineEntry(title, page_only.group(1), waiting_level, group)
        elif with_page := _WITH_PAGE.match(line):
            if len(waiting) == 1 and waiting[0][1] == 0:
                group = waiting[0][0]  # a heading without a page: it groups what follows
            elif level <= 2:
                group = ""
            waiting.clear()
            yield OutlineEntry(with_page.group(1), with_page.group(2), level or 3, group)
        else:
            waiting.append((line, level))


def heading_level(raw: str) -> int:
    """The depth that a title's numbering shows; 0 where it has none."""
    if _CIRCLED.match(raw):
        return 5
    line = normalize(raw).strip()
    return next((level for pattern, level in _LEVELS if pattern.match(line)), 0)
