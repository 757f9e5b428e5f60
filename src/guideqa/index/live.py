"""The index that a running server reads: reopened when an ingest has switched the pointer."""

from __future__ import annotations

import logging
from threading import Lock

from guideqa.encoder.protocol import ModelIdentity
from guideqa.errors import IndexUnavailableError
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import OpenIndex, open_build

_log = logging.getLogger(__name__)


class LiveIndex:
    """Always the current build. A build that cannot be opened leaves the one before it answering."""

    def __init__(self, folder: IndexFolder, model: ModelIdentity) -> None:
        """Nothing is opened yet."""
        self._folder = folder
        self._model = model
        self._open: OpenIndex | None = None
        self._refused = ""
        self._lock = Lock()

    def get(self) -> OpenIndex:
        """The current build, opened. Costs one small file read when nothing has changed.

        Raises:
            IndexUnavailableError: there is no index that could answer.
        """
        name = self._folder.current_name()
        opened = self._open
        if opened is not None and name in (opened.name, self._refused):
            return opened
        with self._lock:
            if self._open is not None and name in (self._open.name, self._refused, None):
                return self._open
            try:
                self._open = open_build(self._folder.current(), self._model)
            except IndexUnavailableError:
                if self._open is None:
                    raise
                self._refused = name or ""
                _log.exception("The new index cannot be opened; the one before it goes on answering.")
            return self._open
