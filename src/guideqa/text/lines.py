"""Lines as a page has them → the paragraphs that they were before the page was set."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from unicodedata import east_asian_width

from guideqa.text.normalization import normalize, readable
from guideqa.text.tokenization import morphemes

# Wingdings and friends survive extraction as the letters n, l, u, Ø, ü at the head of a line.
_BULLET = re.compile(r"^\s*(?:[•●○■□◆◇▶➢➤✓★☆・‧◦▪-]\s*|Ø\s+|[nlu] ?(?=[^\x00-\x7f])|ü\s+)(?=\S)")
_NUMBERED = re.compile(
    r"^\s*(?:第\s*[0-9一二三四五六七八九十]+\s*[章節部編]|[IVX]{1,4}\s*\.|\d{1,2}\s*[.．]\s*\D|\d{2}\s+\S"
    r"|[（(]\s*\d{1,2}\s*[)）]|\d{1,2}\s*[)）]|[a-z]\s*[.)]|[①-⑳]|【|※|\*)"
)
_TERMINAL = re.compile(r"[。．！？!?」』）)】：:]$|^[^。]{0,40}ページ$")
_CLAUSE_OPEN = re.compile(r"[、，,（(「『]$")
_ITEM_MARKERS = frozenset("•・‧◦▪➢✓Ø")
_WIDE_BLANKS = re.compile(r"[ \t\u3000]{2,}")
_HEAD = 14  # characters either side of a break that are given to the tokenizer


class LineKind(StrEnum):
    """What a line opens."""

    TEXT = "text"
    BULLET = "bullet"
    NUMBERED = "numbered"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Joined lines: the text without its bullet, and where it stood on the page."""

    text: str
    kind: LineKind
    marker: str
    first_line: int
    last_line: int
    stands_alone: bool  # a single line between blank ones


def width(text: str) -> float:
    """Width in em: wide and ambiguous characters count 1, narrow ones ½."""
    return sum(1.0 if east_asian_width(c) in "WFA" else 0.5 for c in text)


def line_kind(line: str) -> LineKind:
    """What a line opens, from its first characters."""
    if _BULLET.match(line):
        return LineKind.BULLET
    return LineKind.NUMBERED if _NUMBERED.match(line) else LineKind.TEXT


def continues(before: str, after: str) -> bool:
    """Whether `after` cannot begin a line of its own.

    Either a word runs over the break, or the second line begins with a particle or an auxiliary.
    """
    head, tail = normalize(before)[-_HEAD:], normalize(after)[:_HEAD]
    if not head or not tail or "\n" in head + tail:
        return False
    border = len(head)
    for _, morpheme in morphemes(head + tail):
        if morpheme.begin() < border < morpheme.end():
            return True
        if morpheme.begin() == border:
            return morpheme.part_of_speech()[0] in ("助詞", "助動詞")
    return False


def _open_ended(line: str) -> bool:
    """Whether a line stops in the middle of a clause: at a comma, a particle, an attributive."""
    if _CLAUSE_OPEN.search(line):
        return True
    found = [morpheme for _, morpheme in morphemes(normalize(line)[-_HEAD:])]
    return bool(found) and found[-1].part_of_speech()[0] == "助詞"


def _page_width(lines: list[str]) -> float:
    """The width at which this page wraps: one stray long line does not decide it."""
    widths = sorted((width(line.strip()) for line in lines), reverse=True)
    return widths[min(2, len(widths) - 1)] if widths else 0.0


def _full_widths(lines: list[str]) -> list[float]:
    """For each line the width from which it counts as full: that of its page, or of its narrower block.

    A block is a run of lines without a blank one; under 20 em it is rather a table than prose.
    """
    page = 0.88 * _page_width(lines)
    thresholds: list[float] = []
    for _, run in groupby(lines, key=lambda line: bool(line.strip())):
        block = [width(line.strip()) for line in run]
        widest = max(block)
        threshold = min(page, 0.9 * widest) if widest >= 20 and len(block) > 1 else page
        thresholds += [threshold] * len(block)
    return thresholds


def _belongs_together(previous: Paragraph, before: str, after: str, full: bool, blank_between: bool) -> bool:
    if line_kind(after) is not LineKind.TEXT or _TERMINAL.search(before):
        return False
    if blank_between:
        return full and (continues(before, after) or _open_ended(before) or after[:1].isalnum())
    hanging = previous.marker in _ITEM_MARKERS  # an item goes on until a line opens something else
    return full or hanging or continues(before, after) or _open_ended(before)


def _glue(before: str, after: str) -> str:
    """Latin words that a line break parts are parted by a blank; Japanese needs none."""
    blank = (
        " "
        if before[-1:].isascii() and before[-1:].isalnum() and after[:1].isascii() and after[:1].isalnum()
        else ""
    )
    return before + blank + after


def paragraphs(lines: list[str], frame: frozenset[int] = frozenset()) -> list[Paragraph]:
    """Join the wrapped lines of one page. `first_line` and `last_line` count from 0.

    A line is joined to the one before it when that one stops short of a sentence end and is full, or a
    word runs over the break, or it stops in mid-clause. A bullet's second line often stands after a blank.
    `frame` numbers lines that belong to the page's frame (running titles): they are joined to nothing.
    """
    full_widths = _full_widths(lines)
    joined: list[Paragraph] = []
    blank_between = True
    for number, raw in enumerate(lines):
        line = _WIDE_BLANKS.sub(" ", readable(raw)).strip()
        if not line:
            blank_between = True
            continue
        previous = joined[-1] if joined else None
        before = readable(lines[previous.last_line]).strip() if previous else ""
        full = previous is not None and width(before) >= full_widths[previous.last_line]
        apart = number in frame or (previous is not None and previous.last_line in frame)
        if previous and not apart and _belongs_together(previous, before, line, full, blank_between):
            text = _glue(previous.text, line)
            joined[-1] = Paragraph(text, previous.kind, previous.marker, previous.first_line, number, False)
        else:
            bullet = _BULLET.match(line)
            marker = bullet.group(0).strip() if bullet else ""
            text = line[bullet.end() :] if bullet else line
            after_blank = number + 1 >= len(lines) or not lines[number + 1].strip()
            alone = blank_between and after_blank
            joined.append(Paragraph(text.strip(), line_kind(line), marker, number, number, alone))
        blank_between = False
    return joined
