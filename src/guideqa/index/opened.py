"""One build, opened: what it holds, both legs, and the proof that they work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from guideqa.encoder.protocol import ModelIdentity, Vectors
from guideqa.entities import Entities
from guideqa.errors import IndexUnavailableError
from guideqa.index.lexical import LexicalIndex
from guideqa.index.store import CorpusStore
from guideqa.index.vectors import VectorIndex, VectorLocation
from guideqa.text.tokenization import tokenize
from guideqa.types import Passage

FORMAT = 1
_MANIFEST, _CORPUS, _LEXICAL, _VECTORS = "manifest.json", "corpus.jsonl", "lexical.npz", "chroma"
_REMEDY = "`guideqa ingest` で作り直してください。"


def context_of(passage: Passage) -> str:
    """What a passage's place says of it: a case says 「本町」 where a question says 「玉東町」."""
    facets = passage.facets
    parts = (facets.prefecture, facets.municipality, facets.programme, *passage.headings[-3:])
    return " ".join(dict.fromkeys(part for part in parts if part))


def embedding_text(passage: Passage) -> str:
    """The text that the dense leg embeds."""
    return f"{context_of(passage)}\n{passage.text}"


def lexical_fields(passage: Passage) -> dict[str, list[str]]:
    """The fields that the lexical leg indexes."""
    return {"headings": tokenize(context_of(passage)), "body": tokenize(passage.text)}


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """Everything that answering needs of one build. Passages are numbered alike in both legs."""

    name: str
    store: CorpusStore
    passages: tuple[Passage, ...]
    positions: dict[str, int]
    lexical: LexicalIndex
    vectors: VectorIndex
    model: ModelIdentity
    entities: Entities


def write_build(
    folder: Path, store: CorpusStore, vectors: Vectors, model: ModelIdentity, chroma_url: str = ""
) -> None:
    """Fill a build's folder. `vectors` has shape (len(store.passages), dimension).

    The manifest is written last: without it a folder is no build.
    """
    passages = store.passages
    store.save(folder / _CORPUS)
    LexicalIndex.build([lexical_fields(passage) for passage in passages]).save(folder / _LEXICAL)
    location = VectorLocation(f"guideqa-{folder.name}", folder / _VECTORS, chroma_url)
    VectorIndex(location, create=True).add(passages, vectors)
    manifest = {
        "format": FORMAT,
        "model": asdict(model),
        "passages": len(passages),
        "chroma": {"collection": location.collection, "url": chroma_url},
        "sha256": {name: _sha256(folder / name) for name in (_CORPUS, _LEXICAL)},
    }
    (folder / _MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")


def load_store(folder: Path) -> CorpusStore:
    """The documents of a build, whatever model it was built with.

    Raises:
        IndexUnavailableError: incomplete, damaged or of another format.
    """
    _check_files(folder, _manifest(folder), (_CORPUS,))
    return CorpusStore.load(folder / _CORPUS)


def model_of(folder: Path) -> ModelIdentity:
    """The model that a build was made with.

    Raises:
        IndexUnavailableError: incomplete, damaged or of another format.
    """
    return ModelIdentity(**_manifest(folder)["model"])


def open_build(folder: Path, model: ModelIdentity | None) -> OpenIndex:
    """Open a build for questions that are encoded with `model` (None: whatever it was built with).

    Raises:
        IndexUnavailableError: incomplete, damaged, of another format, or built with another model.
    """
    manifest = _manifest(folder)
    built_with = ModelIdentity(**manifest["model"])
    if model is not None and built_with != model:
        raise IndexUnavailableError(
            f"索引は別のモデルで作られています（索引: {built_with.name} {built_with.dimension}次元、"
            f"設定: {model.name} {model.dimension}次元）。GUIDEQA_MODEL を戻すか、{_REMEDY}"
        )
    _check_files(folder, manifest, (_CORPUS, _LEXICAL))
    chroma = manifest["chroma"]
    if not chroma["url"] and not (folder / _VECTORS / "chroma.sqlite3").is_file():
        raise IndexUnavailableError(f"索引が壊れています（{folder / _VECTORS}）。{_REMEDY}")
    store = CorpusStore.load(folder / _CORPUS)
    passages = tuple(store.passages)
    opened = OpenIndex(
        name=folder.name,
        store=store,
        passages=passages,
        positions={passage.id: number for number, passage in enumerate(passages)},
        lexical=LexicalIndex.load(folder / _LEXICAL),
        vectors=_open_vectors(VectorLocation(chroma["collection"], folder / _VECTORS, chroma["url"])),
        model=built_with,
        entities=Entities.of(passages),
    )
    prove_legs(opened)
    return opened


def prove_legs(index: OpenIndex) -> None:
    """Show that both legs answer: each sample passage must be found by its own words, and every vector be there.

    Raises:
        IndexUnavailableError: a leg is dead. It would contribute nothing, and nobody would notice.
    """
    count = len(index.passages)
    if index.vectors.count() != count or index.lexical.document_count != count:
        raise IndexUnavailableError(f"索引の件数が合いません（本文{count}件）。{_REMEDY}")
    for passage in _samples(index.passages):
        terms = tokenize(passage.text)
        if terms and not index.lexical.scores(terms)[index.positions[passage.id]] > 0:
            raise IndexUnavailableError(f"語句検索が働いていません（{passage.id}）。{_REMEDY}")


def _samples(passages: Sequence[Passage], count: int = 5) -> list[Passage]:
    step = max(1, len(passages) // count)
    return list(passages[::step][:count])


def _open_vectors(location: VectorLocation) -> VectorIndex:
    try:
        return VectorIndex(location)
    except IndexUnavailableError:
        raise
    except Exception as error:  # Chroma's Rust core raises its own types for a damaged database
        raise IndexUnavailableError(f"索引のベクトルを開けません（{location.folder}）。{_REMEDY}") from error


def _check_files(folder: Path, manifest: dict[str, Any], names: Sequence[str]) -> None:
    for name in names:
        if not (folder / name).is_file() or _sha256(folder / name) != manifest["sha256"].get(name):
            raise IndexUnavailableError(f"索引が壊れています（{folder / name}）。{_REMEDY}")


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise IndexUnavailableError(f"索引が作りかけです（{folder}）。{_REMEDY}") from error
    except ValueError as error:
        raise IndexUnavailableError(f"索引が壊れています（{folder / _MANIFEST}）。{_REMEDY}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise IndexUnavailableError(f"この版では読めない形式の索引です（{folder}）。{_REMEDY}")
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
