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
    """A page as extracted; `label` is the printed number, or whatever a reader of the document goes by.

    Labels of one document differ from each other and hold no slash: they stand in addresses.
    """

    label: str
    text: str
    label_known: bool = True  # False: it only tells the pages apart, and is never shown
    note: str = ""  # what the reader has to say of this page, for the report


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
