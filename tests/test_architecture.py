"""The library imports none of the programs around it, and its own layers only downwards."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY

PROGRAMS = {"guideqa": "src/guideqa", "ingest": "ingest", "ui": "ui", "eval": "eval"}
MAY_IMPORT = {
    "guideqa": set[str](),
    "ingest": {"guideqa"},
    "ui": {"guideqa"},
    "eval": {"guideqa", "ingest"},
}
# Inside guideqa, lowest first; modules of one layer may import each other.
LAYERS = (
    ("types", "errors"),
    ("text",),
    ("entities", "encoder", "index", "settings", "database", "access"),
    ("retrieval",),
    ("citations", "answer"),
    ("llm",),
    ("conversation", "assistant"),
    ("wiring",),
    ("api", "cli", "commands"),
)
HIGHEST = len(LAYERS) - 1


def modules(folder: str) -> list[Path]:
    return sorted((REPOSITORY / folder).rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(name: str) -> int:
    """The layer of `guideqa.<name>`; a command module beside the command line is of its layer."""
    found = [number for number, names in enumerate(LAYERS) if name in names]
    return found[0] if found else HIGHEST


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_imports_only_what_lies_below_it(program: str) -> None:
    forbidden = set(PROGRAMS) - MAY_IMPORT[program] - {program}
    found = {
        f"{path.relative_to(REPOSITORY)} imports {name}"
        for path in modules(PROGRAMS[program])
        for name in imports_of(path)
        if name.split(".")[0] in forbidden
    }

    assert modules(PROGRAMS[program])
    assert not found


def test_a_layer_of_the_library_imports_only_layers_below_it() -> None:
    found = set()
    for path in modules("src/guideqa"):
        own = path.relative_to(REPOSITORY / "src" / "guideqa").parts[0].removesuffix(".py")
        if own in ("__init__", "testing"):
            continue
        for name in imports_of(path):
            parts = name.split(".")
            known = parts[0] == "guideqa" and len(parts) > 1 and parts[1] != "__version__"
            if known and layer_of(parts[1]) > layer_of(own):
                found.add(f"{path.relative_to(REPOSITORY)} imports {name}")

    assert not found


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    heavy = {
        "torch",
        "sentence_transformers",
        "transformers",
        "chromadb",
        "gradio",
        "llama_index",
        "openai",
        "sudachipy",
    }
    at_the_top = set()
    for path in modules("src/guideqa"):
        if "llama" in path.name:
            continue  # an adapter, which only a program that has LlamaIndex imports
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            at_the_top |= {f"{path.name}: {name}" for name in names if name.split(".")[0] in heavy}

    assert not at_the_top


def tracked_files() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.split("\0") if name and (REPOSITORY / name).is_file()]


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    elsewhere = re.compile(r"(?<![\w./~])/(?:home|root|Users|work|farm|tmp/lab)/\w")
    found = []
    for name in tracked_files():
        text = (REPOSITORY / name).read_bytes().decode("utf-8", errors="replace")
        found += [f"{name}: {match.group(0)}" for match in elsewhere.finditer(text)]

    assert not found


def test_no_original_document_is_tracked() -> None:
    originals = [name for name in tracked_files() if name.startswith("corpus/originals/")]

    assert originals in ([], ["corpus/originals/README.md"])
