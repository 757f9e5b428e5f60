"""Parts of a document whose structure is known → the pages on which a renderer has set them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from guideqa.text.normalization import comparable
from ingest.source import SourcePage

_HEADING = re.compile(r"^(#{1,6}) (.*)$")
_MARK = re.compile(r"^(?:#{1,6} |- )")
_COLUMN_NAME = re.compile(r"^[^:]{1,30}: ")
_HEAD, _REST = 16, 10  # characters by which a part, and its rest over a page break, are found
_FRAME = 120  # characters that headers, footers and footnotes may put at a page's edge
_LOOK_AHEAD = 4  # pages


def placed(parts: Sequence[str], pages: Sequence[SourcePage], note: str) -> list[SourcePage]:
    """Markdown pages with the labels of the rendered ones. A part over a page break is cut where that is.

    Each page repeats the headings that hold where it begins. Parts are found in order; one that is not found
    (a text box, say) stays with the part before it.
    """
    keys = [comparable(page.text) for page in pages]
    found: list[list[str]] = [[] for _ in pages]
    here = offset = 0
    for part in parts:
        number, place = _find(part, keys, here, offset)
        if number > here:
            here, offset = number, 0
        offset = max(offset, place)
        on_page, rest = _cut(part, keys, here)
        found[here].append(on_page)
        if rest:
            here, offset = here + 1, 0
            found[here].append(rest)
    path: dict[int, str] = {}
    placed_pages: list[SourcePage] = []
    for page, own in zip(pages, found, strict=True):
        placed_pages.append(SourcePage(page.label, _with_path(path, own), page.label_known, note))
        for part in own:
            if heading := _HEADING.match(part):
                level = len(heading.group(1))
                path = {above: title for above, title in path.items() if above < level}
                path[level] = heading.group(2)
    return placed_pages


def _find(part: str, keys: Sequence[str], here: int, offset: int) -> tuple[int, int]:
    """The page on which a part begins, from a place on; the place itself where it is not found.

    A row of a table names its columns, which the page does not: it is found by its cells.
    """
    text = _MARK.sub("", part)
    cells = "".join(_COLUMN_NAME.sub("", cell) for cell in text.split("、"))
    for head in (comparable(text)[:_HEAD], comparable(cells)[:_HEAD]):
        for number in range(here, min(here + _LOOK_AHEAD, len(keys))):
            place = keys[number].find(head, offset if number == here else 0)
            if head and place >= 0:
                return number, place
    return here, offset


def _cut(part: str, keys: Sequence[str], here: int) -> tuple[str, str]:
    """What of a part stands on its page, and what on the next."""
    mark = _MARK.match(part)
    text = part[mark.end() :] if mark else part
    key = comparable(text)
    if key in keys[here] or here + 1 >= len(keys):
        return part, ""
    low, high = 0, len(key)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if key[:middle] in keys[here] else (low, middle - 1)
    rest = key[low : low + _REST]
    ends_page = keys[here].rfind(key[:low]) + low >= len(keys[here]) - _FRAME
    if low < _REST or len(rest) < _REST or not ends_page or rest not in keys[here + 1][: _FRAME + len(rest)]:
        return part, ""
    place = next(n for n in range(len(text) + 1) if len(comparable(text[:n])) >= low)
    return part[: len(part) - len(text) + place], text[place:]


def _with_path(path: dict[int, str], parts: Sequence[str]) -> str:
    """A page's text under the headings that hold where it begins, which it repeats."""
    first = _HEADING.match(parts[0]) if parts else None
    level = len(first.group(1)) if first else 7
    repeated = [f"{'#' * above} {title}" for above, title in sorted(path.items()) if above < level]
    return "\n\n".join([*repeated, *parts]) if parts else ""
