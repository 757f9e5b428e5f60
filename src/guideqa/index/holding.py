"""Builds that are being read are held: whoever tidies up leaves them alone until the last reader lets go.

Chroma opens its files again and again while it answers, so a folder that goes away under it breaks answers.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from weakref import finalize

from guideqa.index.build_manifest import MANIFEST


class Hold:
    """A shared lock on a build, for as long as this object lives; it goes with the process, however that ends."""

    def __init__(self, build: Path) -> None:
        """Take hold. A folder without a manifest is no build, and where there are no locks there is no hold."""
        try:
            descriptor = os.open(build / MANIFEST, os.O_RDONLY)
        except OSError:
            return
        finalize(self, os.close, descriptor)
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH)


def is_held(build: Path) -> bool:
    """Whether somebody reads a build."""
    return is_locked(build / MANIFEST)


def is_locked(path: Path) -> bool:
    """Whether a process that lives holds a lock on a file."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # a file system without locks
    finally:
        os.close(descriptor)
    return False
