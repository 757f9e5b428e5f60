"""Pages of a printed document → blocks under the headings that the document itself gives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from guideqa.text.lines import LineKind, Paragraph, continues, line_kind, paragraphs, width
from guideqa.text.normalization import comparable, normalize
from guideqa.types import Facets, PageRef
from ingest.blocks import Block, Piece
from ingest.outline import Outline, OutlineEntry, read_outline, strip_number
from ingest.source import SourcePage

_NUMBERED_HEADING = re.compile(r"^(\d{1,2})\s*\.\s*(?=\D)(.{2,40})$")
_INNER_HEADING = re.compile(r"^(?:\(\s*\d{1,2}\s*\)|\d{1,2}\s*\)|[①-⑳])\s*(?:-\d+\s*)?(.{2,40})$")
_CHAPTER = re.compile(r"^第\s*[\d一二三四五六七八九十]+\s*[章部編]\s*\S")
_LETTERED_PART = re.compile(r"^(.{3,40}?)\s+[A-H]$")
_SPACED_OUT = re.compile(r"^(?:\S\s){3,}\S$")
_SENTENCE_END = re.compile(r"[。．！？!?]")
_MUNICIPALITY = re.compile(r"^\S{1,8}[市区町村]$")
_PREFECTURE = re.compile(r"^\S{1,4}[都道府県]$")
_PROGRAMME = re.compile(r"^\S{4,30}事業$")
_TOPIC_MARKERS = frozenset("n l u ■ □ ◆ ◇ ● ○ ▶".split())
# A line that stands alone on at least so many pages is part of the document's frame.
_RECURRENCE = 3
_RUNNING_TITLE_CHARS = 50


@dataclass(slots=True)
class _Position:
    """Where the reader of the pages stands in the structure."""

    chain: list[OutlineEntry] = field(default_factory=list)
    outer: str = ""
    part: str = ""
    numbered: str = ""
    inner: str = ""

    def enter(self, entry: OutlineEntry) -> None:
        self.chain = [above for above in self.chain if above.level < entry.level]
        self.chain.append(entry)
        self.outer = self.part = self.numbered = self.inner = ""

    def begin_part(self, titles: tuple[str, ...], recurring: frozenset[str]) -> None:
        """Titles that recur through the document group the lettered ones: 「サービス構築」, then a programme."""
        groups = [title for title in titles if title in recurring]
        single = [title for title in titles if title not in recurring]
        self.outer = groups[-1] if groups else self.outer
        self.part = single[-1] if single else ""
        self.numbered = self.inner = ""

    def headings(self) -> tuple[str, ...]:
        path: list[str] = []
        for entry in self.chain:
            path += [entry.group] if entry.group else []
            path.append(strip_number(entry.title))
        path += [heading for heading in (self.outer, self.part, self.numbered, self.inner) if heading]
        return tuple(path)


class StructureReader:
    """Reads one document. Everything that it looks for, the document says itself: its table of contents,
    lines that recur where a numbering begins anew, and the numbering of headings."""

    def __init__(self, document_id: str, pages: Sequence[SourcePage]) -> None:
        """Learn the document's outline and frame before any page is read."""
        self.outline: Outline = read_outline(pages)
        self._refs = [PageRef(document_id, index, page.label) for index, page in enumerate(pages, start=1)]
        bodies = [[] if page.label in self.outline.contents_pages else _body_lines(page) for page in pages]
        self._recurring = _recurring_titles(bodies)
        self._pages = [paragraphs(lines, self._frame(lines)) for lines in bodies]
        self._prefectures = _prefectures(pages, self.outline)

    def blocks(self) -> list[Block]:
        """All blocks in order; a sentence that runs over a page break is one block."""
        position = _Position()
        found: list[Block] = []
        for ref, page in zip(self._refs, self._pages, strict=True):
            blocks = list(self._page_blocks(ref, page, position))
            if found and blocks:
                _join_over_break(found, blocks)
            found += blocks
        return found

    def _page_blocks(self, ref: PageRef, page: list[Paragraph], position: _Position) -> Iterator[Block]:
        starting = self.outline.starting_on(ref.label)
        at_top, later = _split_entries(starting)
        for entry in at_top:
            position.enter(entry)
        parts = self._part_starts(page)
        known_titles = {comparable(strip_number(entry.title)) for entry in starting}
        for number, paragraph in enumerate(page):
            if number in parts:
                position.begin_part(parts[number], self._recurring)
            title = comparable(strip_number(normalize(paragraph.text)))
            for entry in [entry for entry in later if comparable(strip_number(entry.title)) == title]:
                position.enter(entry)
            if title in known_titles or self._is_part(paragraph) or not _says_something(paragraph):
                continue
            if self._take_heading(paragraph, position):
                continue
            headings = position.headings()
            yield Block(
                pieces=(Piece(ref, paragraph.text),),
                headings=headings,
                facets=self._facets(position),
                opens_topic=paragraph.marker in _TOPIC_MARKERS and len(paragraph.text) <= 30,
            )

    def _take_heading(self, paragraph: Paragraph, position: _Position) -> bool:
        """Move the position if the paragraph is a heading."""
        text = normalize(paragraph.text).strip()
        if _SENTENCE_END.search(text) or paragraph.first_line != paragraph.last_line:
            return False
        if not self.outline.entries and _CHAPTER.match(text) and len(text) <= 50:
            position.enter(OutlineEntry(text, "", 1))
            return True
        if numbered := _NUMBERED_HEADING.match(text):
            position.numbered, position.inner = numbered.group(2).strip(), ""
            return True
        if paragraph.stands_alone and (inner := _INNER_HEADING.match(text)):
            position.inner = inner.group(1).strip()
            return True
        return False

    def _frame(self, lines: list[str]) -> frozenset[int]:
        """The numbers of the lines that name a part."""
        return frozenset(
            number
            for number, line in enumerate(lines)
            if self._part_title(line) and _blank_before(lines, number)
        )

    def _part_title(self, line: str) -> str:
        """The part that a line names, or ""."""
        title = _plain_title(line)
        if title in self._recurring:
            return title
        lettered = _LETTERED_PART.match(title)
        return lettered.group(1).strip() if lettered and not _SENTENCE_END.search(title) else ""

    def _part_starts(self, page: list[Paragraph]) -> dict[int, tuple[str, ...]]:
        """Paragraph number → the part that begins there, as (outer, inner) titles.

        A part's title is often set in a box that extraction puts at the foot of the page; the part begins
        where the numbering does. Where none begins on the page, it is the next page that it heads.
        """
        titles = tuple(dict.fromkeys(self._part_title(p.text) for p in page if self._is_part(p)))
        starts = [number for number, paragraph in enumerate(page) if _starts_numbering(paragraph)]
        if not titles:
            return {}
        return {starts[-1] if starts else len(page) - 1: titles[-2:]}

    def _is_part(self, paragraph: Paragraph) -> bool:
        one_line = paragraph.first_line == paragraph.last_line
        return one_line and paragraph.kind is LineKind.TEXT and bool(self._part_title(paragraph.text))

    def _facets(self, position: _Position) -> Facets:
        titles = [strip_number(entry.title) for entry in position.chain]
        municipality = next((title for title in titles if _MUNICIPALITY.match(title)), "")
        prefecture = next((title for title in titles if _PREFECTURE.match(title)), "")
        programme = next((t for t in (position.part, *reversed(titles)) if _PROGRAMME.match(t)), "")
        return Facets(
            municipality=municipality,
            prefecture=prefecture or self._prefectures.get(municipality, ""),
            programme=programme,
            section=position.numbered or (titles[-1] if titles else ""),
        )


