"""The manifest of a build: its format, its model, and the hashes of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from guideqa.encoder.protocol import ModelIdentity, Vectors
from guideqa.errors import IndexUnavailableError
from guideqa.index.background import Background

FORMAT = 6
# Formats whose documents and pages can still be read, to be indexed anew.
READABLE_FORMATS = (1, 2, 3, 4, 5, FORMAT)
_PROOF_VECTORS = 5
REMEDY = "`guideqa ingest` で作り直してください。"
MANIFEST, CORPUS, LEXICAL, PAGES_LEXICAL, NOTES_LEXICAL, VECTORS = (
    "manifest.json",
    "corpus.jsonl",
    "lexical.npz",
    "pages-lexical.npz",
    "notes-lexical.npz",
    "chroma",
)
# The files whose hashes are kept.
HASHED = (CORPUS, LEXICAL, PAGES_LEXICAL, NOTES_LEXICAL)


@dataclass(frozen=True, slots=True)
class BuildManifest:
    """What a build says of itself."""

    format: int
    model: ModelIdentity
    collection: str  # of the passages; that of the expansions has EXPANSIONS_SUFFIX
    chroma_url: str  # "" where Chroma is embedded
    sha256: dict[str, str]
    background: Background
    proof: tuple[tuple[float, ...], ...] = ()  # vectors of sample passages, kept apart from the collection

    @classmethod
    def of(
        cls, folder: Path, model: ModelIdentity, collection: str, chroma_url: str, vectors: Vectors
    ) -> BuildManifest:
        """Hash the files of a finished build, measure its passages' vectors and keep some of them."""
        hashes = {name: _sha256(folder / name) for name in HASHED}
        samples = vectors[:: max(1, len(vectors) // _PROOF_VECTORS)][:_PROOF_VECTORS]
        proof = tuple(tuple(float(number) for number in vector) for vector in samples)
        return cls(FORMAT, model, collection, chroma_url, hashes, Background.of(vectors), proof)

    @classmethod
    def read(cls, folder: Path, formats: Sequence[int] = (FORMAT,)) -> BuildManifest:
        """Read the manifest of a build.

        Raises:
            IndexUnavailableError: there is none, it is damaged, or of another format.
        """
        content = _content(folder)
        if content.get("format") not in formats:
            raise IndexUnavailableError(f"この版では読めない形式の索引です（{folder}）。{REMEDY}")
        try:
            model, chroma = ModelIdentity(**content["model"]), content["chroma"]
            hashes = dict(content["sha256"])
            proof = tuple(map(tuple, content.get("proof", ())))
            background = Background(**content.get("background", {"mean": 0.0, "deviation": 1.0}))
            return cls(
                content["format"], model, chroma["collection"], chroma["url"], hashes, background, proof
            )
        except (KeyError, TypeError, ValueError) as error:
            raise IndexUnavailableError(f"索引が壊れています（{folder / MANIFEST}）。{REMEDY}") from error

    def write(self, folder: Path) -> None:
        """Write the manifest: from now on the folder is a build."""
        content = {
            "format": self.format,
            "model": asdict(self.model),
            "chroma": {"collection": self.collection, "url": self.chroma_url},
            "sha256": self.sha256,
            "background": asdict(self.background),
            "proof": self.proof,
        }
        (folder / MANIFEST).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    def check(self, folder: Path, names: Iterable[str]) -> None:
        """Compare files with their hashes.

        Raises:
            IndexUnavailableError: one is missing or has changed.
        """
        for name in names:
            if not (folder / name).is_file() or _sha256(folder / name) != self.sha256.get(name):
                raise IndexUnavailableError(f"索引が壊れています（{folder / name}）。{REMEDY}")


def _content(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise IndexUnavailableError(f"索引が作りかけです（{folder}）。{REMEDY}") from error
    except ValueError as error:
        raise IndexUnavailableError(f"索引が壊れています（{folder / MANIFEST}）。{REMEDY}") from error
    if not isinstance(content, dict):
        raise IndexUnavailableError(f"索引が壊れています（{folder / MANIFEST}）。{REMEDY}")
    return content


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
