"""A question and what came back for it → one row of numbers, and the rules that were broken."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.metrics import (
    answer_length,
    citation_precision,
    citation_recall,
    fact_coverage,
    harmonic_mean,
    hit_at,
    missed_facts,
    ndcg_at,
    quote_exactness,
    recall_at,
    reciprocal_rank,
    served,
)
from eval.outcome import FoundPage, Outcome
from eval.questions import EvalQuestion

DEPTHS = (1, 3, 5, 10)
# An answer that is longer is read by nobody, and a copied page is longer than that.
MAX_ANSWER_CHARS = 1000
# The ranks within which a passage counts as retrieved.
RETRIEVED = 10
_MARKER = re.compile(r"\[(\d+)\]")

Row = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one question. A measure that does not apply to it has no entry in `row`."""

    question_id: str
    row: Row
    missed_facts: tuple[tuple[str, ...], ...]
    failed_rules: tuple[str, ...]  # names, see RULES


# Rule → what a report says where it is broken.
RULES: Mapping[str, str] = {
    "false_refusal": "答えのある質問を「記載なし」とした",
    "must_refuse": "答えのない質問に答えた",
    "not_retrieved": f"正しいページが検索の上位{RETRIEVED}件にない",
    "pages_missing": "必要なページがすべては引用されていない",
    "wrong_page": "正しくないページを引用した",
    "inexact_quote": "引用文が引用ページにそのままの形では存在しない",
    "no_such_page": "引用したページが文書にない",
    "unmarked": "本文の番号と引用の一覧が合わない",
    "uncited": "引用のない回答",
    "cited_refusal": "「記載なし」に引用が付いている",
    "facts_missing": "必要な事実が回答に足りない",
    "too_long": f"回答が{MAX_ANSWER_CHARS:,}文字を超えている",
}


def judge(question: EvalQuestion, outcome: Outcome) -> Judged:
    """Measure one outcome."""
    row = {
        "answerable": float(question.answerable),
        "refused": float(outcome.refused),
        "confidence": outcome.confidence,
        "right": float(_right(question, outcome)),
        **_times(outcome),
        **_present("quote_exactness", quote_exactness([bool(item.exact) for item in outcome.citations])),
        **_invariance(outcome),
    }
    if question.answerable:
        row |= _retrieval(question, outcome) | _answer(question, outcome)
    return Judged(
        question.id,
        row,
        tuple(tuple(fact) for fact in _missed(question, outcome)),
        tuple(_failed(question, outcome, row)),
    )


def cited_labels(question: EvalQuestion, outcome: Outcome) -> list[str]:
    """The labels of the cited pages; those of a document that the question is not about carry its id."""
    return [_label(question, item.document, item.page) for item in outcome.citations]


def page_labels(question: EvalQuestion, hits: Sequence[FoundPage]) -> list[list[str]]:
    """The labels of the pages of each hit, likewise."""
    return [[_label(question, hit.document, label) for label in hit.pages] for hit in hits]


def _label(question: EvalQuestion, document: str, label: str) -> str:
    strange = question.documents and document not in question.documents
    return f"{document}#{label}" if strange else label


def _present(name: str, value: float | None) -> dict[str, float]:
    return {} if value is None else {name: value}


def _times(outcome: Outcome) -> dict[str, float]:
    if outcome.timing is None:
        return {}
    return {"ask_ms": outcome.timing.ask_ms, **_present("embed_ms", outcome.timing.embed_ms)}


def _right(question: EvalQuestion, outcome: Outcome) -> bool:
    """Whether a user who trusts the outcome is served well: a right page cited, or a rightful refusal."""
    if not question.answerable:
        return outcome.refused
    return not question.right_pages.isdisjoint(cited_labels(question, outcome))


def _retrieval(question: EvalQuestion, outcome: Outcome) -> dict[str, float]:
    needs = question.needs
    ranking = served(needs, page_labels(question, outcome.hits))
    row = {f"hit@{k}": hit_at(k, ranking) for k in DEPTHS}
    row |= _legs(outcome)
    row |= {"mrr@10": reciprocal_rank(ranking), "ndcg@10": ndcg_at(10, ranking, len(needs))}
    if question.all_pages_needed:
        row["recall@10"] = recall_at(10, ranking, len(needs))
    if outcome.standalone_hits is not None:
        alone = served(needs, page_labels(question, outcome.standalone_hits))
        row |= {
            "standalone_hit@5": hit_at(5, alone),
            "follow_up_loss@5": hit_at(5, alone) - hit_at(5, ranking),
        }
    return row


def _answer(question: EvalQuestion, outcome: Outcome) -> dict[str, float]:
    cited = cited_labels(question, outcome)
    precision = citation_precision(cited, question.right_pages)
    recall = citation_recall(cited, question.needs)
    row = {
        **_present("citation_precision", precision),
        "citation_recall": recall,
        "citation_f1": harmonic_mean(precision, recall),
        **_present("fact_coverage", _coverage(question, outcome)),
    }
    return row if outcome.refused else row | {"answer_chars": float(answer_length(outcome.answer))}


def _coverage(question: EvalQuestion, outcome: Outcome) -> float | None:
    """What a refusal says of near pages is no answer."""
    return fact_coverage("" if outcome.refused else outcome.answer, question.facts)


def _missed(question: EvalQuestion, outcome: Outcome) -> list[Sequence[str]]:
    return missed_facts("" if outcome.refused else outcome.answer, question.facts)


def _invariance(outcome: Outcome) -> dict[str, float]:
    return {f"invariance_{kind}": float(same) for kind, same in (outcome.variants or {}).items()}


def _legs(outcome: Outcome) -> dict[str, float]:
    """Whether each leg had a part in what was retrieved; unknown where no rank of either leg is told."""
    ranks = [(hit.dense_rank, hit.lexical_rank) for hit in outcome.hits[:RETRIEVED]]
    if all(rank is None for pair in ranks for rank in pair):
        return {}
    return {
        "dense_leg": float(any(dense is not None for dense, _ in ranks)),
        "lexical_leg": float(any(lexical is not None for _, lexical in ranks)),
    }


def _failed(question: EvalQuestion, outcome: Outcome, row: Row) -> list[str]:
    broken = {
        "false_refusal": question.answerable and outcome.refused,
        "must_refuse": not question.answerable and not outcome.refused,
        "not_retrieved": question.answerable and not row["hit@10"],
        "pages_missing": question.answerable and not outcome.refused and row["citation_recall"] < 1,
        "wrong_page": row.get("citation_precision", 1.0) < 1,
        "inexact_quote": row.get("quote_exactness", 1.0) < 1,
        "no_such_page": any(item.exact is None for item in outcome.citations),
        "unmarked": not outcome.refused and _markers(outcome) != {item.number for item in outcome.citations},
        "uncited": not outcome.refused and not outcome.citations,
        "cited_refusal": outcome.refused and bool(outcome.citations),
        "facts_missing": not outcome.refused and row.get("fact_coverage", 1.0) < 1,
        "too_long": row.get("answer_chars", 0) > MAX_ANSWER_CHARS,
    }
    return [name for name in RULES if broken[name]]


def _markers(outcome: Outcome) -> set[int]:
    return {int(number) for number in _MARKER.findall(outcome.answer)}
