"""Builds and the pointer to the current one. A build is written aside and switched to atomically."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from guideqa.errors import BusyError, IndexUnavailableError, SettingsError
from guideqa.index.closing import closer
from guideqa.index.holding import is_held

INDEX = "index"  # the root, in the data folder
_POINTER = "CURRENT"
_BUILDS = "builds"
_LOCK = "writer.lock"


def remove(path: Path) -> None:
    """Delete a folder or a file, as far as it can be."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


class IndexFolder:
    """`root/CURRENT` names a folder under `root/builds`; whatever else stands there is left over."""

    def __init__(self, root: Path) -> None:
        """Nothing is read or created yet."""
        self.root = root
        self._pointer = root / _POINTER
        self._builds = root / _BUILDS

    def current_name(self) -> str | None:
        """The name of the current build, or None where there is no index.

        Raises:
            IndexUnavailableError: this process may not read it.
        """
        try:
            return self._pointer.read_text(encoding="utf-8", errors="replace").strip() or None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise IndexUnavailableError(f"索引を読めません（{error.strerror}）: {self._pointer}") from error

    def switched_at(self) -> float | None:
        """When the current build became it, in seconds of the epoch; None where there is no index."""
        try:
            return self._pointer.stat().st_mtime
        except OSError:
            return None

    def path_of(self, name: str) -> Path:
        """The folder of a build."""
        return self._builds / name

    def current(self) -> Path:
        """The folder of the current build.

        Raises:
            IndexUnavailableError: there is none.
        """
        name = self.current_name()
        if name is None:
            raise IndexUnavailableError(
                f"索引がありません（{self.root}）。`guideqa ingest` で作ってください。"
            )
        path = self.path_of(name)
        if not path.is_dir():
            raise IndexUnavailableError(
                f"索引のフォルダーがありません（{path}）。`guideqa ingest` で作り直してください。"
            )
        return path

    @contextmanager
    def writing(
        self,
        discard: Callable[[Path], None] = remove,
        switched: Callable[[], None] = lambda: None,
    ) -> Iterator[Path]:
        """A new build's folder, to be filled; it becomes the current one when the block ends well.

        Other builds than the current one are removed first, by `discard`: what a killed ingest has left, and
        what nobody reads any more. The build that is replaced stays at least until the next write. `switched` is
        called once the new build is the current one, before anyone else may write.

        Raises:
            SettingsError: the folder cannot be written.
            BusyError: another process is writing.
        """
        with self.exclusively():
            closer.wait()  # else what this process has let go of would still count as read
            for left_over in self._left_over():
                discard(left_over)
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}"
            build = self.path_of(name)
            build.mkdir(parents=True)
            try:
                yield build
                self._point_to(name)
                switched()
            except BaseException:
                if self.current_name() != name:
                    discard(build)
                raise

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Hold the lock of the one writer: no build comes or goes meanwhile.

        Raises:
            SettingsError: the folder cannot be written.
            BusyError: another process holds it.
        """
        try:
            self._builds.mkdir(parents=True, exist_ok=True)
            file = (self.root / _LOCK).open("a+", encoding="utf-8")
        except OSError as error:
            raise SettingsError(
                f"データのフォルダーに書き込めません（{error.strerror}）: {self.root}"
            ) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                raise BusyError(
                    f"別の処理（プロセス {file.read().strip()}）が索引を書き込み中です。終わってから実行してください。"
                ) from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def _left_over(self) -> list[Path]:
        """Builds that nobody reads or should, and pointers that were never moved into place."""
        current = self.current_name()
        others = [build for build in self._builds.iterdir() if build.name != current]
        builds = [build for build in others if not is_held(build)]
        return builds + list(self.root.glob(f"{_POINTER}.*"))

    def _point_to(self, name: str) -> None:
        """os.replace is atomic: a reader sees the old name or the new one, never half of either."""
        aside = self.root / f"{_POINTER}.{os.getpid()}"
        with aside.open("w", encoding="utf-8") as file:
            file.write(name)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, self._pointer)
