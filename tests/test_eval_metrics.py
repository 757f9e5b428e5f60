"""The metrics against values worked by hand, and against ir_measures."""

from __future__ import annotations

import math

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, R, Success, nDCG
from sklearn.metrics import roc_auc_score

from eval.metrics import (
    answer_length,
    auroc,
    citation_precision,
    citation_recall,
    fact_coverage,
    false_refusal_rate,
    graded_ndcg_at,
    harmonic_mean,
    hit_at,
    missed_facts,
    ndcg_at,
    quote_exactness,
    recall_at,
    reciprocal_rank,
    refusal_f1,
    refusal_precision,
    refusal_recall,
    risk_coverage,
    served,
)
from eval.retrieval import query_figures

# The third hit is the first right one; the fifth touches the other needed page.
NEEDS = [{"58", "59"}, {"61"}]
RANKING = [["1"], ["2", "3"], ["57", "58"], ["59"], ["61"]]


def test_a_hit_counts_where_one_of_its_pages_serves_a_need() -> None:
    assert served(NEEDS, RANKING) == [set(), set(), {0}, {0}, {1}]


def test_page_hit_reciprocal_rank_and_recall_by_hand() -> None:
    ranking = served(NEEDS, RANKING)

    assert [hit_at(k, ranking) for k in (1, 2, 3, 10)] == [0, 0, 1, 1]
    assert reciprocal_rank(ranking) == pytest.approx(1 / 3)
    assert reciprocal_rank(ranking, k=2) == 0
    assert recall_at(4, ranking, 2) == 0.5
    assert recall_at(10, ranking, 2) == 1


def test_ndcg_by_hand_gains_nothing_for_a_second_passage_of_the_same_page() -> None:
    ranking = served(NEEDS, RANKING)
    discounted = 1 / math.log2(4) + 1 / math.log2(6)
    best = 1 / math.log2(2) + 1 / math.log2(3)

    assert ndcg_at(10, ranking, 2) == pytest.approx(discounted / best)
    assert ndcg_at(10, [{0, 1}], 2) == 1  # one passage over both pages is better than best
    assert ndcg_at(10, [], 2) == 0


ranked_needs = st.lists(st.sets(st.integers(0, 3), max_size=1), max_size=14)


@given(ranked_needs)
def test_ranking_metrics_agree_with_ir_measures(ranking: list[set[int]]) -> None:
    """As documents: the first passage of each needed page is that page, every other passage is its own."""
    seen: set[int] = set()
    names: list[str] = []
    for rank, needs in enumerate(ranking):
        new = needs - seen
        seen |= needs
        names.append(f"need{next(iter(new))}" if new else f"other{rank}")
    qrels = [ir_measures.Qrel("q", f"need{number}", 1) for number in range(4)]
    run = [ir_measures.ScoredDoc("q", name, -rank) for rank, name in enumerate(names)]
    run = run or [ir_measures.ScoredDoc("q", "nothing", 0)]

    theirs = ir_measures.calc_aggregate([nDCG @ 10, RR @ 10, R @ 10, Success @ 1, Success @ 5], qrels, run)

    assert ndcg_at(10, ranking, 4) == pytest.approx(theirs[nDCG @ 10])
    assert reciprocal_rank(ranking) == pytest.approx(theirs[RR @ 10])
    assert recall_at(10, ranking, 4) == pytest.approx(theirs[R @ 10])
    assert hit_at(1, ranking) == theirs[Success @ 1]
    assert hit_at(5, ranking) == theirs[Success @ 5]


@given(
    st.permutations([f"d{number}" for number in range(15)]),
    st.dictionaries(st.sampled_from([f"d{n}" for n in range(20)]), st.integers(1, 3), min_size=1),
)
def test_graded_figures_agree_with_ir_measures(ranking: list[str], relevant: dict[str, int]) -> None:
    qrels = [ir_measures.Qrel("q", name, grade) for name, grade in relevant.items()]
    run = [ir_measures.ScoredDoc("q", name, -rank) for rank, name in enumerate(ranking)]

    theirs = ir_measures.calc_aggregate([nDCG @ 10, RR @ 10, R @ 5, R @ 10, Success @ 3], qrels, run)
    ours = query_figures(ranking, relevant)

    assert ours["ndcg@10"] == pytest.approx(theirs[nDCG @ 10])
    assert ours["mrr@10"] == pytest.approx(theirs[RR @ 10])
    assert ours["recall@5"] == pytest.approx(theirs[R @ 5])
    assert ours["recall@10"] == pytest.approx(theirs[R @ 10])
    assert ours["hit@3"] == theirs[Success @ 3]


