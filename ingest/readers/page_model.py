"""What makes one numbering of a text likelier than another, in log-odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guideqa.text.normalization import comparable
from ingest.readers.page_anchors import Anchors
from ingest.readers.page_lengths import Floats, PageLengths

# Pages without any text leave no trace: to skip some costs this once, and for each of them; less for one
# that the contents announce and the text does not have. Empty pages stand before chapters: elsewhere they
# are rarer.
_SKIP, _SKIP_ELSEWHERE, _SKIPPED_PAGE, _SILENT_PAGE = -1.0, -4.0, -1.0, -0.3
_TITLE_LINES = 3  # a page of so few lines, headed by a title of the contents, opens a chapter
# A page whose title the contents announce and the text does not have is hardly a page of the text.
_TITLE_MISSING = -1.5
# A page of a single line, unless it is a title that the contents have.
_ONE_LINE = -3.0
_SPARE_NUMBERS = 20


@dataclass(frozen=True, slots=True)
class Sizes:
    """Characters and filled lines of the segments, summed up to each, so that a run's are one difference."""

    characters: Floats
    lines: NDArray[np.int64]
    usual: float

    @classmethod
    def of(cls, texts: Sequence[str]) -> Sizes:
        """Measure the segments; the usual length is the median of those that are more than a title."""
        characters = [len(comparable(text)) for text in texts]
        lines = [sum(bool(line.strip()) for line in text.splitlines()) for text in texts]
        typical = [count for count in characters if count > 100] or characters
        return cls(
            np.concatenate([[0.0], np.cumsum(characters, dtype=np.float64)]),
            np.concatenate([[0], np.cumsum(lines, dtype=np.int64)]),
            float(np.median(typical)),
        )


@dataclass(frozen=True, slots=True)
class PageModel:
    """The model of one round: signs and sizes stay, the trust in breaks and the lengths are learnt."""

    signs: Floats  # by segment (summed) and number
    sizes: Sizes
    lengths: PageLengths
    at_break: Floats
    at_no_break: Floats  # summed
    starts: tuple[tuple[NDArray[np.int64], Floats], ...]  # numbers that segments may begin with, and log-odds
    skipped: Floats  # the cost of leaving out each number, summed

    @classmethod
    def build(cls, anchors: Anchors, sizes: Sizes, lengths: PageLengths, trust: Sequence[float]) -> PageModel:
        """`trust` is how likely each segment begins a page, by its traces alone."""
        count = len(trust)
        numbers = max(anchors.last, count) + _SPARE_NUMBERS
        silent = [page for page in anchors.silent if page < numbers - 1]
        skipped = np.full(numbers, _SKIPPED_PAGE)
        skipped[silent] = _SILENT_PAGE
        likely = np.clip(np.array(trust, dtype=np.float64), 0.01, 0.995)
        at_break = np.log(likely)
        at_break[0] = 0.0
        return cls(
            np.cumsum(_signs(anchors, count, numbers, silent), axis=0),
            sizes,
            lengths,
            at_break,
            np.cumsum(np.concatenate([[0.0], np.log1p(-likely)])),
            tuple(_start(weights, numbers) for weights in anchors.starts),
            np.concatenate([[0.0], np.cumsum(skipped)]),
        )

    @property
    def segments(self) -> int:
        """How many there are."""
        return len(self.at_break)

    @property
    def states(self) -> int:
        """0 for pages before page 1, the numbers, and one for pages behind the last."""
        return int(self.signs.shape[1])

    def size(self, start: int, end: int) -> float:
        """Characters of segments start…end-1."""
        return float(self.sizes.characters[end] - self.sizes.characters[start])

    def begin(self, segment: int) -> Floats:
        """For each number what it adds that a page of that number begins with a segment."""
        score = np.full(self.states, self.at_break[segment])
        numbers, weights = self.starts[segment]
        score[numbers] += weights
        return score

    def to_skip(self, segment: int) -> Floats:
        """For each number what it costs that pages are skipped before it, if it begins with a segment."""
        cost = np.full(self.states, _SKIP_ELSEWHERE)
        if self.sizes.lines[segment + 1] - self.sizes.lines[segment] <= _TITLE_LINES:
            cost[self.starts[segment][0]] = _SKIP
        return cost

    def page(self, start: int, end: int, pages: int = 1) -> Floats:
        """For each number the log-likelihood that segments start…end-1 are that page, or end with it."""
        inner = self.at_no_break[end] - self.at_no_break[start + 1]
        length = self.lengths(self.size(start, end) / pages)
        score: Floats = self.signs[end] - self.signs[start] + (inner + length)
        if self.sizes.lines[end] - self.sizes.lines[start] <= 1:
            score += _ONE_LINE
            score[self.starts[start][0]] -= _ONE_LINE
        return score


def _start(weights: dict[int, float], numbers: int) -> tuple[NDArray[np.int64], Floats]:
    found = {page: weight for page, weight in weights.items() if weight > 0 and page < numbers - 1}
    return np.array(list(found), dtype=np.int64), np.array(list(found.values()), dtype=np.float64)


def _signs(anchors: Anchors, count: int, numbers: int, silent: Sequence[int]) -> Floats:
    signs = np.zeros((count + 1, numbers))
    for k, found in enumerate(anchors.by_segment):
        signs[k + 1, 1:-1] = anchors.others[k]
        signs[k + 1, list(silent)] += _TITLE_MISSING
        for page, weight in found.items():
            if 0 < page < numbers - 1:
                signs[k + 1, page] = weight
    return signs
