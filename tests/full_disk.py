"""Ingests on a disk with less and less room, in a mount namespace of its own: `unshare --mount python full_disk.py DIR`.

Prints a JSON list: for each amount of free bytes what the ingest said, and what is wrong afterwards.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from conftest import HARUKAZE, TINY_CORPUS, pipeline_of

from guideqa.errors import GuideqaError
from guideqa.index.folder import IndexFolder, remove
from guideqa.page_images import FOLDER
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.originals import Originals
from ingest.pipeline import Request
from ingest.verification import verify

ENCODER = BigramEncoder()
FREE = (0, 8_000, 50_000, 150_000, 300_000, 450_000, 2_000_000)


def main() -> None:
    """Fill the disk but for so many bytes, ingest, look, and make room again."""
    disk = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], check=True)
    settings = Settings(data_dir=disk / "var", corpus_dir=TINY_CORPUS)
    pipeline_of(settings, ENCODER).ingest(Request((HARUKAZE,)))
    print(json.dumps([{"free": free} | attempt(settings, disk, free) for free in FREE]))


def attempt(settings: Settings, disk: Path, free: int) -> dict[str, object]:
    """One ingest with so much room."""
    notes = disk / f"notes-{free}.txt"
    notes.write_text(f"窓口{free}は二階にある。", encoding="utf-8")
    current = IndexFolder(settings.index_dir).current()
    for earlier in current.parent.iterdir():
        if earlier != current:
            remove(earlier)  # else the new build has its room
    before = state(settings)
    filler = disk / "filler"
    room = os.statvfs(disk)
    filler.write_bytes(b"\0" * max(0, room.f_bavail * room.f_frsize - free))
    try:
        pipeline_of(settings, ENCODER).ingest(Request((notes,)))
        said = ""
    except GuideqaError as error:
        said = str(error)
    changed = said != "" and state(settings) != before
    filler.unlink()
    originals = Originals(settings.data_dir / FOLDER)
    faults = verify(IndexFolder(settings.index_dir), ENCODER, originals)[1]
    again = pipeline_of(settings, ENCODER).ingest(Request((notes,)))
    lost = "harukaze" not in {document.id for document in again.ledger.documents}
    pipeline_of(settings, ENCODER).remove(notes.stem)
    return {"said": said, "changed": changed, "faults": faults, "lost": lost}


def state(settings: Settings) -> list[str]:
    """The current build, and what lies beside it but for earlier builds, which go when a new one begins."""
    current = IndexFolder(settings.index_dir).current()
    kept = sorted(path.name for path in (settings.data_dir / FOLDER).iterdir())
    return [current.name, *sorted(path.name for path in current.iterdir()), *kept]


if __name__ == "__main__":
    main()
