"""Tables as lines of a passage: a row a line, the names of the columns above the rows."""

from __future__ import annotations

from collections.abc import Sequence

CELL_SEPARATOR = (
    "｜"  # a bar, which `comparable` leaves out: a row can be quoted from its page as it stands here
)


def table_heads(lines: Sequence[str]) -> frozenset[int]:
    """The numbers of the lines that name the columns of the rows below them."""
    is_row = [CELL_SEPARATOR in line and not line.endswith("。") for line in lines]
    before = [False, *is_row]
    after = [*is_row[1:], False]
    return frozenset(n for n, row in enumerate(is_row) if row and after[n] and not before[n])
