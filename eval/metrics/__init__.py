"""Small functions on plain data, each with its formula and source; the suite's objects stop outside."""

from eval.metrics.answers import (
    answer_length,
    citation_precision,
    citation_recall,
    fact_coverage,
    harmonic_mean,
    missed_facts,
    quote_exactness,
)
from eval.metrics.ranking import (
    graded_ndcg_at,
    hit_at,
    ndcg_at,
    recall_at,
    reciprocal_rank,
    served,
)
from eval.metrics.refusals import (
    RiskCoverage,
    auroc,
    false_refusal_rate,
    refusal_f1,
    refusal_precision,
    refusal_recall,
    risk_coverage,
)

__all__ = [
    "RiskCoverage",
    "answer_length",
    "auroc",
    "citation_precision",
    "citation_recall",
    "fact_coverage",
    "false_refusal_rate",
    "graded_ndcg_at",
    "harmonic_mean",
    "hit_at",
    "missed_facts",
    "ndcg_at",
    "quote_exactness",
    "recall_at",
    "reciprocal_rank",
    "refusal_f1",
    "refusal_precision",
    "refusal_recall",
    "risk_coverage",
    "served",
]
