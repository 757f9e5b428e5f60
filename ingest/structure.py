"""Pages of a printed document → blocks under the headings that the document itself gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from guideqa.text.lines import LineKind, Paragraph, continues, open_ended, page_width, paragraphs, width
from guideqa.text.normalization import comparable, normalize
from guideqa.types import PageRef
from ingest.blocks import Block, Piece
from ingest.frame import body_lines, mend_titles
from ingest.outline import Outline, OutlineEntry, heading_level, read_outline, strip_number
from ingest.outline_walk import walk
from ingest.parts import NUMBERED_HEADING, Parts
from ingest.position import Position, is_place
from ingest.source import SourcePage

_INNER_NUMBER = re.compile(r"^(?:\(\s*\d{1,2}\s*\)|\d{1,2}\s*\)|[①-⑳])\s*(?:-\d+\s*)?")
_SECOND_NUMBER = re.compile(r"\s\d{1,2}\s*\)")
_ARTICLE = re.compile(r"^(第\s*[\d一二三四五六七八九十百]+\s*条(?:の\s*\d+)?)(?:\s|$|\()")
_ARTICLE_TITLE = re.compile(r"^\(([^()]{1,30})\)$")
_SENTENCE_END = re.compile(r"[。．！？!?]")
_BRACKETED = re.compile(r"^【[^】]{2,40}】$")
_TOPIC_MARKERS = frozenset("n l u ■ □ ◆ ◇ ● ○ ▶".split())
_HEADING_CHARS = 50
_TITLE_PAGE_CHARS = 60
_BOX_BLOCKS = 24  # at most so many blocks of boxes stand between a sentence and the foot of its page
_MIN_ROWS = 3  # so many place names alone on a page: it is a table with a row for each


class StructureReader:
    """Reads one document. Everything that it looks for, the document says itself: its table of contents,
    lines that recur where a numbering begins anew, and the numbering of headings."""

    def __init__(self, document_id: str, pages: Sequence[SourcePage]) -> None:
        """Learn the document's outline and frame before any page is read."""
        self.outline: Outline = read_outline(pages)
        self._starts = walk(self.outline, pages)
        self._refs = [PageRef(document_id, index, page.label) for index, page in enumerate(pages, start=1)]
        bodies = [
            [] if page.label in self.outline.contents_pages else lines
            for page, lines in zip(pages, body_lines(pages), strict=True)
        ]
        self._parts = Parts(bodies)
        titles = [strip_number(entry.title) for entry in self.outline.entries]
        self._places = frozenset(title for title in titles if is_place(title))
        self._known = frozenset(comparable(t) for t in (*titles, *self._parts.names) if len(t) >= 4)
        for lines in bodies:
            mend_titles(lines, self._known)
        widths = [page_width(lines) for lines in bodies if len(lines) >= 5]
        usual = median(widths) if widths else 0.0
        self._pages = [paragraphs(lines, self._frame(lines), usual) for lines in bodies]
        self._prefectures = _prefectures(pages, self._places)

    def blocks(self) -> list[Block]:
        """All blocks in order; a sentence that runs over a page break is one block."""
        position = Position()
        found: list[Block] = []
        for number, page in enumerate(self._pages):
            blocks = list(self._page_blocks(number, position))
            if found and blocks and page[0].kind is LineKind.TEXT:
                _join_over_break(found, blocks)
            found += blocks
        return found

    def _page_blocks(self, page_number: int, position: Position) -> Iterator[Block]:
        ref, page, start = self._refs[page_number], self._pages[page_number], self._starts[page_number]
        following = self._pages[page_number + 1] if page_number + 1 < len(self._pages) else []
        if start.leaves:
            position.leave_all()
        for entry in start.at_top:
            position.enter(entry)
        if title_page := _title_page(page):
            position.begin_page("")
            if not start.at_top:
                position.enter(OutlineEntry(title_page, ref.label, 1))
            return
        position.begin_page(self._page_title(page))
        section = self._unlisted_section(page, position)
        if section:
            position.enter(OutlineEntry(section, ref.label, 2))
        parts = self._parts.starts(page, following)
        keywords, rows = self._parts.keywords(page), self._rows(page, position)
        known_titles = {
            comparable(strip_number(title)) for title in (section, *(e.title for e in start.entries))
        }
        for number, paragraph in enumerate(page):
            if number in parts:
                position.begin_part(parts[number], self._parts.recurring)
            title = comparable(strip_number(normalize(paragraph.text)))
            for entry in [entry for entry in start.later if comparable(strip_number(entry.title)) == title]:
                position.enter(entry)
            if title in known_titles or not _says_something(paragraph):
                continue
            if parts and self._parts.is_title(paragraph):
                continue
            if number in rows or _SENTENCE_END.search(paragraph.text):
                position.row = rows.get(number, "")
            if number not in keywords and self._take_heading(page, number, position):
                continue
            pieces = (Piece(ref, paragraph.text),)
            facets = position.facets(self._prefectures)
            if number in keywords:
                yield Block(pieces, position.of_part(), replace(facets, section=""))
            else:
                opens = _opens_topic(paragraph, in_flow=bool(position.numbered))
                yield Block(pieces, position.headings(), facets, opens_topic=opens)

    def _take_heading(self, page: list[Paragraph], number: int, position: Position) -> bool:
        """Move the position if the paragraph is a heading."""
        paragraph = page[number]
        text = normalize(paragraph.text).strip()
        if article := _ARTICLE.match(text):
            above = _ARTICLE_TITLE.match(normalize(page[number - 1].text).strip()) if number else None
            position.number(article.group(1).replace(" ", "") + (f" {above.group(1)}" if above else ""))
            return False  # the article's text stands in the same paragraph
        if _SENTENCE_END.search(text) or paragraph.first_line != paragraph.last_line:
            return False
        level = heading_level(text)
        if not self.outline.entries and 0 < level <= 3 and len(text) <= _HEADING_CHARS:
            position.enter(OutlineEntry(text, "", level))
            return True
        if numbered := NUMBERED_HEADING.match(text):
            position.number(numbered.group(2).strip())
            return True
        return self._take_inner_heading(page, number, position)

    def _take_inner_heading(self, page: list[Paragraph], number: int, position: Position) -> bool:
        text = normalize(page[number].text).strip()
        match = _INNER_NUMBER.match(text)
        if not match or not 2 <= len(text) - match.end() <= 40:
            return False
        if _SECOND_NUMBER.search(text) or _is_stacked(page, number):
            position.inner = ""  # headings of columns or boxes, set apart from them: what follows is not told
            return False
        if not (page[number].stands_alone or _heads_a_list(page, number)):
            return False
        position.inner = text[match.end() :].strip()
        return True

    def _rows(self, page: list[Paragraph], position: Position) -> dict[int, str]:
        """Paragraph number → the place whose row of a table begins there."""
        inside = any(is_place(strip_number(entry.title)) for entry in position.chain)
        rows = {n: text for n, p in enumerate(page) if (text := normalize(p.text).strip()) in self._places}
        return rows if len(set(rows.values())) >= _MIN_ROWS and not inside else {}

    def _frame(self, lines: list[str]) -> frozenset[int]:
        """The numbers of the lines that are joined to nothing: titles of parts, places, captions."""
        places = [number for number, line in enumerate(lines) if normalize(line).strip() in self._places]
        titles = {number for number, line in enumerate(lines) if comparable(line).rstrip("※*") in self._known}
        return self._parts.frame(lines) | titles | frozenset(places if len(places) >= _MIN_ROWS else ())

    def _page_title(self, page: list[Paragraph]) -> str:
        """A short line at the head of a page; "" where that is no title."""
        if len(page) < 2 or page[0].first_line != page[0].last_line or page[0].kind is not LineKind.TEXT:
            return ""
        text = normalize(page[0].text).strip()
        fits = 2 <= width(text) <= 30 and not _SENTENCE_END.search(text) and text[-1:] not in "、,」)"
        is_title = fits and any(character.isalpha() for character in text)
        return text if is_title and comparable(text) not in self._known else ""

    def _unlisted_section(self, page: list[Paragraph], position: Position) -> str:
        """A section heading (「Ⅱ. …」) of a chapter that the table of contents does not go into."""
        if not self.outline.entries or len(position.chain) != 1 or position.chain[0] in self.outline.entries:
            return ""
        lone = (normalize(p.text).strip() for p in page if p.stands_alone)
        return next((text for text in lone if heading_level(text) == 2 and len(text) <= _HEADING_CHARS), "")


