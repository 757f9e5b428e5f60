"""What a text itself says of its page numbers: its contents, its printed numbers, its references."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guideqa.text.normalization import normalize
from ingest.outline import is_contents_page
from ingest.readers.page_titles import Title, occurrences, title_key, titles_of

_LONE_NUMBER = re.compile(r"^[-–|\s]*(?:[pP]\.?\s*)?([1-9]\d{0,3})\s*(?:ページ|頁|/\s*\d+)?[-–|\s]*$")
_HEAD_NUMBER = re.compile(r"^([1-9]\d{0,3})\s+\S.*\S|^.*\S\s+([1-9]\d{0,3})$")
_RULED = re.compile(r"\|")
_SENTENCE = re.compile(r"[。！？]")
_FROM_PAGE = re.compile(r"[pP]\.?\s*(\d{1,4})\s*~|(\d{1,4})\s*(?:ページ|頁)\s*(?:から|以降|~)")
_FIRST_HEADING = re.compile(r"^(?:1\s*[.．]|第\s*[1一]\s*[章節]|\(\s*1\s*\))\s*\D")
_RUNNING_TITLE_CHARS = 60

# Weights are log-odds: how many times likelier a page is that number if it shows the sign, as exp(weight).
_NUMBER_ALONE = 5.0  # at the head or foot of a page
_NUMBER_IN_HEAD = 3.5  # in a running head ruled off with a bar
_NUMBER_AT_END = 1.2  # at the end of one of the last lines
_NUMBERED_CONTENTS = -1.5  # the contents mostly stand before page 1
_OTHER_NUMBER = -0.7  # another number stands where the page's would
_BEGINS_WITH_TITLE = 4.0  # a page begins with the title that the contents give it
_BEGINS_THERE = 1.5  # a numbering begins on a page of which the text says "from page n on"

Weights = dict[int, float]


@dataclass(frozen=True, slots=True)
class Anchors:
    """Log-odds for the page numbers that each segment shows signs of."""

    by_segment: tuple[Weights, ...]
    starts: tuple[Weights, ...]  # besides, if the page begins with the segment
    others: tuple[float, ...]  # for every other number
    contents: frozenset[int]  # the segments that hold the table of contents
    silent: frozenset[int]  # pages that the contents announce by titles of which the text has none: pictures
    last: int  # the highest number that is named

    @property
    def count(self) -> int:
        """How many numbers have any sign."""
        return len({number for signs in self.by_segment for number, weight in signs.items() if weight > 0})


def find_anchors(texts: Sequence[str]) -> Anchors:
    """Everything in the segments that tells a page number."""
    contents = frozenset(number for number, text in enumerate(texts) if is_contents_page(text))
    filled = [
        [] if number in contents else [line.strip() for line in normalize(text).splitlines() if line.strip()]
        for number, text in enumerate(texts)
    ]
    titles = list(titles_of(texts, contents))
    signs: list[Weights] = [defaultdict(float) for _ in texts]
    others = [_NUMBERED_CONTENTS if number in contents else 0.0 for number in range(len(texts))]
    begun = {int(a or b) for text in texts for a, b in _FROM_PAGE.findall(normalize(text))}
    for number, lines in enumerate(filled):
        for page, weight in _printed(lines):
            signs[number][page] += weight
            others[number] = min(others[number], _OTHER_NUMBER if weight >= _NUMBER_ALONE else 0.0)
        for page in begun if any(_FIRST_HEADING.match(line) for line in lines) else ():
            signs[number][page] += _BEGINS_THERE
    starts, found = _of_titles(titles, filled, signs)
    named = [title.page for title in titles] + [page for weights in signs for page in weights]
    return Anchors(
        by_segment=tuple(dict(weights) for weights in signs),
        starts=tuple(starts),
        others=tuple(others),
        contents=contents,
        silent=frozenset(title.page for title in titles) - found,
        last=max(named, default=0),
    )


def _of_titles(
    titles: Sequence[Title], filled: Sequence[Sequence[str]], signs: Sequence[Weights]
) -> tuple[list[Weights], set[int]]:
    """Add what titles say to the signs; → what they say of beginnings, and the pages whose title was found."""
    keys = [[title_key(line) for line in lines] for lines in filled]
    starts: list[Weights] = [{} for _ in filled]
    found: set[int] = set()
    for title in titles:
        for occurrence in occurrences(title, keys):
            found.add(title.page)
            signs[occurrence.segment][title.page] += occurrence.weight
            beginning = _BEGINS_WITH_TITLE * occurrence.at_head
            known = starts[occurrence.segment].get(title.page, 0.0)
            starts[occurrence.segment][title.page] = max(known, beginning)
    return starts, found


def _printed(lines: Sequence[str]) -> Iterator[tuple[int, float]]:
    """The numbers printed at the head and foot of a segment."""
    edges = {*range(min(2, len(lines))), *range(max(0, len(lines) - 3), len(lines))}
    for place in sorted(edges):
        line = lines[place]
        outermost = place in (0, len(lines) - 1)
        if alone := _LONE_NUMBER.match(line):
            yield int(alone.group(1)), _NUMBER_ALONE if outermost else _NUMBER_ALONE / 2
        elif (head := _HEAD_NUMBER.match(line)) and not _SENTENCE.search(line):
            number = int(head.group(1) or head.group(2))
            if len(line) > _RUNNING_TITLE_CHARS or number <= 9:
                continue
            ruled = outermost and _RULED.search(line)
            yield number, _NUMBER_IN_HEAD if ruled else _NUMBER_AT_END