def _body_lines(page: SourcePage) -> list[str]:
    """The lines of a page without its printed number and the running title that stands with it."""
    lines = page.text.splitlines()
    filled = [number for number, line in enumerate(lines) if line.strip()]
    label = re.escape(page.label)
    furniture = re.compile(rf"(?:^[-–\s]*{label}\b|(?:^|\s){label}[-–\s]*$)")
    for number in {*filled[:1], *filled[-1:]}:
        line = normalize(lines[number]).strip()
        if furniture.search(line) and not _SENTENCE_END.search(line) and len(line) <= _RUNNING_TITLE_CHARS:
            lines[number] = ""
    return lines


def _split_entries(entries: list[OutlineEntry]) -> tuple[list[OutlineEntry], list[OutlineEntry]]:
    """Those that hold from the top of their page, and siblings that begin further down."""
    at_top: list[OutlineEntry] = []
    for number, entry in enumerate(entries):
        if at_top and entry.level <= at_top[-1].level:
            return at_top, entries[number:]
        at_top.append(entry)
    return at_top, []


def _recurring_titles(bodies: list[list[str]]) -> frozenset[str]:
    """Lines that stand alone on several pages, mostly where a numbering begins anew."""
    seen: Counter[str] = Counter()
    with_start: Counter[str] = Counter()
    for lines in bodies:
        restarts = any(_opens_numbering(line) for line in lines)
        titles = {
            _plain_title(line)
            for number, line in enumerate(lines)
            if _blank_before(lines, number) and _blank_before(lines[::-1], len(lines) - 1 - number)
            if line_kind(line) is LineKind.TEXT
        }
        seen.update(titles)
        with_start.update(titles if restarts else ())
    return frozenset(
        title
        for title, count in seen.items()
        if count >= _RECURRENCE and with_start[title] >= 0.8 * count
        if len(title) >= 4 and not title.isascii() and not _LETTERED_PART.match(title)
    )


