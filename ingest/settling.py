"""After a switch: the kept files and the copy of the ledger follow the index, now or at the next occasion."""

from __future__ import annotations

import logging
from contextlib import suppress

from guideqa.errors import GuideqaError
from guideqa.index.folder import IndexFolder
from ingest.ledger import FILE, Ledger
from ingest.originals import Originals

_log = logging.getLogger(__name__)


def settle(folder: IndexFolder, originals: Originals) -> None:
    """Bring kept files and ledger in line with the current build; what fails, the next write makes good.

    To be called by the one writer only. A kill right after a switch has left nothing else undone.
    """
    name = folder.current_name()
    entered = None if name is None else Ledger.read(folder.path_of(name) / FILE)
    if entered is None or name is None:
        return
    try:
        originals.settle(name, {document.id for document in entered.documents})
        entered.write(folder.root.parent / FILE)
    except OSError as error:
        _log.warning("元のファイルか台帳を置けませんでした。次の取り込みで置き直します（%s）。", error)


def settle_if_free(folder: IndexFolder, originals: Originals) -> None:
    """Settle, unless somebody is writing, who will do so, or the folder cannot be written."""
    if folder.current_name() is None:
        return
    with suppress(GuideqaError), folder.exclusively():
        settle(folder, originals)
