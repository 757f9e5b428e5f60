"""What a printed page carries besides its text: numbers, running titles, readings, words cut by narrow boxes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from guideqa.text.lines import LineKind, line_kind, width
from guideqa.text.normalization import comparable, normalize
from ingest.source import SourcePage

_SENTENCE_END = re.compile(r"[。．！？!?]")
_SPACED_OUT = re.compile(r"^\S(?:\s\S)+$")
_READING = re.compile(r"^[ぁ-ゖー]{3,12}$")
_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
_RUNNING_TITLE_CHARS = 50
# A line at the head or foot of so many pages in a row, or of this share of all, belongs to the frame.
_RUNNING_PAGES = 4
_RUNNING_SHARE = 0.25
_MIN_READINGS = 3
_BOX_EM = 14  # a word cut by a narrow box: none of its lines is wider


def body_lines(pages: Sequence[SourcePage]) -> list[list[str]]:
    """The lines of each page without its frame; what is left out is a blank line, so that places still count."""
    bodies = [_without_number(page) for page in pages]
    _blank_running_titles(bodies)
    for lines in bodies:
        _join_spaced_out(lines)
    _blank_readings(bodies)
    return bodies


def mend_titles(lines: list[str], titles: frozenset[str]) -> None:
    """Put together, in place, titles that a narrow box has cut: 「子育て世帯」「訪問支援事業」.

    `titles` are in comparable form.
    """
    for first in range(len(lines)):
        for last in _box_ends(lines, first):
            text = "".join(line.strip() for line in lines[first : last + 1])
            if comparable(text).rstrip("※*") in titles:
                lines[first] = text
                lines[first + 1 : last + 1] = [""] * (last - first)
                break


def _box_ends(lines: Sequence[str], first: int) -> Iterable[int]:
    """The second and third filled line from here, while all are short; one blank line may part two."""
    if not lines[first].strip() or width(lines[first].strip()) > _BOX_EM:
        return
    found = blanks = 0
    for number in range(first + 1, min(first + 6, len(lines))):
        line = lines[number].strip()
        if not line:
            blanks += 1
            if blanks > 1:
                return
            continue
        if width(line) > _BOX_EM or line_kind(line) is not LineKind.TEXT or found == 2:
            return
        found, blanks = found + 1, 0
        yield number


def plain_title(line: str) -> str:
    """A line in normal form; letter-spaced titles closed up."""
    text = normalize(line).strip()
    return text.replace(" ", "") if len(text) >= 7 and _SPACED_OUT.match(text) else text


def _without_number(page: SourcePage) -> list[str]:
    """The lines of a page without its printed number and the running title that stands with it."""
    lines = page.text.splitlines()
    filled = [number for number, line in enumerate(lines) if line.strip()]
    label = re.escape(page.label)
    furniture = re.compile(rf"(?:^[-–\s]*{label}\b|(?:^|\s){label}[-–\s]*$)")
    for number in {*filled[:1], *filled[-1:]}:
        line = normalize(lines[number]).strip()
        if furniture.search(line) and not _SENTENCE_END.search(line) and len(line) <= _RUNNING_TITLE_CHARS:
            lines[number] = ""
    for number in filled[-3:]:
        if (
            len(page.label) > 1 and page.label.isdecimal()
        ):  # a column's last line may have the number behind it
            lines[number] = re.sub(rf"(?<=\S)\s+{label}\s*$", "", lines[number])
    return lines


def _blank_running_titles(bodies: list[list[str]]) -> None:
    """Blank the outermost lines that recur from page to page, whatever numbers are in them."""
    for edge in (0, -1):
        for _ in range(2):  # a running title may have two lines
            outermost = [_outermost(lines, edge) for lines in bodies]
            running = _running([masked for _, masked in outermost])
            for lines, (number, masked) in zip(bodies, outermost, strict=True):
                if masked in running:
                    lines[number] = ""


def _outermost(lines: Sequence[str], edge: int) -> tuple[int, str]:
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if len(filled) < 2:
        return 0, ""
    masked = _DIGITS.sub("#", normalize(lines[filled[edge]]).strip())
    too_long = len(masked) > _RUNNING_TITLE_CHARS or _SENTENCE_END.search(masked)
    return filled[edge], "" if too_long else masked


def _running(edges: Sequence[str]) -> frozenset[str]:
    filled = sum(bool(edge) for edge in edges)
    often = {
        edge
        for edge, count in Counter(edges).items()
        if count >= max(_RUNNING_PAGES, _RUNNING_SHARE * filled)
    }
    in_a_row = {
        edges[start]
        for start in range(len(edges) - _RUNNING_PAGES + 1)
        if len(set(edges[start : start + _RUNNING_PAGES])) == 1
    }
    return frozenset((often | in_a_row) - {"", "#"})


def _join_spaced_out(lines: list[str]) -> None:
    """Close up letter-spaced titles, also those that run over two lines."""
    for number, line in enumerate(lines):
        text = normalize(line).strip()
        if not (len(text) >= 7 and _SPACED_OUT.match(text)):
            continue
        following = normalize(lines[number + 1]).strip() if number + 1 < len(lines) else ""
        if len(text) >= 15 and _SPACED_OUT.match(following):
            text += following
            lines[number + 1] = ""
        lines[number] = text.replace(" ", "")


def _blank_readings(bodies: list[list[str]]) -> None:
    """Blank readings (furigana) that extraction has put apart from their words: runs of lines of kana alone."""
    readings: set[str] = set()
    for lines in bodies:
        run: list[str] = []
        for line in [*(line.strip() for line in lines if line.strip()), ""]:
            if _READING.match(line):
                run.append(line)
                continue
            readings.update(run if len(run) >= _MIN_READINGS else ())
            run = []
    for lines in bodies:
        for number, line in enumerate(lines):
            if line.strip() in readings:
                lines[number] = ""