def _title_page(page: list[Paragraph]) -> str:
    """The title that a page consists of, or ""."""
    text = "".join(paragraph.text for paragraph in page)
    is_title = 0 < len(page) <= 2 and 4 <= len(text) <= _TITLE_PAGE_CHARS and not _SENTENCE_END.search(text)
    return text if is_title and all(p.kind is not LineKind.BULLET for p in page) else ""


def _is_stacked(page: list[Paragraph], number: int) -> bool:
    """Whether a heading of the same style stands right above or below it, with nothing between."""
    style = _style(page[number])
    return any(0 <= n < len(page) and _style(page[n]) == style for n in (number - 1, number + 1))


def _style(paragraph: Paragraph) -> str:
    match = _INNER_NUMBER.match(normalize(paragraph.text).strip())
    if not match or _SENTENCE_END.search(paragraph.text):
        return ""
    return re.sub(r"[\d\s]+", "", match.group(0)) or "①"


def _heads_a_list(page: list[Paragraph], number: int) -> bool:
    following = page[number + 1] if number + 1 < len(page) else None
    return following is not None and following.kind is LineKind.BULLET


def _opens_topic(paragraph: Paragraph, in_flow: bool) -> bool:
    """Whether it is a small heading. A lone line heads what follows only in running text: under a figure or
    a box it is a caption."""
    text = paragraph.text
    if paragraph.marker in _TOPIC_MARKERS and len(text) <= 30:
        return True
    if len(text) > 40 or not paragraph.stands_alone:
        return bool(_BRACKETED.match(text))
    return text.endswith(("？", "?")) or (in_flow and not _SENTENCE_END.search(text))


