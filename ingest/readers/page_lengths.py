"""How long the pages of a text are: at first anything about the usual, then as the text itself shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Over the logarithm of the number of characters, in steps of a twentieth: e^0 … e^13.
_STEPS, _PER_UNIT = 260, 20
_KERNEL = 0.12  # a full page of one layout is as long as another within so much
# The share of what is taken for granted: most pages about as long, a fifth of any length (title pages).
_GRANTED = 0.3
_ABOUT, _ABOUT_SPREAD = 0.8, 0.6


@dataclass(frozen=True, slots=True)
class PageLengths:
    """The log-density of page lengths."""

    density: Floats  # over the grid of log lengths

    @classmethod
    def about(cls, usual: float) -> PageLengths:
        """Before anything is known but a usual length in characters."""
        return cls(np.log(_granted(usual)))

    def learnt(self, lengths: Sequence[float], weights: Sequence[float], usual: float) -> PageLengths:
        """After lengths have been seen, each as often as its weight says."""
        grid = np.arange(_STEPS) / _PER_UNIT
        counts = np.zeros(_STEPS)
        np.add.at(counts, [_place(length) for length in lengths], np.asarray(weights))
        kernel = np.exp(-0.5 * ((grid[:, None] - grid[None, :]) / _KERNEL) ** 2)
        seen = kernel @ counts
        total = seen.sum() / _PER_UNIT
        shown = seen / total if total else np.zeros(_STEPS)
        return PageLengths(np.log(_GRANTED * _granted(usual) + (1 - _GRANTED) * shown))

    def __call__(self, length: float) -> float:
        """The log-density at a length in characters."""
        return float(self.density[_place(length)])


def _granted(usual: float) -> Floats:
    grid = np.arange(_STEPS) / _PER_UNIT
    about = np.exp(-0.5 * ((grid - log(max(usual, 1.0))) / _ABOUT_SPREAD) ** 2)
    about /= about.sum() / _PER_UNIT
    anything: Floats = _ABOUT * about + (1 - _ABOUT) / (_STEPS / _PER_UNIT)
    return anything


def _place(length: float) -> int:
    return min(_STEPS - 1, round(log(max(length, 1.0)) * _PER_UNIT))
