"""Blocks → passages: whole sentences under one heading path, each with every page that it touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from guideqa.text.sentences import sentences
from guideqa.types import PageRef, Passage
from ingest.blocks import Block, Piece

# About 200 tokens of multilingual-e5: long enough to hold a bullet with its neighbours, short enough
# that one vector can stand for it.
TARGET_CHARS = 320
# From here on a small heading opens a new passage rather than being its last line.
TOPIC_BREAK_CHARS = 140
# A run shorter than this says too little to be found by itself.
TAIL_CHARS = 40


def build_passages(blocks: Sequence[Block]) -> list[Passage]:
    """Passages in reading order. Ids are `document:label:number`, stable while the page is.

    A passage begins on each new page and under each new heading; a sentence over a page break stays whole.
    """
    found: list[Passage] = []
    counts: dict[PageRef, int] = {}
    for _, group in groupby(blocks, key=lambda block: (block.headings, block.facets, block.pages[0])):
        for run in _with_tails(_runs(_cut_long(group))):
            page = run[0].pages[0]
            counts[page] = counts.get(page, 0) + 1
            found.append(
                Passage(
                    id=f"{page.document_id}:{page.label}:{counts[page]}",
                    pages=tuple(dict.fromkeys(page for block in run for page in block.pages)),
                    headings=run[0].headings,
                    text="\n".join(_lines(run)),
                    facets=run[0].facets,
                    topics=tuple(block.text for block in run if block.opens_topic),
                )
            )
    return found


def _lines(run: Sequence[Block]) -> Iterator[str]:
    """The text of each block. The rows of a table have the names of its columns above them."""
    columns = ""
    for block in run:
        if block.columns and block.columns != columns:
            yield block.columns
        columns = block.columns
        yield block.text


def _runs(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Neighbouring blocks of together at most TARGET_CHARS."""
    run: list[Block] = []
    size = 0
    for block in blocks:
        too_long = size + len(block.text) > TARGET_CHARS
        if run and (too_long or (block.opens_topic and size >= TOPIC_BREAK_CHARS)):
            # A small heading is no passage's last line.
            heading = [run.pop()] if run[-1].opens_topic and len(run) > 1 else []
            yield run
            run, size = heading, sum(len(item.text) for item in heading)
        run.append(block)
        size += len(block.text)
    if run:
        yield run


def _with_tails(runs: Iterable[list[Block]]) -> Iterator[list[Block]]:
    """Runs of which none is a mere tail: a last line or two stay with the run before them."""
    held: list[Block] = []
    all_runs = list(runs)
    for number, run in enumerate(all_runs, start=1):
        is_short = sum(len(block.text) for block in run) < TAIL_CHARS
        if held and is_short and (not run[0].opens_topic or number == len(all_runs)):
            held += run
            continue
        if held:
            yield held
        held = run
    if held:
        yield held


def _cut_long(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blocks over TARGET_CHARS, cut between sentences. One that crosses a page break keeps both pages."""
    for block in blocks:
        if len(block.text) <= TARGET_CHARS or len(block.pieces) > 1:
            yield block
            continue
        page = block.pages[0]
        for number, text in enumerate(_sentence_runs(block.text)):
            opens = block.opens_topic and number == 0
            yield replace(block, pieces=(Piece(page, text),), opens_topic=opens)


def _sentence_runs(text: str) -> Iterator[str]:
    run = ""
    for sentence in sentences(text):
        if run and len(run) + len(sentence) > TARGET_CHARS:
            yield run
            run = ""
        run += sentence
    if run:
        yield run
