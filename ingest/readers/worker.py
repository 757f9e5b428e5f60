"""The process that reads one file: `python -m ingest.readers.worker FILE LIMITS` → JSON on stdout."""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

from guideqa.errors import GuideqaError
from ingest.readers import read_document
from ingest.readers.isolation import Limits


def main() -> None:
    """Read the file within the limits, and answer with the source or with what is wrong."""
    path, limits = Path(sys.argv[1]), Limits(**json.loads(sys.argv[2]))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    _limit(limits)
    json.dump(_read(path, limits), answers)  # ASCII, so that lone surrogates pass
    answers.close()


def _read(path: Path, limits: Limits) -> dict[str, object]:
    try:
        source = read_document(path)
    except GuideqaError as error:
        return {"error": str(error)}
    except RecursionError:
        return {"error": f"入れ子が深すぎて読めません: {path.name}"}
    characters = sum(len(page.text) for page in source.pages)
    if characters > limits.characters:
        return {"error": f"文字数が多すぎます（{characters}字、上限{limits.characters}字）: {path.name}"}
    pages = [(page.label, page.text, page.label_known, page.note) for page in source.pages]
    return {"title": source.title, "format": source.format.value, "pages": pages}


def _limit(limits: Limits) -> None:
    """No more memory, processor time, or bytes in one file than allowed; no core file if it crashes."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.processor_seconds, limits.processor_seconds + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
