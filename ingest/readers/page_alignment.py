"""Segments and anchors → how likely each segment stands on each page, over all monotone numberings at once.

A page is a run of segments; its number follows the number of the page before. The model is a semi-Markov
chain with states "before page 1", 1 … n, "behind the last"; its sums are computed forwards and backwards in
log space (Rabiner 1989), so that a probability is over every way to cut and number the text. How far each
kind of trace can be trusted and how long pages are is learnt from the text itself, in rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from ingest.readers.page_anchors import Anchors
from ingest.readers.page_breaks import Segment
from ingest.readers.page_lengths import Floats, PageLengths
from ingest.readers.page_model import PageModel, Sizes

_NEVER = -1e9
# A page of at most so many segments: more false traces than that on one page have not been seen.
_MOST_SEGMENTS = 8
_MOST_SKIPPED = 8
# Two pages between which there is no trace at all; what stands on them then has no certain number.
_MISSED_BREAK = -6.0
# Numbered pages begin with 1, after pages that bear none or roman ones; an excerpt begins anywhere.
_BEGIN_ELSEWHERE, _BEGIN_AT_ONCE = -4.0, -1.0
_BACK_MATTER, _MORE_BACK_MATTER, _MORE_FRONT_MATTER = -3.0, -0.7, -0.3
# How often a trace is a true break before the text has been looked at, and how many breaks that is worth.
_PRIORS = {"indent full": 0.8, "indent short": 0.8, "indent list": 0.2}
_OTHER_PRIOR, _FAITH = 0.6, 2.0
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Alignment:
    """`numbers[k, p]`: the probability that segment k stands on page p; column 0 and the last are pages
    without a number. `breaks[k]`: the probability that a page begins with segment k. `pages`: the lengths of
    runs of segments in characters, with the probability that each is a page."""

    numbers: Floats
    breaks: Floats
    pages: tuple[tuple[float, float], ...]

    def best(self) -> tuple[NDArray[np.int64], Floats]:
        """Each segment's likeliest page and its probability; 0 stands for no number."""
        numbered = self.numbers[:, :-1]
        return numbered.argmax(axis=1), numbered.max(axis=1)


def align(segments: Sequence[Segment], anchors: Anchors) -> Alignment:
    """The probabilities for segments of a text whose page marks are lost."""
    traces = [segment.trace for segment in segments]
    priors = {trace: _PRIORS.get(trace, _OTHER_PRIOR) for trace in traces}
    taught = [k for k in range(1, len(traces)) if k not in anchors.contents]  # nothing numbers the contents
    sizes = Sizes.of([segment.text for segment in segments])
    trust, lengths = dict(priors), PageLengths.about(sizes.usual)
    for round_ in range(_ROUNDS):
        likely = [_leaning(trust[segment.trace], segment.lean) for segment in segments]
        alignment = _align_once(PageModel.build(anchors, sizes, lengths, likely), _MOST_SEGMENTS)
        if round_ == _ROUNDS - 1:
            break
        for trace in trust:
            seen = [alignment.breaks[k] for k in taught if traces[k] == trace]
            trust[trace] = (sum(seen) + _FAITH * priors[trace]) / (len(seen) + _FAITH)
        shown, weights = zip(*alignment.pages, strict=True)
        lengths = lengths.learnt(shown, weights, sizes.usual)
    return alignment


def align_pages(texts: Sequence[str], anchors: Anchors) -> Alignment:
    """The same where the pages are known and only their numbers are sought."""
    sizes = Sizes.of(texts)
    model = PageModel.build(anchors, sizes, PageLengths.about(sizes.usual), [0.995] * len(texts))
    return _align_once(model, 1)


def _leaning(trust: float, lean: float) -> float:
    return 1 / (1 + (1 - trust) / trust * exp(-lean))


def _align_once(model: PageModel, most: int) -> Alignment:
    forward, total = _forward(model, most)
    after = _backward(model, most)
    return _posterior(model, most, forward, after, total)


def _step(ended: Floats, to_skip: Floats, skipped_cost: Floats) -> Floats:
    """From the number of a page that has ended to that of the next one."""
    begun = np.full_like(ended, _NEVER)
    numbered = ended[1:-1]
    for skipped in range(_MOST_SKIPPED + 1):
        end = len(numbered) - 1 - skipped
        if end > 0:
            cost = _skip_cost(skipped, to_skip, skipped_cost)
            begun[2 + skipped : -1] = np.logaddexp(begun[2 + skipped : -1], numbered[:end] + cost)
    begun[0] = ended[0] + _MORE_FRONT_MATTER
    begun[1] = np.logaddexp(begun[1], ended[0])
    begun[2:-1] = np.logaddexp(begun[2:-1], ended[0] + _BEGIN_ELSEWHERE)
    begun[-1] = np.logaddexp(_logsum(numbered) + _BACK_MATTER, ended[-1] + _MORE_BACK_MATTER)
    return begun


