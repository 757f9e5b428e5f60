"""Glyphs with their places on a page → lines of text in reading order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import NamedTuple

# A gap between lines over this multiple of the page's usual one is a blank line.
BLANK_LINE_GAP = 1.6
# Baselines nearer than this share of the type size are one line: superscripts stay where they belong.
_SAME_BASELINE = 0.45
# Vertical writing sets glyph under glyph at an em; stacked one-character lines of a table stand wider apart.
_VERTICAL_STEP = (0.8, 1.15)
_MIN_VERTICAL = 4
# Ruby is set in about half the size of its base, straight above it.
_RUBY_SIZE = 0.65
# A gap of so many em is one between columns, of text or of a table: which, the page as a whole tells.
_WIDE_GAP = 1.5
_MIN_COLUMN_LINES = 4
_COLUMN_EM = 12  # columns of text are no narrower, on average


class Glyph(NamedTuple):
    """A character, the left end of its baseline and its type size, in points from the foot of the page."""

    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Line:
    """Glyphs on one baseline, or below each other where the writing is vertical."""

    text: str
    left: float
    right: float
    y: float
    size: float
    vertical: bool = False


def text_of(glyphs: Iterable[Glyph]) -> str:
    """The text of a page, with blank lines where the page has them and without ruby."""
    lines = _rejoined(_without_ruby(_join_vertical(_lines(glyphs))))
    return _with_blank_lines(_rows_whole(_columns_in_order(lines)))


def _lines(glyphs: Iterable[Glyph]) -> list[Line]:
    found: list[Line] = []
    run: list[Glyph] = []
    for glyph in glyphs:
        if run and not _follows(run[-1], glyph):
            found += _line(run)
            run = []
        run.append(glyph)
    return found + _line(run)


def _follows(before: Glyph, glyph: Glyph) -> bool:
    size = max(before.size, glyph.size, 0.1)
    near = before.x - 0.6 * size <= glyph.x <= before.x + (1 + _WIDE_GAP) * size
    return abs(glyph.y - before.y) <= _SAME_BASELINE * size and near


def _line(run: Sequence[Glyph]) -> list[Line]:
    text = "".join(glyph.text for glyph in run)
    inked = [glyph for glyph in run if glyph.text.strip()]
    if not inked:
        return []
    size = median(glyph.size for glyph in inked)
    return [Line(text.rstrip(), inked[0].x, inked[-1].x + inked[-1].size, inked[0].y, size)]


def _join_vertical(lines: list[Line]) -> list[Line]:
    """Runs of single characters below each other are one vertical line."""
    found: list[Line] = []
    run: list[Line] = []
    for line in [*lines, None]:
        if line and run and not _stacked(run[-1], line):
            found += _vertical(run)
            run = []
        if line:
            run.append(line)
    return found + _vertical(run)


def _stacked(above: Line, below: Line) -> bool:
    size = max(above.size, 0.1)
    single = len(above.text.strip()) == len(below.text.strip()) == 1
    step = (above.y - below.y) / size
    return single and abs(above.left - below.left) <= 0.3 * size and _between(step, *_VERTICAL_STEP)


def _between(value: float, low: float, high: float) -> bool:
    return low <= value <= high


def _vertical(run: list[Line]) -> list[Line]:
    if len(run) < _MIN_VERTICAL:
        return run
    first = run[0]
    text = "".join(line.text.strip() for line in run)
    return [Line(text, first.left, first.right, first.y, first.size, vertical=True)]


def _without_ruby(lines: list[Line]) -> list[Line]:
    """Readings in small kana straight above a line are left out: they would cut its sentence in two."""
    return [
        line for line in lines if not (_is_kana(line.text) and any(_is_ruby(line, base) for base in lines))
    ]


def _rejoined(lines: list[Line]) -> list[Line]:
    """Lines that ruby had cut in two: what goes on at once on the same baseline."""
    found: list[Line] = []
    for line in lines:
        before = found[-1] if found else None
        if before and not before.vertical and not line.vertical and _goes_on(before, line):
            text = before.text + line.text
            found[-1] = Line(text, before.left, line.right, before.y, before.size)
        else:
            found.append(line)
    return found


def _goes_on(before: Line, line: Line) -> bool:
    same = abs(line.y - before.y) <= 0.1 * before.size and abs(line.size - before.size) <= 0.1 * before.size
    return same and -0.3 * before.size <= line.left - before.right <= 0.3 * before.size


def _is_ruby(line: Line, base: Line) -> bool:
    if base.vertical or line.size > _RUBY_SIZE * base.size:
        return False
    over = 0.5 * base.size <= line.y - base.y <= 1.3 * base.size
    return over and line.left >= base.left - base.size and line.right <= base.right + base.size


def _is_kana(text: str) -> bool:
    return all("\u3040" <= character <= "\u30ff" or character.isspace() for character in text)


def _columns_in_order(lines: list[Line]) -> list[Line]:
    """Where a file goes through two columns line by line, the left one is put before the right one.

    Most files hold their columns one after the other; their order is left alone.
    """
    gutter = _gutter(lines)
    if gutter is None:
        return lines
    found: list[Line] = []
    for crosses, group in groupby(lines, key=lambda line: line.left < gutter < line.right):
        part = list(group)
        if crosses:
            found += part
            continue
        found += [line for line in part if line.right <= gutter]
        found += [line for line in part if line.left >= gutter]
    return found


def _gutter(lines: list[Line]) -> float | None:
    """The x between two columns, where at least half the lines come in pairs across it."""
    pairs = [
        (left, right)
        for left, right in zip(lines, lines[1:], strict=False)
        if abs(left.y - right.y) <= _SAME_BASELINE * left.size and right.left >= left.right
    ]
    if len(pairs) < _MIN_COLUMN_LINES or 4 * len(pairs) < len(lines):
        return None
    widths = [(line.right - line.left) / max(line.size, 0.1) for pair in pairs for line in pair]
    if median(widths[::2]) < _COLUMN_EM or median(widths[1::2]) < _COLUMN_EM:
        return None
    low, high = max(left.right for left, _ in pairs), min(right.left for _, right in pairs)
    return (low + high) / 2 if low <= high else None


def _rows_whole(lines: list[Line]) -> list[Line]:
    """What stands side by side and is no column of text, a table's row, is one line again."""
    found: list[Line] = []
    for line in lines:
        before = found[-1] if found else None
        if before and not before.vertical and not line.vertical and _beside(before, line):
            text = f"{before.text} {line.text.lstrip()}"
            found[-1] = Line(text, before.left, line.right, before.y, before.size)
        else:
            found.append(line)
    return found


def _beside(before: Line, line: Line) -> bool:
    return abs(line.y - before.y) <= _SAME_BASELINE * before.size and line.left >= before.right - before.size


def _with_blank_lines(lines: Sequence[Line]) -> str:
    """The lines as text; the file has no blank ones, so they are put back from the gaps."""
    gaps = [a.y - b.y for a, b in zip(lines, lines[1:], strict=False) if not b.vertical]
    usual = _usual_gap(gaps)
    text: list[str] = []
    above: Line | None = None
    for line in lines:
        if above and usual and not line.vertical and not 0 <= above.y - line.y <= BLANK_LINE_GAP * usual:
            text.append("")
        text.append(line.text)
        above = line
    return "\n".join(text)


def _usual_gap(gaps: Sequence[float]) -> float:
    """The line spacing within paragraphs: the median of the smaller half of the gaps."""
    ordered = sorted(gap for gap in gaps if gap > 1.0)
    return median(ordered[: max(1, len(ordered) // 2)]) if ordered else 0.0