def test_graded_ndcg_by_hand() -> None:
    gains = [0.0, 3.0, 1.0]

    value = graded_ndcg_at(10, gains, [1.0, 3.0])

    assert value == pytest.approx((3 / math.log2(3) + 1 / math.log2(4)) / (3 + 1 / math.log2(3)))


def test_cited_pages_by_hand() -> None:
    cited = ["58", "58", "60", "61"]

    assert citation_precision(cited, {"58", "59", "61"}) == pytest.approx(2 / 3)
    assert citation_precision([], {"58"}) is None
    assert citation_recall(cited, NEEDS) == 1
    assert citation_recall(["60", "61"], NEEDS) == 0.5
    assert harmonic_mean(2 / 3, 1.0) == pytest.approx(0.8)
    assert harmonic_mean(None, 0.0) == 0


def test_quotes_and_facts_by_hand() -> None:
    answer = "**星見町：** 利用は２，６８９人で、里親は7世帯です。[1][2]"

    assert quote_exactness([True, True, False]) == pytest.approx(2 / 3)
    assert quote_exactness([]) is None
    assert fact_coverage(answer, [["2689人"], ["八世帯", "7世帯"], ["送迎"]]) == pytest.approx(2 / 3)
    assert missed_facts(answer, [["2689人"], ["送迎", "送り迎え"]]) == [["送迎", "送り迎え"]]
    assert fact_coverage(answer, []) is None
    assert answer_length(answer) == len("星見町： 利用は２，６８９人で、里親は7世帯です。")


@pytest.mark.parametrize(
    ("text", "is_said"),
    [("118人", False), ("18人", True), ("1.8人", False), ("18人と2人", True), ("1,018人", False)],
)
def test_a_number_is_not_said_by_a_longer_one(text: str, is_said: bool) -> None:
    assert fact_coverage(text, [["18人"]]) == float(is_said)


def test_refusals_by_hand() -> None:
    refused = np.array([True, True, False, False, False])
    answerable = np.array([False, True, False, True, True])

    assert refusal_precision(refused, answerable) == 0.5
    assert refusal_recall(refused, answerable) == 0.5
    assert refusal_f1(refused, answerable) == 0.5
    assert false_refusal_rate(refused, answerable) == pytest.approx(1 / 3)


def test_what_cannot_be_measured_is_not_a_number() -> None:
    nobody = np.zeros(3, np.bool_)

    assert math.isnan(refusal_precision(nobody, ~nobody))
    assert math.isnan(refusal_recall(nobody, ~nobody))
    assert math.isnan(auroc(np.ones(3), ~nobody))
    assert math.isnan(risk_coverage(np.ones(3), nobody, ~nobody).area)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_auroc_agrees_with_scikit_learn(pairs: list[tuple[int, bool]]) -> None:
    confidence = np.array([float(value) for value, _ in pairs])
    answerable = np.array([flag for _, flag in pairs])
    if answerable.all() or not answerable.any():
        return

    assert auroc(confidence, answerable) == pytest.approx(roc_auc_score(answerable, confidence))


def test_the_risk_coverage_curve_by_hand() -> None:
    confidence = np.array([0.9, 0.8, 0.8, 0.6, 0.1])
    right = np.array([True, False, True, False, False])
    refused = np.array([False, False, False, False, True])

    curve = risk_coverage(confidence, right, refused)

    assert curve.coverage == pytest.approx((0.2, 0.6, 0.8))  # the two of one confidence enter together
    assert curve.risk == pytest.approx((0, 1 / 3, 1 / 2))
    assert curve.area == pytest.approx((0 + 1 / 3 + 1 / 2) / 3)
