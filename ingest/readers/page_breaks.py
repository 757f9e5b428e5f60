"""Text without page marks → the places where a page may have ended, told by the traces that breaks leave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from guideqa.text.lines import page_width, width
from guideqa.text.normalization import normalize

# So many blank lines in a row are more than the text itself puts between two paragraphs.
_BLANK_RUN = 3
_LIST_LINES = 3  # so many indented lines together are a list
_LONGEST_RUN = 8  # longer runs are told from each other no further
_SMALL_HEADING = re.compile(r"^(?:[nlu■□◆◇●○▶] ?\S{1,15}|.{1,20}[:：]|[(（]?\d{1,2}[).）]\s*\S{1,25})$")
_NUMBER = re.compile(r"^[-–|\s]*\d{1,4}[-–|\s]*$")
_OPENS = re.compile(r"^(?:\d{1,2}\s*[.)．]|第\s*[\d一二三四五六七八九十]+|\(\s*\d+|[•●■◆①-⑳【])")
_STRONG, _WEAK = 2.0, 0.5
# Without traces, a segment of this many lines is cut at its blank lines, so that nothing is quoted as one
# page that fills ten.
LONGEST_SEGMENT = 120


@dataclass(frozen=True, slots=True)
class Segment:
    """Lines between two places where a page may have ended.

    `trace` is how the break before it looks; breaks that look alike are true or false alike. `lean` is what
    the words either side add, in log-odds.
    """

    lines: tuple[str, ...]
    trace: str
    lean: float = 0.0

    @property
    def text(self) -> str:
        """Its lines."""
        return "\n".join(self.lines)

    @property
    def filled(self) -> list[str]:
        """Its lines that are not blank, without blanks at their ends."""
        return [line.strip() for line in self.lines if line.strip()]


def segments_of(text: str) -> list[Segment]:
    """Cut a text wherever a page may have ended. The segments together hold every line."""
    lines = text.split("\n")
    full = 0.8 * page_width([line for line in lines if width(line) <= 80])
    starts: list[tuple[int, str, float]] = [(0, "start", 0.0)]
    blanks: list[str] = []
    before, place = "", 0
    for number, line in enumerate(lines):
        if not line.strip():
            blanks.append(line)
            continue
        trace = _trace(lines, number, before, blanks, full) if before else ""
        if trace:
            opened = starts[-1][0] == place  # the line above begins a page itself
            starts.append((number, trace, _lean(before, line, full, opened)))
        before, place, blanks = line, number, []
    ends = [*(start for start, _, _ in starts[1:]), len(lines)]
    return [
        Segment(tuple(lines[start:end]), trace, lean)
        for (start, trace, lean), end in zip(starts, ends, strict=True)
    ]


def _trace(lines: Sequence[str], number: int, before: str, blanks: Sequence[str], full: float) -> str:
    """How the break before a line looks, or "" where there is none."""
    line = lines[number]
    indent = min(len(line) - len(line.lstrip(" ")), 3)
    if not blanks and 1 <= indent <= 2:
        if sum(near.startswith(" ") for near in lines[max(0, number - 2) : number + 3]) >= _LIST_LINES:
            return "indent list"
        return f"indent {'full' if width(before.strip()) >= full else 'short'}"
    if len(blanks) >= _BLANK_RUN:
        if not any(blanks):
            return f"empty {min(indent, 1)}"
        return f"blank {min(len(blanks), _LONGEST_RUN)} {min(indent, 1)}"
    return ""


def _lean(before: str, line: str, full: float, opened: bool) -> float:
    """What the words say: a page seldom ends with a heading, and often where a sentence ends or a line is full.

    A number alone ends a page, unless it has just begun it.
    """
    text = normalize(before).strip()
    if _NUMBER.match(text):
        return 0.0 if opened else _STRONG
    if _SMALL_HEADING.match(text):
        return -_STRONG
    full_stop = text.endswith("。") or width(text) >= full
    return _WEAK if full_stop or _OPENS.match(normalize(line).strip()) else 0.0


def cut_at_blank_lines(lines: Sequence[str]) -> list[tuple[str, ...]]:
    """Parts of at most LONGEST_SEGMENT lines, cut at a blank line where there is one near."""
    cuts = [0]
    for number, line in enumerate(lines):
        long_enough = number - cuts[-1] >= LONGEST_SEGMENT // 2 and not line.strip()
        if long_enough or number - cuts[-1] >= LONGEST_SEGMENT:
            cuts.append(number)
    return [tuple(lines[start:end]) for start, end in pairwise([*cuts, len(lines)])]
