"""Parts of a case that no table of contents lists: lettered titles, titles that recur, captions of boxes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile

from guideqa.text.lines import LineKind, Paragraph, line_kind, width
from guideqa.text.normalization import normalize
from ingest.frame import plain_title

NUMBERED_HEADING = re.compile(r"^(\d{1,2})\s*\.\s*(?=\D)(.{2,40})$")
_LETTERED_PART = re.compile(r"^(.{3,40}?)\s+[A-H]$")
_SENTENCE_END = re.compile(r"[。．！？!?]")
# A line that stands alone on at least so many pages is part of the document's frame.
_RECURRENCE = 3
_CAPTION_CHARS = 15
_KEYWORD_EM = 25


class Parts:
    """The titles that divide a document's cases, learnt from all its pages."""

    def __init__(self, bodies: Sequence[Sequence[str]]) -> None:
        """Learn which lines recur where a numbering begins anew, and which caption boxes of keywords."""
        alone = [_lone_lines(lines) for lines in bodies]
        self.recurring = _recurring_titles(bodies, alone)
        self.captions = _captions(bodies, alone) - self.recurring
        named = {
            self.title_of(line)
            for lines in bodies
            for line in lines
            if _LETTERED_PART.search(plain_title(line))
        }
        self.names = frozenset(named - {""})

    def title_of(self, line: str) -> str:
        """The part that a line names, or ""."""
        title = plain_title(line)
        if title in self.recurring:
            return title
        lettered = _LETTERED_PART.match(title)
        return lettered.group(1).strip() if lettered and not _SENTENCE_END.search(title) else ""

    def is_title(self, paragraph: Paragraph) -> bool:
        """Whether a paragraph is nothing but the title of a part."""
        one_line = paragraph.first_line == paragraph.last_line
        return one_line and paragraph.kind is LineKind.TEXT and bool(self.title_of(paragraph.text))

    def frame(self, lines: Sequence[str]) -> frozenset[int]:
        """The numbers of the lines that name a part or caption a box."""
        return frozenset(
            number
            for number, line in enumerate(lines)
            if blank_before(lines, number) or not any(following.strip() for following in lines[number + 1 :])
            if self.title_of(line) or plain_title(line) in self.captions
        )

    def starts(self, page: Sequence[Paragraph], following: Sequence[Paragraph]) -> dict[int, tuple[str, ...]]:
        """Paragraph number → the part that begins there, as (outer, inner) titles.

        A part's title is often set in a box that extraction puts at the foot of the page; the part begins
        where the numbering does. Where none begins on the page, it is the next page that it heads, if one
        begins there; else the line is text like any other.
        """
        titles = tuple(dict.fromkeys(self.title_of(p.text) for p in page if self.is_title(p)))
        starts = [number for number, paragraph in enumerate(page) if opens_numbering(paragraph.text)]
        if not titles or not (starts or any(opens_numbering(p.text) for p in following)):
            return {}
        return {starts[-1] if starts else len(page) - 1: titles[-2:]}

    def keywords(self, page: Sequence[Paragraph]) -> frozenset[int]:
        """The paragraphs of captioned boxes: a caption, and the short bullets either side of it."""
        found: set[int] = set()
        for number, paragraph in enumerate(page):
            if plain_title(paragraph.text) in self.captions:
                before = takewhile(lambda n: _is_keyword(page[n]), range(number - 1, -1, -1))
                after = takewhile(lambda n: _is_keyword(page[n]), range(number + 1, len(page)))
                box = {*before, *after}
                found |= {*box, number} if box else set()
        return frozenset(found)


def opens_numbering(line: str) -> bool:
    """Whether a line is the first numbered heading: 「1. …」."""
    match = NUMBERED_HEADING.match(normalize(line).strip())
    return match is not None and match.group(1) == "1"


def blank_before(lines: Sequence[str], number: int) -> bool:
    """Whether a line is the first or has a blank one above it."""
    return number == 0 or not lines[number - 1].strip()


def _lone_lines(lines: Sequence[str]) -> set[str]:
    backwards = lines[::-1]
    return {
        plain_title(line)
        for number, line in enumerate(lines)
        if blank_before(lines, number) and blank_before(backwards, len(lines) - 1 - number)
        if line_kind(line) is LineKind.TEXT
    }


def _recurring_titles(bodies: Sequence[Sequence[str]], alone: Sequence[set[str]]) -> frozenset[str]:
    """Lines that stand alone on several pages, mostly where a numbering begins anew."""
    seen: Counter[str] = Counter()
    with_start: Counter[str] = Counter()
    for lines, titles in zip(bodies, alone, strict=True):
        seen.update(titles)
        with_start.update(titles if any(opens_numbering(line) for line in lines) else ())
    return frozenset(
        title
        for title, count in seen.items()
        if count >= _RECURRENCE and with_start[title] >= 0.8 * count
        if len(title) >= 4 and not title.isascii() and not _LETTERED_PART.match(title)
    )


def _captions(bodies: Sequence[Sequence[str]], alone: Sequence[set[str]]) -> frozenset[str]:
    """Short lines that stand alone among bullets on several pages: 「Key Word」."""
    among_bullets: Counter[str] = Counter()
    for lines, titles in zip(bodies, alone, strict=True):
        filled = [line for line in lines if line.strip()]
        kinds = [line_kind(line) for line in filled]
        among_bullets.update(
            {
                plain_title(line)
                for number, line in enumerate(filled)
                if LineKind.BULLET in kinds[max(0, number - 1) : number] + kinds[number + 1 : number + 2]
                if len(line.strip()) <= _CAPTION_CHARS and plain_title(line) in titles
            }
        )
    return frozenset(title for title, count in among_bullets.items() if title and count >= _RECURRENCE)


def _is_keyword(paragraph: Paragraph) -> bool:
    short = width(paragraph.text) <= _KEYWORD_EM and not _SENTENCE_END.search(paragraph.text)
    return short and paragraph.kind is LineKind.BULLET
