"""The ids of documents that users add: from the file's name, the same for the same file, never another's."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

_NOT_IN_AN_ID = re.compile(r"[^\w.-]+")


def as_id(text: str) -> str:
    """A text as an id, which stands in addresses and names a folder."""
    return _NOT_IN_AN_ID.sub("-", text).strip("-.") or "document"


def own_id(path: Path, held: Mapping[str, str], reserved: Collection[str]) -> str:
    """The id of a file: its name, with its kind where that name is a file's of another kind.

    `held` has the name of the file of each document that is there, "" where it is not known; `reserved` are
    ids that no file gets by its name.
    """
    stem, kind = as_id(path.stem), path.suffix.lower()
    named = f"{stem}-{kind.removeprefix('.')}"
    numbered = (f"{named}-{number}" for number in range(2, len(held) + 3))
    candidates = [item for item in (stem, named, *numbered) if item not in reserved]
    its_own = [item for item in candidates if held.get(item) and Path(held[item]).suffix.lower() == kind]
    return next(iter(its_own or [item for item in candidates if not held.get(item)]))
