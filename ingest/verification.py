"""`guideqa index verify`: do counts, vectors, words, pages, ledger and kept files agree?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from guideqa import wiring
from guideqa.encoder.protocol import Encoder
from guideqa.errors import GuideqaError
from guideqa.index.fields import lexical_fields, note_fields, page_fields, texts_to_embed
from guideqa.index.folder import IndexFolder
from guideqa.index.lexical import LexicalIndex
from guideqa.index.opened import OpenIndex, open_build
from guideqa.index.vectors import VectorIndex
from guideqa.page_images import FOLDER
from guideqa.settings import Settings
from guideqa.types import PageStatus
from ingest.ledger import FILE, Ledger
from ingest.originals import KeptFile, Originals
from ingest.settling import settle_if_free

_SAMPLES = 24
_SAME_COSINE = 0.999  # of a text embedded today and its stored vector


def verify(folder: IndexFolder, encoder: Encoder, originals: Originals) -> tuple[OpenIndex | None, list[str]]:
    """The current index, where it can be opened, and in words everything that is off."""
    try:
        build = folder.current()
        index = open_build(build, encoder.identity)
    except GuideqaError as error:
        return None, [str(error)]
    return index, [
        *_ledger_faults(build, folder.root.parent, index),
        *_page_faults(index),
        *_vector_faults(index, encoder),
        *_lexical_faults(index),
        *_file_faults(build, originals),
    ]


def verify_current(settings: Settings) -> tuple[OpenIndex | None, list[str]]:
    """The same for the data folder of these settings; what a kill right after a switch has left is no fault."""
    folder, originals = IndexFolder(settings.index_dir), Originals(settings.data_dir / FOLDER)
    settle_if_free(folder, originals)
    return verify(folder, wiring.open_encoder(settings), originals)


def _ledger_faults(build: Path, data: Path, index: OpenIndex) -> Iterator[str]:
    ledger = Ledger.read(build / FILE)
    if ledger is None:
        yield f"台帳を読めません: {build / FILE}"
        return
    try:
        expected = Ledger.of(build.name, index.store, ledger.known(), ledger.not_added)
    except GuideqaError as error:
        yield f"台帳: {error}"
        return
    if ledger != replace(expected, program=ledger.program):
        of = {item.id: item for item in ledger.documents}
        wrong = [item.id for item in expected.documents if of.pop(item.id, None) != item]
        yield f"台帳が索引と合いません: {', '.join([*wrong, *of]) or ledger.build}"
    if Ledger.read(data / FILE) != ledger:
        yield f"台帳の写しが索引のものと違います: {data / FILE}"


def _page_faults(index: OpenIndex) -> Iterator[str]:
    for stored in index.store.documents.values():
        known = {page.page.ref for page in stored.pages}
        touched = {ref for passage in stored.passages for ref in passage.pages}
        if strangers := touched - known:
            yield f"{stored.document.id}: ないページを指すまとまりがあります: {'、'.join(sorted(map(str, strangers)))}"
        for page in stored.pages:
            if (page.status is PageStatus.INDEXED) != (page.page.ref in touched):
                yield f"{stored.document.id} {page.page.ref}: 「{page.status}」ですが、まとまりの有無と合いません"


def _vector_faults(index: OpenIndex, encoder: Encoder) -> Iterator[str]:
    texts = texts_to_embed(index.store)
    count = len(index.passages)
    ids = [passage.id for passage in index.passages]
    yield from _differing(index.vectors, encoder, ids, texts[:count])
    numbers = [str(number) for number in range(len(texts) - count)]
    yield from _differing(index.expansion_vectors, encoder, numbers, texts[count:])


def _differing(
    vectors: VectorIndex, encoder: Encoder, ids: Sequence[str], texts: Sequence[str]
) -> Iterator[str]:
    """Of evenly spaced samples, those whose stored vector is not that of their text."""
    step = max(1, len(ids) // _SAMPLES)
    ids, texts = ids[::step], texts[::step]
    stored = vectors.vectors_of(ids)
    for record, fresh in zip(ids, encoder.encode_passages(texts), strict=True):
        if record not in stored:
            yield f"ベクトルがありません: {record}"
        elif not float(np.dot(stored[record], fresh)) >= _SAME_COSINE:
            yield f"ベクトルが本文と合いません: {record}"


def _lexical_faults(index: OpenIndex) -> Iterator[str]:
    fields = [lexical_fields(passage) for passage in index.passages]
    pages = page_fields(index.pages, index.store, fields)
    for name, held, documents in (
        ("本文", index.lexical, fields),
        ("ページ", index.page_lexical, pages),
        ("補助文", index.note_lexical, note_fields(index.store)),
    ):
        expected = LexicalIndex.build(documents)
        terms = list(expected.vocabulary)
        same_terms = terms == list(held.vocabulary)
        if not same_terms or not np.allclose(held.scores(terms), expected.scores(terms), rtol=1e-4):
            yield f"語句の索引が本文と合いません（{name}）"


def _file_faults(build: Path, originals: Originals) -> Iterator[str]:
    ledger = Ledger.read(build / FILE)
    for document_id, file in (ledger.files() if ledger else {}).items():
        path = originals.file_of(document_id)
        if path is None:
            yield f"{document_id}: 元のファイルがありません: {file.name}"
        elif KeptFile.of(path, file.reader) != file:
            yield f"{document_id}: 元のファイルが変わっています: {path.name}"
