"""One build, opened: what it holds, its legs, and the proof that they work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guideqa.encoder.protocol import ModelIdentity
from guideqa.entities import Entities
from guideqa.errors import IndexUnavailableError
from guideqa.index.background import Background
from guideqa.index.build_manifest import (
    CORPUS,
    HASHED,
    LEXICAL,
    NOTES_LEXICAL,
    PAGES_LEXICAL,
    READABLE_FORMATS,
    REMEDY,
    VECTORS,
    BuildManifest,
)
from guideqa.index.building import EXPANSIONS_SUFFIX
from guideqa.index.fields import pages_with_passages
from guideqa.index.holding import Hold
from guideqa.index.lexical import LexicalIndex
from guideqa.index.store import CorpusStore
from guideqa.index.vectors import VectorIndex, VectorLocation
from guideqa.text.tokenization import tokenize
from guideqa.types import PageRef, Passage

_SAME_COSINE = 0.999  # of a vector and itself, as Chroma computes it


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """Everything that answering needs of one build. Passages and pages are numbered alike in all legs."""

    name: str
    store: CorpusStore
    passages: tuple[Passage, ...]
    positions: Mapping[str, int]  # passage id → its number
    pages: tuple[PageRef, ...]
    page_numbers: Mapping[PageRef, int]
    passages_of_page: Mapping[PageRef, tuple[int, ...]]
    lexical: LexicalIndex  # over passages
    page_lexical: LexicalIndex  # over pages, with their expansions
    note_lexical: LexicalIndex  # over the expansions, each by itself
    vectors: VectorIndex  # of passages
    expansion_vectors: VectorIndex
    expansion_pages: tuple[PageRef, ...]  # the page of each expansion
    # The number of that page, shape (expansions,); one too high where the page has no passage.
    expansion_page_numbers: NDArray[np.intp]
    expanded_documents: frozenset[str]  # those that have expansions
    model: ModelIdentity
    entities: Entities
    background: Background
    hold: Hold  # the build's folder stays while this is alive


def load_store(folder: Path) -> CorpusStore:
    """The documents of a build, whatever model it was built with.

    Raises:
        IndexUnavailableError: incomplete, damaged or of a format that cannot be read.
    """
    BuildManifest.read(folder, READABLE_FORMATS).check(folder, [CORPUS])
    return CorpusStore.load(folder / CORPUS)


def model_of(folder: Path) -> ModelIdentity:
    """The model that a build was made with.

    Raises:
        IndexUnavailableError: incomplete, damaged or of another format.
    """
    return BuildManifest.read(folder).model


def open_build(folder: Path, model: ModelIdentity | None) -> OpenIndex:
    """Open a build for questions that are encoded with `model` (None: whatever it was built with).

    Raises:
        IndexUnavailableError: incomplete, damaged, of another format, or built with another model.
    """
    hold = Hold(folder)
    manifest = BuildManifest.read(folder)
    if model is not None and manifest.model != model:
        raise IndexUnavailableError(
            f"索引は別のモデルで作られています（索引: {manifest.model.name} {manifest.model.dimension}次元、"
            f"設定: {model.name} {model.dimension}次元）。GUIDEQA_MODEL を戻すか、{REMEDY}"
        )
    manifest.check(folder, HASHED)
    if not manifest.chroma_url and not (folder / VECTORS / "chroma.sqlite3").is_file():
        raise IndexUnavailableError(f"索引が壊れています（{folder / VECTORS}）。{REMEDY}")
    store = CorpusStore.load(folder / CORPUS)
    passages = tuple(store.passages)
    pages = tuple(pages_with_passages(store))
    page_numbers = {page: number for number, page in enumerate(pages)}
    expansion_pages = tuple(expansion.page for expansion in store.expansions)
    expansions = manifest.collection + EXPANSIONS_SUFFIX
    opened = OpenIndex(
        name=folder.name,
        store=store,
        passages=passages,
        positions={passage.id: number for number, passage in enumerate(passages)},
        pages=pages,
        page_numbers=page_numbers,
        passages_of_page=_passages_of_page(passages),
        lexical=LexicalIndex.load(folder / LEXICAL),
        page_lexical=LexicalIndex.load(folder / PAGES_LEXICAL),
        note_lexical=LexicalIndex.load(folder / NOTES_LEXICAL),
        vectors=VectorIndex(
            VectorLocation(manifest.collection, folder / VECTORS, manifest.chroma_url), hold=hold
        ),
        expansion_vectors=VectorIndex(
            VectorLocation(expansions, folder / VECTORS, manifest.chroma_url), hold=hold
        ),
        expansion_pages=expansion_pages,
        expansion_page_numbers=np.array(
            [page_numbers.get(page, len(pages)) for page in expansion_pages], np.intp
        ),
        expanded_documents=frozenset(page.document_id for page in expansion_pages),
        model=manifest.model,
        entities=Entities.of(passages, (stored.document.populations for stored in store.documents.values())),
        background=manifest.background,
        hold=hold,
    )
    prove_legs(opened, manifest.proof)
    return opened


def prove_legs(index: OpenIndex, proof: Sequence[Sequence[float]]) -> None:
    """Show that the legs answer: samples must be found by their own words and by their own vectors.

    Args:
        index: the index, opened.
        proof: vectors of some of its passages, kept apart from the collection that is to be proven.

    Raises:
        IndexUnavailableError: a leg is dead. It would contribute nothing, and nobody would notice.
    """
    held = {
        "本文": (len(index.passages), index.vectors.count(), index.lexical.document_count),
        "ページ": (len(index.pages), index.page_lexical.document_count),
        "補助文": (
            len(index.expansion_pages),
            index.expansion_vectors.count(),
            index.note_lexical.document_count,
        ),
    }
    for name, counts in held.items():
        if len(set(counts)) > 1:
            raise IndexUnavailableError(f"索引の件数が合いません（{name} {counts}）。{REMEDY}")
    for passage in _samples(index.passages):
        terms = tokenize(passage.text)
        if terms and not index.lexical.scores(terms)[index.positions[passage.id]] > 0:
            raise IndexUnavailableError(f"語句検索が働いていません（{passage.id}）。{REMEDY}")
    for vector in proof:
        nearest = index.vectors.nearest(np.array(vector, np.float32), 1)
        if not nearest or nearest[0][1] < _SAME_COSINE:
            raise IndexUnavailableError(f"ベクトル検索が働いていません（{index.name}）。{REMEDY}")


def _samples(passages: Sequence[Passage], count: int = 5) -> list[Passage]:
    step = max(1, len(passages) // count)
    return list(passages[::step][:count])


def _passages_of_page(passages: Sequence[Passage]) -> dict[PageRef, tuple[int, ...]]:
    found: dict[PageRef, list[int]] = {}
    for number, passage in enumerate(passages):
        for page in passage.pages:
            found.setdefault(page, []).append(number)
    return {page: tuple(numbers) for page, numbers in found.items()}
