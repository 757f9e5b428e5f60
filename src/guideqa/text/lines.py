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
_BULLET = re.compile(
    r"^\s*(?:[•●○■□◆◇▶➢➤➡➔✓★☆・‧◦▪-]\s*|[Øü](?:\s+|(?=[^\x00-\x7f]))|[nlu] ?(?=[^\x00-\x7f]))(?=\S)"
)
_NUMBERED = re.compile(
    r"^\s*(?:第\s*[0-9一二三四五六七八九十]+\s*[章節部編]|[IVX]{1,4}\s*\.|\d{1,2}\s*[.．]\s*\D|\d{2}\s+\S"
    r"|[（(]\s*\d{1,2}\s*[)）]|\d{1,2}\s*[)）]|[a-z]\s*[.)]|[①-⑳❶-❿]|【|※|\*)"
)
_TERMINAL = re.compile(r"[。．！？!?】：:]$|^[^。]{0,40}ページ$")
_CLOSED = re.compile(r"[」』）)]$")  # ends a line unless a particle follows: 「…」という
_CLAUSE_OPEN = re.compile(r"[、，,（(「『・‧]$")
_URL_END = re.compile(r"https?://[!-~]+$")
_ITEM_MARKERS = frozenset("•・‧◦▪➢✓Ø")
_WIDE_BLANKS = re.compile(r"[ \t\u3000]{2,}")
# A page whose widest lines are under this share of its document's is a table or a figure, not prose.
_LEAST_SHARE = 0.6
_PROSE_EM = 24  # running text is set no narrower
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


def open_ended(line: str) -> bool:
    """Whether a line stops in the middle of a clause: at a comma, a particle, an attributive."""
    if _CLAUSE_OPEN.search(line):
        return True
    found = [morpheme for _, morpheme in morphemes(normalize(line)[-_HEAD:])]
    return bool(found) and found[-1].part_of_speech()[0] == "助詞"


def _ends_in_verb(line: str) -> bool:
    found = [morpheme for _, morpheme in morphemes(normalize(line)[-_HEAD:])]
    return bool(found) and found[-1].part_of_speech()[0] in ("動詞", "助動詞")


def page_width(lines: list[str]) -> float:
    """The width at which this page wraps: one stray long line does not decide it."""
    widths = sorted((width(line.strip()) for line in lines), reverse=True)
    return widths[min(2, len(widths) - 1)] if widths else 0.0


def _full_widths(lines: list[str], usual_width: float) -> list[float]:
    """For each line the width from which it counts as full: that of its page, or of its narrower block.

    A block is a run of lines without a blank one. One under 20 em is rather a table than prose, unless most
    of its lines are as wide as the widest: then it is a table's cell that holds a sentence.
    """
    page = 0.88 * max(page_width(lines), _LEAST_SHARE * usual_width)
    thresholds: list[float] = []
    for _, run in groupby(lines, key=lambda line: bool(line.strip())):
        block = [line.strip() for line in run]
        widths = [width(line) for line in block]
        widest = max(widths)
        if widest >= 20 and len(block) > 1:
            thresholds += [min(page, 0.9 * widest)] * len(block)
        elif _is_narrow_prose(block, widths):
            # 「…を図る」 short of the margin ends a cell; a noun there is only where the line had to break.
            thresholds += [(0.95 if _ends_in_verb(line) else 0.8) * widest for line in block]
        else:
            thresholds += [page] * len(block)
    return thresholds


def _is_narrow_prose(block: list[str], widths: list[float]) -> bool:
    widest = max(widths)
    full = sum(line_width >= 0.8 * widest for line_width in widths[:-1])
    return len(block) >= 3 and widest >= 8 and full >= 0.6 * (len(block) - 1) and "、" in "".join(block)


@dataclass(frozen=True, slots=True)
class _Break:
    """The place between two lines: whether the one above is full, whether a blank line parts them."""

    full: bool
    blank: bool
    page_width: float


def _belongs_together(previous: Paragraph, before: str, after: str, gap: _Break) -> bool:
    if line_kind(after) is not LineKind.TEXT or _TERMINAL.search(before):
        return False
    if _URL_END.search(before) and not after[:1].isascii():
        return False
    if _CLOSED.search(before):
        return continues(before, after)
    if gap.blank:
        return gap.full and (
            continues(before, after) or open_ended(before) or _is_prose(after, gap.page_width)
        )
    hanging = previous.marker in _ITEM_MARKERS  # an item goes on until a line opens something else
    return gap.full or hanging or continues(before, after) or open_ended(before)


def _is_prose(line: str, page: float) -> bool:
    """Whether a line after a blank one is the rest of a paragraph rather than a title or a caption."""
    long_enough = width(line) >= 0.5 * page or line.endswith("。")
    return page >= _PROSE_EM and long_enough and line[:1].isalnum()


def _glue(before: str, after: str) -> str:
    """Latin words that a line break parts are parted by a blank; Japanese needs none."""
    blank = (
        " "
        if before[-1:].isascii() and before[-1:].isalnum() and after[:1].isascii() and after[:1].isalnum()
        else ""
    )
    return before + blank + after


def paragraphs(
    lines: list[str], frame: frozenset[int] = frozenset(), usual_width: float = 0.0
) -> list[Paragraph]:
    """Join the wrapped lines of one page. `first_line` and `last_line` count from 0.

    A line is joined to the one before it when that one stops short of a sentence end and is full, or a
    word runs over the break, or it stops in mid-clause. A bullet's second line often stands after a blank.
    `frame` numbers lines that belong to the page's frame (running titles): they are joined to nothing.
    `usual_width` is the width at which the document's pages wrap, in em; 0 where only this page is known.
    """
    full_widths = _full_widths(lines, usual_width)
    usual = page_width(lines)
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
        gap = _Break(full, blank_between, usual)
        if previous and not apart and _belongs_together(previous, before, line, gap):
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
