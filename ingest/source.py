"""What a reader hands on: a document's pages as extracted, before anything is made of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class SourceFormat(StrEnum):
    """How a document's structure is found."""

    EXTRACTED = "extracted"  # lines as they stand on a printed page
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class SourcePage:
    """A page as extracted; `label` is the printed number, or the position where none is known."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A document that has been read and not yet been understood."""

    title: str
    pages: tuple[SourcePage, ...]
    format: SourceFormat

    @property
    def content_hash(self) -> str:
        """SHA-256 over labels and texts: equal for equal pages, whatever file they came from."""
        digest = hashlib.sha256()
        for page in self.pages:
            digest.update(f"{page.label}\0{page.text}\f".encode(errors="surrogatepass"))
        return digest.hexdigest()