def _says_something(paragraph: Paragraph) -> bool:
    """Whether there is a letter in it: not for a lone number or symbol."""
    return any(character.isalpha() for character in normalize(paragraph.text))


def _prefectures(pages: Sequence[SourcePage], places: frozenset[str]) -> dict[str, str]:
    """Municipality → prefecture, from 「玉東町（熊本県）」 wherever the document says so."""
    text = comparable("".join(page.text for page in pages))
    pairs = ((name, re.search(re.escape(name) + r"\(([^()]{2,3}[都道府県])\)", text)) for name in places)
    return {name: match.group(1) for name, match in pairs if match}


def _join_over_break(earlier: list[Block], page_blocks: list[Block]) -> None:
    """Join the first block of a page to the sentence that the page before left open.

    Boxes that extraction puts at the foot of a page may stand after that sentence.
    """
    first = page_blocks[0]
    last_ref = earlier[-1].pages[-1]
    for number in range(len(earlier) - 1, max(-1, len(earlier) - _BOX_BLOCKS), -1):
        block = earlier[number]
        if block.pages[-1] != last_ref:
            return
        text = normalize(block.text).rstrip()
        if _SENTENCE_END.search(text[-1:]) or width(text) < 20 or text[-1:] in ")」":
            continue
        if continues(text, first.text) or open_ended(text):
            joined = block.pieces + first.pieces
            earlier[number] = replace(block, pieces=joined)
            del page_blocks[0]
            return
