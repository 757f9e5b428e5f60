"""Resampling: intervals that hold the truth, tests that find a difference and invent none."""

from __future__ import annotations

import numpy as np
import pytest

from eval.measures import BY_NAME, columns_of
from eval.statistics import bootstrap_intervals, holm, paired_differences

HIT, F1 = BY_NAME["hit@1"], BY_NAME["refusal_f1"]


def rows(hits: list[int], refused: list[int]) -> list[dict[str, float]]:
    """Questions of which every fourth has no answer."""
    return [
        {"refused": float(r), "answerable": float(place % 4 != 0)}
        | ({"hit@1": float(h)} if place % 4 else {})
        for place, (h, r) in enumerate(zip(hits, refused, strict=True))
    ]


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_the_interval_of_a_mean_is_about_two_standard_errors_wide() -> None:
    columns = columns_of([{"hit@1": float(place % 2)} for place in range(400)])

    low, high = bootstrap_intervals([HIT], columns, seed=1)["hit@1"]

    assert low < 0.5 < high
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.15)


def test_equal_runs_do_not_differ() -> None:
    columns = columns_of(rows([1, 0] * 20, [1, 0, 0, 0] * 10))

    for difference in paired_differences([HIT, F1], columns, columns, seed=1):
        assert difference.change == 0
        assert difference.p == 1
        assert difference.interval == (0, 0)


def test_a_small_pair_has_the_exact_p_value() -> None:
    """Five questions that all got worse: 2 of the 32 ways to swap them are as extreme."""
    before = columns_of([{"hit@1": 1.0}] * 5)
    after = columns_of([{"hit@1": 0.0}] * 5)

    [difference] = paired_differences([HIT], before, after, seed=1)

    assert difference.change == -1
    assert difference.p == pytest.approx(2 / 32, abs=0.01)


def test_a_plain_loss_is_found_in_means_and_in_measures_of_the_whole_set() -> None:
    before = columns_of(rows([1] * 40, [1, 0, 0, 0] * 10))
    after = columns_of(rows([0] * 40, [0, 0, 0, 0] * 10))

    by_name = {item.name: item for item in paired_differences([HIT, F1], before, after, seed=1)}

    assert by_name["hit@1"].p_corrected < 0.001
    assert by_name["refusal_f1"].p_corrected < 0.01
    assert by_name["refusal_f1"].change == -1


def test_the_same_seed_gives_the_same_figures() -> None:
    columns = columns_of(rows([1, 0, 1] * 10, [0, 1, 0] * 10))
    other = columns_of(rows([1, 1, 1] * 10, [0, 1, 0] * 10))

    assert paired_differences([HIT, F1], columns, other, seed=3) == paired_differences(
        [HIT, F1], columns, other, seed=3
    )
    assert bootstrap_intervals([HIT], columns, seed=3) == bootstrap_intervals([HIT], columns, seed=3)


def test_a_measure_without_a_value_is_left_out() -> None:
    columns = columns_of([{"hit@1": 1.0}] * 3)

    assert bootstrap_intervals([BY_NAME["recall@10"]], columns, seed=1) == {}
    assert not paired_differences([BY_NAME["recall@10"]], columns, columns, seed=1)


def test_a_question_that_loses_its_value_counts_by_what_is_left() -> None:
    """A refusal has no citation precision: swapping pairs must not turn that into a nought."""
    precision = BY_NAME["citation_precision"]
    before = columns_of([{"citation_precision": 1.0}, {"citation_precision": 0.0}])
    after = columns_of([{"citation_precision": 1.0}, {}])

    [difference] = paired_differences([precision], before, after, seed=1)

    assert (difference.before, difference.after) == (0.5, 1.0)
    assert np.isfinite(difference.interval).all()