def _blank_before(lines: list[str], number: int) -> bool:
    return number == 0 or not lines[number - 1].strip()


def _plain_title(line: str) -> str:
    text = normalize(line).strip()
    return text.replace(" ", "") if _SPACED_OUT.match(text) else text


def _opens_numbering(line: str) -> bool:
    match = _NUMBERED_HEADING.match(normalize(line).strip())
    return match is not None and match.group(1) == "1"


def _starts_numbering(paragraph: Paragraph) -> bool:
    return _opens_numbering(paragraph.text)


def _says_something(paragraph: Paragraph) -> bool:
    """Whether there is a letter in it: not for a lone number or symbol."""
    return any(character.isalpha() for character in normalize(paragraph.text))


def _prefectures(pages: Sequence[SourcePage], outline: Outline) -> dict[str, str]:
    """Municipality → prefecture, from 「玉東町（熊本県）」 wherever the document says so."""
    names = {title for entry in outline.entries if _MUNICIPALITY.match(title := strip_number(entry.title))}
    text = comparable("".join(page.text for page in pages))
    pairs = ((name, re.search(re.escape(name) + r"\(([^()]{2,3}[都道府県])\)", text)) for name in names)
    return {name: match.group(1) for name, match in pairs if match}


def _join_over_break(earlier: list[Block], page_blocks: list[Block]) -> None:
    """Join the first block of a page to the sentence that the page before left open.

    Boxes that extraction puts at the foot of a page may stand after that sentence.
    """
    first = page_blocks[0]
    last_ref = earlier[-1].pages[-1]
    for number in range(len(earlier) - 1, max(-1, len(earlier) - 9), -1):
        block = earlier[number]
        if block.pages[-1] != last_ref:
            return
        text = normalize(block.text).rstrip()
        if _SENTENCE_END.search(text[-1:]) or width(text) < 20 or text[-1:] in ")」":
            continue
        if continues(text, first.text) or text.endswith(("、", ",")):
            joined = block.pieces + first.pieces
            earlier[number] = Block(joined, block.headings, block.facets, block.opens_topic)
            del page_blocks[0]
        return
