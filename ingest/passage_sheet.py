"""Forty passages of the digest, to be looked at: `python -m ingest.passage_sheet > docs/passages.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from hashlib import sha256

from guideqa.settings import load_settings
from guideqa.types import Passage
from ingest.expansion import documents_of
from ingest.manifest import Manifest

COUNT = 40
SEED = 2026
_HEAD = f"""# {COUNT} passages of the digest

What a question is answered from, as it is cut: heading path, facets, pages, text. The choice is random with a fixed seed
({SEED}), by the hash of each passage's id, so that a change to one note changes little here. Written by
`.venv/bin/python -m ingest.passage_sheet > docs/passages.md`; a test compares. All of it is in our own words.

Looking at it has changed how passages are cut: the rows of a table stand below the names of its columns, their cells kept
apart, and a page's title is not repeated as its first heading. Lines of keywords remain the shortest passages: they are
found by their headings, and what they say is all that there is to say."""


def sheet(manifest: Manifest) -> str:
    """The sheet, as Markdown."""
    passages = sample(documents_of(manifest, ()).store.passages)
    entries = ("\n".join(_entry(number, passage)) for number, passage in enumerate(passages, start=1))
    return "\n\n".join([_HEAD, *entries]) + "\n"


def sample(passages: Iterable[Passage], count: int = COUNT) -> list[Passage]:
    """Some passages, in reading order: the same ones as long as they are there."""
    numbered = list(enumerate(passages))
    chosen = sorted(numbered, key=lambda item: sha256(f"{SEED}:{item[1].id}".encode()).digest())[:count]
    return [passage for _, passage in sorted(chosen, key=lambda item: item[0])]


def _entry(number: int, passage: Passage) -> Iterator[str]:
    facets = (f"{name} {value}" for name, value in asdict(passage.facets).items() if value)
    yield f"## {number}. {'・'.join(map(str, passage.pages))} (`{passage.id}`)\n"
    yield f"- headings: {' › '.join(passage.headings)}"
    yield f"- facets: {', '.join(facets) or 'none'}\n"
    yield from (f"> {line}  " for line in passage.text.split("\n"))


if __name__ == "__main__":
    print(sheet(Manifest.read(load_settings().corpus_dir)), end="")
