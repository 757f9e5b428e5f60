"""The corpus manifest: which works there are, where their digests lie, and how an original is recognised."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from guideqa.errors import SettingsError
from guideqa.text.normalization import comparable
from guideqa.types import Document, DocumentKind
from ingest.source import Source

_NOT_IN_AN_ID = re.compile(r"[^\w.-]+")


class Work(BaseModel):
    """A book, whatever the forms in which we have it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    edition: str = ""
    publisher: str = ""
    digest: str = ""
    marks: tuple[str, ...] = ()  # phrases that only the original has together: extracted text has no title


class _ManifestFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    works: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The works of a corpus folder."""

    folder: Path
    works: tuple[Work, ...]
    fingerprint: str = ""  # 8 hex digits over the file: equal ones name documents alike

    @classmethod
    def read(cls, corpus_dir: Path) -> Manifest:
        """Read `manifest.toml`.

        Raises:
            SettingsError: the file is missing, no TOML, or has an entry that is not known.
        """
        path = corpus_dir / "manifest.toml"
        try:
            text = path.read_text(encoding="utf-8")
            content = _ManifestFile.model_validate(tomllib.loads(text))
        except FileNotFoundError as error:
            raise SettingsError(
                f"文書の一覧がありません: {path}（GUIDEQA_CORPUS_DIR を確かめてください）"
            ) from error
        except (ValidationError, ValueError) as error:
            raise SettingsError(
                f"文書の一覧が正しくありません: {path}: {str(error).splitlines()[0]}"
            ) from error
        return cls(corpus_dir, content.works, hashlib.sha256(text.encode()).hexdigest()[:8])

    @property
    def work_ids(self) -> frozenset[str]:
        """The ids of all works."""
        return frozenset(work.id for work in self.works)

    def digests(self) -> list[tuple[Document, Path]]:
        """The digest of each work that has one, with its folder."""
        return [
            (_document_of(work, f"{work.id}-digest", DocumentKind.DIGEST), self.folder / work.digest)
            for work in self.works
            if work.digest
        ]

    def original(self, source: Source, stem: str, work_id: str = "") -> Document:
        """What a file that a user adds is: the original of a known work, or a document of its own.

        Raises:
            SettingsError: `work_id` is given and no such work is known.
        """
        if work_id:
            known = {work.id: work for work in self.works}
            if work_id not in known:
                raise SettingsError(
                    f"知らない文書名です: {work_id}（使えるもの: {', '.join(known) or 'なし'}）"
                )
            return _document_of(known[work_id], work_id, DocumentKind.ORIGINAL)
        work = next((work for work in self.works if _is_of(source, work)), None)
        if work is not None:
            return _document_of(work, work.id, DocumentKind.ORIGINAL)
        own_id = _NOT_IN_AN_ID.sub("-", stem).strip("-.") or "document"
        return Document(own_id, source.title, DocumentKind.ORIGINAL, work=own_id)


def _document_of(work: Work, document_id: str, kind: DocumentKind) -> Document:
    return Document(document_id, work.title, kind, work.id, work.edition, work.publisher)


def _is_of(source: Source, work: Work) -> bool:
    """Whether its title begins with the work's, or every mark of the work stands in its text."""
    if comparable(source.title).startswith(comparable(work.title)):
        return True
    text = comparable("".join(page.text for page in source.pages)) if work.marks else ""
    return bool(work.marks) and all(comparable(mark) in text for mark in work.marks)
