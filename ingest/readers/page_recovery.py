"""Text taken out of a paginated document, its page marks lost → its pages, as far as the text carries them.

Where the text's own signs do not tell a page's number, the page has none: a wrong number costs more trust
than a missing one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ingest.readers.page_alignment import Alignment, align, align_pages
from ingest.readers.page_anchors import find_anchors
from ingest.readers.page_breaks import Segment, cut_at_blank_lines, segments_of
from ingest.source import SourcePage

# Numbers less likely than this are not given. Measured on the guidebook's extracted text: of the segments
# over it every number was right, of the few under it two in three.
LEAST_CONFIDENCE = 0.8
# Of pages that are known as such, only the number is sought.
LEAST_CONFIDENCE_OF_A_NUMBER = 0.9
# Fewer numbers than this may agree by chance.
_LEAST_ANCHORS = 4
# A text of so few characters is taken for one page.
ONE_PAGE_CHARS = 2_000


def recover_pages(text: str) -> list[SourcePage]:
    """The pages of a text that has no page marks. Together they hold every line of it.

    A page whose number is not known has `label_known` False and a label that no book prints.
    """
    if len(text) <= ONE_PAGE_CHARS:
        return [SourcePage("1", text)]
    segments = segments_of(text)
    anchors = find_anchors([segment.text for segment in segments])
    if anchors.count < _LEAST_ANCHORS:
        parts = cut_at_blank_lines(text.split("\n"))
        return [_unnumbered(part, number) for number, part in enumerate(parts, start=1)]
    return list(_pages(segments, align(segments, anchors)))


def page_labels(texts: Sequence[str]) -> list[str]:
    """Labels for pages that are known as such but bear none: the printed numbers, as far as the text tells.

    A page that does not tell is named by its position, in words. Where the text says too little of numbers
    altogether, pages are counted from 1.
    """
    counted = [str(number) for number in range(1, len(texts) + 1)]
    anchors = find_anchors(texts)
    if anchors.count < max(_LEAST_ANCHORS, len(texts) // 20):
        return counted
    numbers, confidences = align_pages(texts, anchors).best()
    return [
        str(number) if number and confidence >= LEAST_CONFIDENCE_OF_A_NUMBER else f"{position}枚目"
        for position, number, confidence in zip(counted, numbers, confidences, strict=True)
    ]


def _pages(segments: Sequence[Segment], alignment: Alignment) -> Iterator[SourcePage]:
    """Segments whose likeliest number is the same are one page.

    Its confidence is the share of its text that may be expected to stand on that page.
    """
    numbers, confidences = alignment.best()
    unknown = 0
    above: int | None = None
    for places in _groups(numbers.tolist(), alignment.breaks.tolist()):
        number = int(numbers[places[0]])
        weights = [1 + len(segments[place].text) for place in places]
        confidence = float(np.average(confidences[places], weights=weights))
        lines = [line for place in places for line in segments[place].lines]
        if number and confidence >= LEAST_CONFIDENCE:
            if above is not None:
                yield from (SourcePage(str(empty), "") for empty in range(above + 1, number))
            note = f"ページ番号は本文の手がかりから推定（確からしさ{confidence:.0%}）"
            yield SourcePage(str(number), "\n".join(lines), note=note)
            above = number
            continue
        above = None
        unknown += 1
        yield _unnumbered(lines, unknown)


def _groups(numbers: Sequence[int], breaks: Sequence[float]) -> Iterator[list[int]]:
    """Neighbouring segments of one number; those without one are parted where a page likely begins."""
    group = [0]
    for place in range(1, len(numbers)):
        begins = numbers[place] != numbers[place - 1] or (not numbers[place] and breaks[place] >= 0.5)
        if begins:
            yield group
            group = []
        group.append(place)
    yield group


def _unnumbered(lines: Sequence[str], number: int) -> SourcePage:
    note = "ページ番号が本文からは分からないため、見出しで示します"
    return SourcePage(f"不明{number}", "\n".join(lines), label_known=False, note=note)
