"""The documents that users have added, as the index before and its ledger have them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from guideqa.errors import IndexUnavailableError, NotFoundError
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import load_store
from guideqa.index.store import StoredDocument
from guideqa.types import DocumentKind
from ingest.ledger import FILE, Known, Ledger

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Shelf:
    """The documents that have been added, by id, with their files and descriptions."""

    documents: dict[str, StoredDocument] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    lost: tuple[str, ...] | None = None  # the documents of an index that cannot be read, as far as known

    @classmethod
    def of(cls, folder: IndexFolder) -> Shelf:
        """Those of the current index."""
        name = folder.current_name()
        if name is None:
            return cls()
        ledger = Ledger.read(folder.path_of(name) / FILE) or Ledger.read(folder.root.parent / FILE)
        try:
            documents = load_store(folder.current()).documents
        except IndexUnavailableError as error:
            _log.warning("前の索引を読めません: %s", error)
            entries = ledger.documents if ledger else ()
            lost = tuple(item.id for item in entries if item.kind == DocumentKind.ORIGINAL)
            return cls(known=Known(given=ledger.known().given) if ledger else Known(), lost=lost)
        added = {key: item for key, item in documents.items() if item.document.kind is DocumentKind.ORIGINAL}
        return cls(added, ledger.known() if ledger and ledger.build == name else Known())

    def remove(self, document_id: str) -> None:
        """Take a document out.

        Raises:
            NotFoundError: no such document has been added.
        """
        self.require(document_id)
        del self.documents[document_id]
        self.known.files.pop(document_id, None)
        self.known.given.pop(document_id, None)

    def require(self, document_id: str) -> StoredDocument:
        """A document that has been added.

        Raises:
            NotFoundError: there is no such one.
        """
        stored = self.documents.get(document_id)
        if stored is None:
            known = ", ".join(self.documents) or "追加した文書なし"
            raise NotFoundError(f"追加した文書の中にありません: {document_id}（{known}）")
        return stored

    def file_names(self) -> dict[str, str]:
        """The name of the file of each document; "" where it is not known."""
        files = self.known.files
        return {key: files[key].name if key in files else "" for key in self.documents}