def _step_back(begun: Floats, to_skip: Floats, skipped_cost: Floats) -> Floats:
    """The same steps from their far end: what follows a page that ends with each number."""
    ended = np.full_like(begun, _NEVER)
    inner = np.full(len(begun) - 2, _NEVER)
    for skipped in range(_MOST_SKIPPED + 1):
        end = len(inner) - 1 - skipped
        if end > 0:
            cost = _skip_cost(skipped, to_skip, skipped_cost)
            inner[:end] = np.logaddexp(inner[:end], begun[2 + skipped : -1] + cost)
    ended[1:-1] = np.logaddexp(inner, begun[-1] + _BACK_MATTER)
    elsewhere = _logsum(begun[2:-1]) + _BEGIN_ELSEWHERE
    ended[0] = np.logaddexp(np.logaddexp(begun[0] + _MORE_FRONT_MATTER, begun[1]), elsewhere)
    ended[-1] = begun[-1] + _MORE_BACK_MATTER
    return ended


def _skip_cost(skipped: int, to_skip: Floats, cost: Floats) -> Floats:
    """By the number of the page before, what it costs that the next `skipped` numbers have no page."""
    between = (cost[2 + skipped :] - cost[2 : len(cost) - skipped])[: len(to_skip) - 3 - skipped]
    return between + to_skip[2 + skipped : -1] if skipped else between


def _logsum(values: Floats) -> float:
    return float(np.logaddexp.reduce(values)) if len(values) else _NEVER


def _missed(score: Floats) -> Floats:
    """A run that is two pages with no trace between them, by the number of the second."""
    second = np.full_like(score, _NEVER)
    second[2:-1] = score[1:-2] + _MISSED_BREAK
    return second


def _forward(model: PageModel, most: int) -> tuple[list[Floats], float]:
    """`forward[k][p]`: everything up to segment k, where a page numbered p begins."""
    first = np.full(model.states, _BEGIN_ELSEWHERE)
    first[0], first[1], first[-1] = 0.0, _BEGIN_AT_ONCE, _NEVER
    forward = [first]
    ended = first
    for end in range(1, model.segments + 1):
        ended = np.full(model.states, _NEVER)
        for start in range(max(0, end - most), end):
            ended = np.logaddexp(ended, forward[start] + model.page(start, end))
            ended = np.logaddexp(ended, _missed(forward[start] + model.page(start, end, 2)))
        if end < model.segments:
            forward.append(_step(ended, model.to_skip(end), model.skipped) + model.begin(end))
    return forward, _logsum(ended)


def _backward(model: PageModel, most: int) -> list[Floats]:
    """`after[k][p]`: everything from segment k on, given that a page numbered p has ended before it."""
    after: list[Floats] = [np.zeros(model.states)] * (model.segments + 1)
    for start in range(model.segments - 1, 0, -1):
        begun = np.full(model.states, _NEVER)
        for end in range(start + 1, min(start + most, model.segments) + 1):
            begun = np.logaddexp(begun, model.page(start, end) + after[end])
            both = model.page(start, end, 2) + _MISSED_BREAK
            both[:-2] += after[end][1:-1]
            both[0] = both[-1] = both[-2] = _NEVER
            begun = np.logaddexp(begun, both)
        after[start] = _step_back(begun + model.begin(start), model.to_skip(start), model.skipped)
    return after


def _posterior(
    model: PageModel, most: int, forward: list[Floats], after: list[Floats], total: float
) -> Alignment:
    numbers = np.zeros((model.segments, model.states))
    breaks = np.zeros(model.segments)
    pages: list[tuple[float, float]] = []
    for start in range(model.segments):
        for end in range(start + 1, min(start + most, model.segments) + 1):
            page = np.exp(forward[start] + model.page(start, end) + after[end] - total)
            numbers[start:end] += page
            pages.append((model.size(start, end), float(page.sum())))
            second = _missed(forward[start] + model.page(start, end, 2)) + after[end]
            unknown = float(np.exp(second - total).sum())
            numbers[start:end, -1] += unknown
            breaks[start] += page.sum() + unknown
    return Alignment(numbers, breaks, tuple(pages))
