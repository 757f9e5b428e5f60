"""What the model writes, taken apart: sentences, each with the passages and quotations that it claims."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from guideqa.text.normalization import readable
from guideqa.text.sentences import sentences

_MARK = re.compile(r"[\[［【]\s*(\d{1,3})\s*[\]］】]\s*")
_CLOSING = {"「": "」", "『": "』", "“": "”", '"': '"', "«": "»"}
_BULLET = re.compile(r"^\s*(?:[-*・•●○■▪–—]\s*|#+\s*|\d{1,2}[.．)）]\s+|[①-⑳]\s*)+")
_HEADING = re.compile(r"[:：]\s*$")
_NO_TEXT = re.compile(r"[\s。、，．.,*_`|>]*")
_STARS = re.compile(r"\*\*|__|`")
THINKING_BEGINS, THINKING_ENDS = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class Mark:
    """A claim that a quotation stands in the passage of a number; "" where none is quoted."""

    number: int
    quote: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence as the model gives it."""

    text: str
    marks: tuple[Mark, ...] = ()


class DraftReader:
    """Collects pieces of a reply into drafts: a line is read as soon as it is whole."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._rest = ""
        self._thinking = False

    def feed(self, piece: str) -> Iterator[Draft]:
        """The drafts that a piece completes."""
        *lines, self._rest = (self._rest + piece).split("\n")
        for line in lines:
            yield from self._drafts(line)

    def finish(self) -> Iterator[Draft]:
        """The drafts of the last line, once the reply has come whole."""
        rest, self._rest = self._rest, ""
        yield from self._drafts(rest)

    def _drafts(self, line: str) -> Iterator[Draft]:
        """What models of the reasoning kind think aloud is no part of the reply."""
        if THINKING_ENDS in line:
            self._thinking, line = False, line.rpartition(THINKING_ENDS)[2]
        if THINKING_BEGINS in line:
            line, _, _ = line.partition(THINKING_BEGINS)
            self._thinking = True
        elif self._thinking:
            return
        yield from drafts_of(readable(line))


def drafts_of(line: str) -> Iterator[Draft]:
    """The sentences of one line. A heading, which claims nothing, is none."""
    rest = _BULLET.sub("", line).strip()
    while rest:
        begin = _MARK.search(rest)
        if begin is None:
            if not _HEADING.search(rest):
                yield from _unmarked(rest)
            return
        text = rest[: begin.start()]
        marks, rest = _marks(rest[begin.start() :])
        *unmarked, last = sentences(_STARS.sub("", text)) or [""]
        for sentence in unmarked:
            yield Draft(sentence)
        if last:
            yield Draft(_ended(last), marks)


def _unmarked(text: str) -> Iterator[Draft]:
    for sentence in sentences(_STARS.sub("", text)):
        if not _NO_TEXT.fullmatch(sentence):
            yield Draft(sentence)


def _ended(sentence: str) -> str:
    sentence = sentence.strip()
    return sentence if sentence.endswith(("。", "！", "？", "!", "?", "」", "）")) else f"{sentence}。"


def _marks(text: str) -> tuple[tuple[Mark, ...], str]:
    """The marks at the beginning of a text, and what follows them."""
    marks: list[Mark] = []
    while found := _MARK.match(text):
        quote, text = _quotation(text[found.end() :])
        marks.append(Mark(int(found.group(1)), quote))
        text = text.lstrip(" 　、,，")
    return tuple(marks), text.lstrip(" 　。．.")


def _quotation(text: str) -> tuple[str, str]:
    """The quotation at the beginning of a text, marks of its own kind inside it included, and the rest."""
    opening = text[:1]
    if opening not in _CLOSING:
        return "", text
    closing, depth = _CLOSING[opening], 0
    for position, character in enumerate(text):
        if character == closing and (depth == 1 or opening == closing) and position:
            return text[1:position].strip(), text[position + 1 :]
        depth += (character == opening) - (character == closing)
    return text[1:].strip(), ""
