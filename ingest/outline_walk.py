"""Which entries of the table of contents begin on each page, also where some pages' numbers are not known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from guideqa.text.normalization import comparable, normalize
from ingest.outline import Outline, OutlineEntry, strip_number
from ingest.source import SourcePage

_ROMAN = re.compile(r"^[ivxlcdm]+$", re.IGNORECASE)
_LONGEST_REST = 24  # what may stand on a line behind a title


@dataclass(frozen=True, slots=True)
class PageStart:
    """What happens to the heading path where a page begins, and the entries that begin further down."""

    leaves: bool  # the headings of the page before hold no longer
    at_top: tuple[OutlineEntry, ...]
    later: tuple[OutlineEntry, ...]

    @property
    def entries(self) -> tuple[OutlineEntry, ...]:
        """All that begin on the page."""
        return self.at_top + self.later


def walk(outline: Outline, pages: Sequence[SourcePage]) -> list[PageStart]:
    """For every page, the entries that begin there.

    Front matter, body and cover are numbered each in their own way, so a change of numbering leaves all
    headings. On a page of unknown number an entry begins if its title stands there; while one may have begun
    and does not show, no heading of the contents is claimed.
    """
    found: list[PageStart] = []
    entered: set[OutlineEntry] = set()
    last, lost = "", False
    for number, page in enumerate(pages):
        if page.label_known:
            starts = outline.starting_on(page.label)
            before = [
                e for e in outline.between("0" if lost else last, page.label) if lost or e not in entered
            ]
            at_top, later = _split(starts)
            leaves = lost or _kind(page.label) != _kind(last)
            found.append(PageStart(bool(found) and leaves, (*before, *at_top), tuple(later)))
            entered.update(before, starts)
            last, lost = page.label, False
            continue
        pending = [e for e in outline.between(last, _next_known(pages, number)) if e not in entered]
        shown = [place for place, entry in enumerate(pending) if _shows(page, entry)]
        begun = pending[: shown[-1] + 1] if shown else []
        lost = lost or (bool(pending) and not shown)
        found.append(PageStart(lost, tuple(begun), ()))
        entered.update(begun)
    return found


def _split(entries: Sequence[OutlineEntry]) -> tuple[list[OutlineEntry], list[OutlineEntry]]:
    """Those that hold from the top of their page, and siblings that begin further down."""
    at_top: list[OutlineEntry] = []
    for number, entry in enumerate(entries):
        if at_top and entry.level <= at_top[-1].level:
            return at_top, list(entries[number:])
        at_top.append(entry)
    return at_top, []


def _kind(label: str) -> str:
    if label.isdecimal():
        return "arabic"
    return "roman" if _ROMAN.match(label) else "other"


def _next_known(pages: Sequence[SourcePage], number: int) -> str:
    following = (page.label for page in pages[number + 1 :] if page.label_known and page.label.isdecimal())
    return next(following, "999999")


def _shows(page: SourcePage, entry: OutlineEntry) -> bool:
    title = comparable(strip_number(entry.title))
    keys = (comparable(strip_number(normalize(line).strip())) for line in page.text.splitlines())
    return any(key.startswith(title) and len(key) <= len(title) + _LONGEST_REST for key in keys)
