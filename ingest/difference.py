"""Two editions of a document, page by page: which pages are the same, changed, added or removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from guideqa.index.store import StoredDocument
from guideqa.text.normalization import comparable

# Shares of character pairs: a page of which less is left is another page.
_STILL_THE_PAGE = 0.35
# Beyond this many page pairs, pages are paired in order rather than by what they have in common.
_MOST_PAIRS = 40_000


class Change(StrEnum):
    """What a new edition did to a page."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"

    @property
    def label(self) -> str:
        """The word that a report shows."""
        return {"same": "同じ", "changed": "変更", "added": "追加", "removed": "削除"}[self.value]


@dataclass(frozen=True, slots=True)
class PageChange:
    """One page in the old and the new edition, by its labels; "" where it is in one of them only."""

    change: Change
    before: str
    after: str

    def __str__(self) -> str:
        return " → ".join(dict.fromkeys(filter(None, (self.before, self.after))))


def difference(before: StoredDocument, after: StoredDocument) -> list[PageChange]:
    """Every page of both editions, in reading order. A page that has only moved is the same."""
    old, new = _texts(before), _texts(after)
    labels = [page.page.ref.label for page in before.pages], [page.page.ref.label for page in after.pages]
    found: list[PageChange] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, begin, end, new_begin, new_end in matcher.get_opcodes():
        if kind == "equal":
            pairs = [(n, new_begin + n - begin) for n in range(begin, end)]
            found += [PageChange(Change.SAME, labels[0][a], labels[1][b]) for a, b in pairs]
            continue
        for a, b in _paired(old[begin:end], new[new_begin:new_end]):
            change = Change.CHANGED if a is not None and b is not None else None
            change = change or (Change.ADDED if a is None else Change.REMOVED)
            found.append(
                PageChange(
                    change,
                    "" if a is None else labels[0][begin + a],
                    "" if b is None else labels[1][new_begin + b],
                )
            )
    return found


def _texts(stored: StoredDocument) -> list[str]:
    return [comparable(page.page.text) for page in stored.pages]


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """Pages that are still recognisably the same, paired in order; the others alone."""
    matched = _best_alignment(old, new)
    a = b = 0
    for next_a, next_b in [*matched, (len(old), len(new))]:
        yield from ((n, None) for n in range(a, next_a))
        yield from ((None, n) for n in range(b, next_b))
        if next_a < len(old):
            yield next_a, next_b
        a, b = next_a + 1, next_b + 1


def _best_alignment(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs, both in order, that have most in common in sum."""
    if len(old) * len(new) > _MOST_PAIRS:
        return [(n, n) for n in range(min(len(old), len(new)))]
    old_pairs, new_pairs = [_pairs(text) for text in old], [_pairs(text) for text in new]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    taken: set[tuple[int, int]] = set()
    for a in reversed(range(len(old))):
        for b in reversed(range(len(new))):
            common = _common(old_pairs[a], new_pairs[b])
            together = best[a + 1][b + 1] + common if common >= _STILL_THE_PAGE else -1.0
            best[a][b] = max(together, best[a + 1][b], best[a][b + 1])
            if together == best[a][b]:
                taken.add((a, b))
    return list(_walk(best, taken, len(old), len(new)))


def _walk(
    best: Sequence[Sequence[float]], taken: set[tuple[int, int]], old_count: int, new_count: int
) -> Iterator[tuple[int, int]]:
    a = b = 0
    while a < old_count and b < new_count:
        if (a, b) in taken:
            yield a, b
            a, b = a + 1, b + 1
        elif best[a + 1][b] >= best[a][b + 1]:
            a += 1
        else:
            b += 1


def _pairs(text: str) -> Counter[str]:
    return Counter(text[n : n + 2] for n in range(len(text) - 1))


def _common(one: Counter[str], other: Counter[str]) -> float:
    """Twice the shared pairs over all pairs (Dice), 0..1."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0
