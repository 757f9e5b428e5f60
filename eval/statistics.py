"""Resampling over questions: intervals, a paired test, and the correction for many measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.measures import Columns, Measure, read_by

CONFIDENCE = 0.95
# Means are resampled as matrix products, other measures one by one.
RESAMPLES = 1000
PERMUTATIONS, PERMUTATIONS_ONE_BY_ONE = 10_000, 2000
_TINY = 1e-9

Numbers = NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed in one measure between two runs."""

    name: str
    before: float
    after: float
    interval: Interval  # of after - before
    p: float
    p_corrected: float  # by Holm, over all measures compared

    @property
    def change(self) -> float:
        """After minus before."""
        return self.after - self.before


def bootstrap_intervals(
    measures: Sequence[Measure], columns: Columns, seed: int, resamples: int = RESAMPLES
) -> dict[str, Interval]:
    """Percentile intervals of 95 % for each measure that has a value.

    Source: Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    draws = _draws(_count(columns), seed, resamples)
    values = {measure.name: _resampled(measure, columns, draws) for measure in measures}
    return {name: _percentiles(drawn) for name, drawn in values.items() if not np.isnan(drawn).all()}


def paired_differences(
    measures: Sequence[Measure], before: Columns, after: Columns, seed: int
) -> list[Difference]:
    """Test each measure for a difference between two runs over the same questions, in the same order.

    The paired randomisation test, two-sided: under the null hypothesis the two outcomes of a question are
    exchangeable, so they are swapped at random, and p = (1 + as extreme) / (1 + permutations). Sources:
    Fisher, "The Design of Experiments", 1935; Smucker, Allan, Carterette, CIKM 2007.
    """
    known = [measure for measure in measures if not np.isnan([measure.of(before), measure.of(after)]).any()]
    count = _count(before)
    p_values = _p_values(known, before, after, np.random.default_rng(seed), count)
    draws = _draws(count, seed, RESAMPLES)
    return [
        Difference(
            measure.name,
            measure.of(before),
            measure.of(after),
            _percentiles(_resampled(measure, after, draws) - _resampled(measure, before, draws)),
            p,
            corrected,
        )
        for measure, p, corrected in zip(known, p_values, holm(p_values), strict=True)
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """Step-down adjusted p-values, in the order given.

    Source: Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6, 1979.
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def _count(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def _draws(count: int, seed: int, resamples: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, count, (resamples, count))


def _resampled(measure: Measure, columns: Columns, draws: NDArray[np.int64]) -> Numbers:
    """The measure on each sample; shape (len(draws),)."""
    read = read_by(measure, columns)
    if not measure.is_mean:
        return np.array([measure.of({name: values[draw] for name, values in read.items()}) for draw in draws])
    if not read:
        return np.full(len(draws), np.nan)
    [values] = read.values()
    return _ratio(np.nan_to_num(values)[draws].sum(axis=1), (~np.isnan(values))[draws].sum(axis=1))


def _ratio(total: Numbers, count: NDArray[np.int64] | Numbers) -> Numbers:
    ratio: Numbers = np.divide(total, count, out=np.full(len(total), np.nan), where=np.asarray(count) > 0)
    return ratio


def _percentiles(values: Numbers) -> Interval:
    kept = values[~np.isnan(values)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(kept, [tail, 1 - tail]) if len(kept) else (np.nan, np.nan)
    return float(low), float(high)


def _p_values(
    measures: Sequence[Measure], before: Columns, after: Columns, random: np.random.Generator, count: int
) -> list[float]:
    swaps = (random.random((PERMUTATIONS, count)) < 0.5).astype(np.float64)
    few = swaps[:PERMUTATIONS_ONE_BY_ONE] > 0
    found: list[float] = []
    for measure in measures:
        a, b = read_by(measure, before), read_by(measure, after)
        drawn = _swapped_means(a, b, swaps) if measure.is_mean else _swapped_measures(measure, a, b, few)
        seen = abs(measure.of(after) - measure.of(before))
        kept = drawn[~np.isnan(drawn)]
        found.append(float((1 + np.count_nonzero(np.abs(kept) >= seen - _TINY)) / (1 + len(kept))))
    return found


def _swapped_means(before: Columns, after: Columns, swaps: Numbers) -> Numbers:
    """Differences of the means, shape (len(swaps),), with the pairs of each row of `swaps` exchanged."""
    [a], [b] = before.values(), after.values()
    totals = [np.nan_to_num(a), np.nan_to_num(b)]
    counts = [(~np.isnan(a)).astype(np.float64), (~np.isnan(b)).astype(np.float64)]
    # Σ over a = Σ a + swap · (b - a), and the other way round
    total_shift, count_shift = swaps @ (totals[1] - totals[0]), swaps @ (counts[1] - counts[0])
    first = _ratio(totals[0].sum() + total_shift, counts[0].sum() + count_shift)
    second = _ratio(totals[1].sum() - total_shift, counts[1].sum() - count_shift)
    return second - first


def _swapped_measures(measure: Measure, before: Columns, after: Columns, swaps: NDArray[np.bool_]) -> Numbers:
    """Likewise for a measure of the whole set."""

    def difference(swap: NDArray[np.bool_]) -> float:
        exchanged = {name: np.where(swap, before[name], after[name]) for name in before}
        kept = {name: np.where(swap, after[name], before[name]) for name in before}
        return measure.of(exchanged) - measure.of(kept)

    return np.array([difference(swap) for swap in swaps])
