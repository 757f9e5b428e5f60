"""Hashes by which records say what was measured with what."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.questions import EvalQuestion
from guideqa import __version__

_FIRST_FACETS = ("municipality", "programme", "document")


def digest_of(content: Any) -> str:
    """16 hex digits over anything that JSON can hold."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:16]


def question_content(question: EvalQuestion) -> dict[str, Any]:
    """What is asked and what counts as right. A facet that came later changes no question that does not use it."""
    content = asdict(question)
    later = {name: values for name, values in content["filters"].items() if name not in _FIRST_FACETS}
    content["filters"] = {name: content["filters"][name] for name in _FIRST_FACETS} | {
        name: values for name, values in later.items() if values
    }
    return content


def questions_hash(questions: Iterable[EvalQuestion]) -> str:
    """What is asked and what counts as right, whatever the order."""
    return digest_of(sorted(map(question_content, questions), key=lambda item: str(item["id"])))


def index_hash(documents: Mapping[str, Iterable[tuple[str, str]]]) -> str:
    """Which pages an index holds, from (label, text) of each page of each document, in order.

    How they are cut into passages is not in it: that is code, which two records may well differ in.
    """
    return digest_of({key: [[label, digest_of(text)] for label, text in documents[key]] for key in documents})


def code_version() -> str:
    """The version, and in a checkout its commit, with + and a hash of what differs from it."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return __version__
    try:
        commit = _git(root, "rev-parse", "--short", "HEAD").strip()
        changes = _git(root, "diff", "HEAD", "--", "src", "eval", "ingest", "corpus")
    except (OSError, subprocess.CalledProcessError):
        return __version__
    return f"{__version__} {commit}" + (f"+{digest_of(changes)[:8]}" if changes else "")


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True)
    return done.stdout.decode("utf-8", errors="replace")
