"""Metrics over a set of questions: whether what has no answer is refused, and only that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
NOT_MEASURABLE = float("nan")


def refusal_precision(refused: Flags, answerable: Flags) -> float:
    """Of the refused questions, the share that has no answer."""
    return _share(refused & ~answerable, refused)


def refusal_recall(refused: Flags, answerable: Flags) -> float:
    """Of the questions without an answer, the share that was refused."""
    return _share(refused & ~answerable, ~answerable)


def refusal_f1(refused: Flags, answerable: Flags) -> float:
    """2TP / (2TP + FP + FN), a refusal being the positive."""
    right = np.count_nonzero(refused & ~answerable)
    wrong = np.count_nonzero(refused == answerable)
    return float(2 * right / (2 * right + wrong)) if right + wrong else NOT_MEASURABLE


def false_refusal_rate(refused: Flags, answerable: Flags) -> float:
    """Of the questions with an answer, the share that was refused."""
    return _share(refused & answerable, answerable)


def auroc(confidence: Numbers, answerable: Flags) -> float:
    """The chance that a question with an answer has more confidence than one without; ties count half.

    The Mann-Whitney U over the product of the counts. Source: Hanley, McNeil, Radiology 143, 1982.
    """
    with_answer, without = confidence[answerable], np.sort(confidence[~answerable])
    if not len(with_answer) or not len(without):
        return NOT_MEASURABLE
    below = np.searchsorted(without, with_answer, side="left")
    not_above = np.searchsorted(without, with_answer, side="right")
    return float((below + not_above).sum() / 2 / (len(with_answer) * len(without)))


def _share(part: Flags, whole: Flags) -> float:
    count = np.count_nonzero(whole)
    return float(np.count_nonzero(part) / count) if count else NOT_MEASURABLE


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Points of the curve, by falling confidence: the share answered, and the share of those that is wrong."""

    coverage: tuple[float, ...]
    risk: tuple[float, ...]

    @property
    def area(self) -> float:
        """The mean risk over the points (AURC); less is better."""
        return float(np.mean(self.risk)) if self.risk else NOT_MEASURABLE


def risk_coverage(confidence: Numbers, right: Flags, refused: Flags) -> RiskCoverage:
    """The curve over all questions; a refused one is never answered, so coverage ends below 1.

    Questions of equal confidence enter together. Source: El-Yaniv, Wiener, "On the Foundations of
    Noise-free Selective Classification", JMLR 11, 2010.
    """
    answered = np.flatnonzero(~refused)
    order = answered[np.argsort(-confidence[answered], kind="stable")]
    wrong = np.cumsum(~right[order])
    counts = np.arange(1, len(order) + 1)
    ends = np.append(np.diff(confidence[order]) != 0, True) if len(order) else np.zeros(0, np.bool_)
    return RiskCoverage(
        tuple((counts[ends] / len(refused)).tolist()), tuple((wrong[ends] / counts[ends]).tolist())
    )
