"""Whether a sentence says yes where its grounds say yes, and no where they say no."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from guideqa.llm.clauses import Clause, clauses_of

# A clause of the grounds is what a clause of the sentence restates where they share so much of the shorter one.
_RESTATES = 1 / 3
_MELTED = 2 / 3
_PLANNED = re.compile(
    r"検討(?:して|中|する|し|を)|予定|見込|計画(?:して|中|する)|目指[しす]|たいと|方針|構想"
)
_STILL_OPEN = re.compile(r"検討|予定|見込|計画|目指|たい|方針|構想|考え|想定")


def polarity_faults(sentence: str, grounds: Sequence[str]) -> list[str]:
    """What a sentence negates, affirms or takes for done against its grounds, told in Japanese."""
    given = [clause for text in grounds for clause in clauses_of(text)]
    return [fault for clause in clauses_of(sentence) if (fault := _fault(clause, given))]


def _fault(clause: Clause, given: Sequence[Clause]) -> str:
    nearest, shared = _nearest(clause, given)
    if not shared:
        groundless = (clause.ends_negated or clause.negated) and not any(item.negated for item in given)
        return f"否定（{clause.text}）が引用の文にありません" if groundless else ""
    if any(item.ends_negated == clause.ends_negated for item in nearest):
        return _inner_fault(clause, nearest, given) or _modality_fault(clause, nearest)
    if clause.ends_negated:
        negated = _all(item.negated for item in given)
        return "" if clause.finally_negated & negated else f"引用の文は否定していません（{clause.text}）"
    restated = shared >= _RESTATES * min(len(clause.words), *(len(item.words) for item in nearest))
    inside = clause.negated - clause.finally_negated
    moved_inside = any(inside & item.finally_negated for item in nearest)
    return f"引用の文の否定が落ちています（{clause.text}）" if restated and not moved_inside else ""


def _nearest(clause: Clause, given: Sequence[Clause]) -> tuple[list[Clause], int]:
    """The clauses that share most words with it, and how many."""
    shares = [len(clause.words & item.words) for item in given]
    most = max(shares, default=0)
    return [item for item, share in zip(given, shares, strict=True) if share == most], most


def _inner_fault(clause: Clause, nearest: Sequence[Clause], given: Sequence[Clause]) -> str:
    """Words in the middle of a clause that one side negates and the other does not."""
    negated, affirmed = _all(item.negated for item in given), _all(item.affirmed for item in given)
    if clause.negated and not clause.negated & negated and (clause.negated & affirmed or not negated):
        return f"引用の文は否定していません（{clause.text}）"
    restated = [*nearest, *(item for item in given if _covers(clause, item))]
    dropped = clause.affirmed & _all(item.negated for item in restated)
    dropped -= _all(item.affirmed for item in restated)
    return f"引用の文の否定が落ちています（{'、'.join(sorted(dropped))}）" if dropped else ""


def _covers(clause: Clause, other: Clause) -> bool:
    """Whether a clause has another melted into it: 「施設がないため、里親に…」 → 「施設があるため里親に…」."""
    return bool(other.words) and len(clause.words & other.words) >= _MELTED * len(other.words)


def _all(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)


def _modality_fault(clause: Clause, nearest: Sequence[Clause]) -> str:
    planned = all(_PLANNED.search(item.text) for item in nearest)
    if planned and not _STILL_OPEN.search(clause.text):
        return f"引用の文では検討や予定です（{clause.text}）"
    return ""
