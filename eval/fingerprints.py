"""Hashes by which records say what was measured with what."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.questions import EvalQuestion
from guideqa import __version__
from guideqa.index.store import CorpusStore


def digest_of(content: Any) -> str:
    """16 hex digits over anything that JSON can hold."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:16]


def questions_hash(questions: Iterable[EvalQuestion]) -> str:
    """What is asked and what counts as right, whatever the order."""
    return digest_of(sorted((asdict(question) for question in questions), key=lambda item: str(item["id"])))


def index_hash(store: CorpusStore) -> str:
    """Which pages an index holds: documents, their content, and their labels; not how they are cut."""
    return digest_of(
        {
            key: [stored.content_hash, [page.page.ref.label for page in stored.pages]]
            for key, stored in store.documents.items()
        }
    )


def code_version() -> str:
    """The version, and in a checkout its commit, with a + where files differ from it."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return __version__
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return __version__
    return f"{__version__} {described.stdout.strip()}"
