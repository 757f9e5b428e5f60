"""The corpus manifest: which works there are, where their digests lie, and how an original is recognised."""

from __future__ import annotations

import hashlib
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from guideqa.errors import SettingsError
from guideqa.text.normalization import comparable
from guideqa.types import Document, DocumentKind
from ingest.description import Description, checked
from ingest.manifest_errors import in_words
from ingest.naming import as_id
from ingest.source import Source

_DIGEST = "-digest"


class Work(BaseModel):
    """A book, whatever the forms in which we have it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    title: str
    collection: str = "guidebook"
    edition: str = ""
    publisher: str = ""
    date: str = ""  # a day, a month or a year, in ISO's form or by a Japanese era
    licence: str = ""
    supersedes: str = ""  # the id of the older document that this one replaces in answers
    digest: str = ""
    marks: tuple[str, ...] = ()  # phrases that only the original has together: extracted text has no title
    files: tuple[str, ...] = ()  # names, or patterns of names, of files that are the original
    # Municipalities by band of population, the smallest band first.
    populations: dict[str, tuple[str, ...]] = {}

    @field_validator("marks", "files", mode="before")
    @classmethod
    def _array(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("populations", mode="before")
    @classmethod
    def _arrays(cls, value: Any) -> Any:
        return (
            {band: cls._array(names) for band, names in value.items()} if isinstance(value, dict) else value
        )

    @field_validator("populations")
    @classmethod
    def _bands(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for text in (*value, *(name for names in value.values() for name in names)):
            if not checked("populations", text):
                raise ValueError("populations に空の名前があります")
        counted = Counter(name for names in value.values() for name in names)
        if twice := [name for name, count in counted.items() if count > 1]:
            raise ValueError(f"populations で{twice[0]}が2回挙げられています")
        return value

    @field_validator("date", mode="before")
    @classmethod
    def _day(cls, value: Any) -> Any:
        return value.isoformat() if type(value) is date else value  # TOML has days of its own

    @field_validator(*Description.__slots__)
    @classmethod
    def _described(cls, value: str, info: ValidationInfo) -> str:
        return checked(str(info.field_name), value)

    @field_validator("id")
    @classmethod
    def _identifier(cls, value: str) -> str:
        if value != as_id(value):
            raise ValueError(f"id に使えるのは文字、数字、「_」「-」「.」です: {value!r}")
        return value

    @field_validator("title", "collection")
    @classmethod
    def _filled(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            raise ValueError(f"{info.field_name} が空です")
        return value

    @property
    def description(self) -> Description:
        """What is said of all its forms."""
        return Description(**{field.name: getattr(self, field.name) for field in fields(Description)})

    def document(self, kind: DocumentKind) -> Document:
        """One of its forms, of which nothing has been read yet."""
        document_id = self.id + _DIGEST if kind is DocumentKind.DIGEST else self.id
        return self.description.applied_to(Document(document_id, self.title, kind, self.id))


class _ManifestFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    works: list[Work] = []


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
            SettingsError: the file is missing, no TOML, or has an entry that is not known, or that is no value
                for its key.
        """
        path = corpus_dir / "manifest.toml"
        try:
            text = path.read_text(encoding="utf-8")
            works = tuple(_ManifestFile.model_validate(tomllib.loads(text)).works)
        except FileNotFoundError as error:
            raise SettingsError(
                f"文書の一覧がありません: {path}（GUIDEQA_CORPUS_DIR を確かめてください）"
            ) from error
        except ValidationError as error:
            raise SettingsError(f"文書の一覧が正しくありません: {path}: {in_words(error, Work)}") from error
        except ValueError as error:
            raise SettingsError(f"文書の一覧がTOMLとして読めません: {path}: {error}") from error
        if faults := list(_contradictions(works)):
            raise SettingsError(f"文書の一覧が正しくありません: {path}: {'／'.join(faults)}")
        return cls(corpus_dir, works, hashlib.sha256(text.encode()).hexdigest()[:8])

    @property
    def document_ids(self) -> frozenset[str]:
        """The ids that its works may have, in any of their forms."""
        return frozenset(work.document(kind).id for work in self.works for kind in DocumentKind)

    def digests(self) -> list[tuple[Document, Path]]:
        """The digest of each work that has one, with its folder."""
        return [
            (work.document(DocumentKind.DIGEST), self.folder / work.digest)
            for work in self.works
            if work.digest
        ]

    def work(self, work_id: str) -> Work | None:
        """A work by its id."""
        return next((work for work in self.works if work.id == work_id), None)

    def recognised(self, source: Source, file_name: str) -> Work | None:
        """The work that a file that a user adds is the original of."""
        return next((work for work in self.works if _is_of(source, file_name, work)), None)


def _is_of(source: Source, file_name: str, work: Work) -> bool:
    """Whether its name is one of the work's, its title begins with the work's, or its text has every mark."""
    name = unicodedata.normalize("NFC", file_name)
    if any(fnmatchcase(name, unicodedata.normalize("NFC", pattern)) for pattern in work.files):
        return True
    if comparable(source.title).startswith(comparable(work.title)):
        return True
    text = comparable("".join(page.text for page in source.pages)) if work.marks else ""
    return bool(work.marks) and all(comparable(mark) in text for mark in work.marks)


def _contradictions(works: tuple[Work, ...]) -> Iterator[str]:
    """What no single entry can be blamed for."""
    ids = Counter(work.document(kind).id for work in works for kind in DocumentKind)
    yield from (f"id が重なっています: {name}" for name, count in ids.items() if count > 1)
    yield from (
        f"{work.id} の supersedes が自分を指しています" for work in works if work.supersedes == work.id
    )
