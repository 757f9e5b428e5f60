"""Metrics of one answer: its citations, its quotations, the facts that it holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from eval.text import plain_answer, says


def citation_precision(cited: Collection[str], right: Collection[str]) -> float | None:
    """The share of the cited pages that are right; None where nothing is cited."""
    pages = set(cited)
    return len(pages & set(right)) / len(pages) if pages else None


def citation_recall(cited: Collection[str], needs: Sequence[Collection[str]]) -> float:
    """The share of the needs that a cited page serves."""
    return sum(not set(need).isdisjoint(cited) for need in needs) / len(needs) if needs else 0.0


def harmonic_mean(precision: float | None, recall: float) -> float:
    """F1 = 2PR / (P + R); 0 where nothing is cited or nothing is right."""
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0


def quote_exactness(exact: Sequence[bool]) -> float | None:
    """The share of the quotations that stand on the cited page, word for word; None without any."""
    return sum(exact) / len(exact) if exact else None


def fact_coverage(answer: str, facts: Sequence[Collection[str]]) -> float | None:
    """The share of the required facts of which an accepted string stands in the answer; None without any."""
    return sum(says(answer, accepted) for accepted in facts) / len(facts) if facts else None


def missed_facts(answer: str, facts: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The facts that an answer lacks, each as its accepted strings."""
    return [accepted for accepted in facts if not says(answer, accepted)]


def answer_length(answer: str) -> int:
    """Characters of an answer without its markers."""
    return len(plain_answer(answer))
