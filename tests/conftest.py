"""What several tests share: a tiny invented corpus, with a real index of it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from guideqa import wiring
from guideqa.assistant import Assistant
from guideqa.cli import main
from guideqa.encoder.nano import NanoEncoder
from guideqa.index.embeddings import EmbeddingCache
from guideqa.index.folder import IndexFolder
from guideqa.settings import Settings
from guideqa.wiring import build_assistant
from ingest.manifest import Manifest
from ingest.pipeline import Pipeline, Request

REPOSITORY = Path(__file__).resolve().parents[1]
TINY = REPOSITORY / "tests" / "tiny"
TINY_CORPUS = TINY / "corpus"  # the digest of the work "komorebi", three pages
HARUKAZE = TINY / "harukaze.txt"  # a document of its own, ten pages, with labels beside it
KOMOREBI = TINY / "komorebi.txt"  # the original of "komorebi"
GUIDEBOOK = REPOSITORY.parent / "shared" / "guidebook"

# How long a busy machine may take for anything that another process, thread or browser does: no test is to be slow,
# and none waits for ever.
PATIENCE_SECONDS = 120

# The same examples in every run, and no clock: the machine may be busy.
hypothesis_settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis_settings.load_profile("steady")


@pytest.fixture(scope="session")
def encoder() -> NanoEncoder:
    """The real embedded encoder; one engine for the whole session."""
    return NanoEncoder()


@pytest.fixture(scope="session")
def tiny_settings(tmp_path_factory: pytest.TempPathFactory, encoder: NanoEncoder) -> Settings:
    """Settings whose data folder holds a real index: the digest of "komorebi" and the text "harukaze".

    For reading only: a test that ingests makes a folder of its own.
    """
    settings = Settings(data_dir=tmp_path_factory.mktemp("tiny"), corpus_dir=TINY_CORPUS)
    pipeline_of(settings, encoder).ingest(Request((HARUKAZE,)))
    return settings


@pytest.fixture(scope="session")
def tiny_assistant(tiny_settings: Settings, encoder: NanoEncoder) -> Assistant:
    """An assistant over the index of `tiny_settings`."""
    return build_assistant(tiny_settings, encoder)


@pytest.fixture(scope="session")
def guidebook() -> Path:
    """The folder of the real guidebook, where this machine has it."""
    if not (GUIDEBOOK / "guidebook.pdf").is_file():
        pytest.skip("the guidebook is not on this machine: ../shared/guidebook")
    return GUIDEBOOK


def pipeline_of(settings: Settings, encoder: Any) -> Pipeline:
    """The pipeline that writes the index of these settings."""
    return Pipeline(
        IndexFolder(settings.index_dir),
        Manifest.read(settings.corpus_dir),
        EmbeddingCache(settings.embeddings_path),
        encoder,
        settings.chroma_url,
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of the command line left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    def refused(self) -> str:
        """The one line on stderr of a run that was refused in good order; anything else fails the test."""
        lines = self.err.strip().splitlines()
        assert self.code == 1, f"exit code {self.code}: {self.err}"
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


Guideqa = Callable[..., Outcome]


def eventually(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether it comes to hold: for what another thread or process does in its own time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def line_from(process: subprocess.Popen[str]) -> str:
    """The next line that a process says; the test fails where it says none."""
    assert process.stdout is not None
    has_said, _, _ = select.select([process.stdout], [], [], PATIENCE_SECONDS)
    assert has_said, f"nothing is heard of {process.args!r}"
    return process.stdout.readline()


def environment_of(settings: Settings, **more: str) -> dict[str, str]:
    """An environment in which a process reads these settings and none of this machine's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GUIDEQA_")}
    own = {"GUIDEQA_DATA_DIR": str(settings.data_dir), "GUIDEQA_CORPUS_DIR": str(settings.corpus_dir)}
    return kept | own | more


def guideqa_command(*arguments: object) -> list[str]:
    """The installed command line, run by this interpreter."""
    return [sys.executable, "-c", "from guideqa.cli import run; run()", *map(str, arguments)]


@pytest.fixture
def guideqa(tmp_path: Path, tiny_settings: Settings) -> Guideqa:
    """Run the command line in a process of its own, over the tiny index unless settings are given."""

    def run(*arguments: object, settings: Settings | None = None, **environment: str) -> Outcome:
        done = subprocess.run(
            guideqa_command(*arguments),
            env=environment_of(settings or tiny_settings, **environment),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def guideqa_here(
    tmp_path: Path, tiny_settings: Settings, encoder: NanoEncoder, capsys: pytest.CaptureFixture[str]
) -> Guideqa:
    """The same in this process, with its engine: for many commands of which each would start and load it anew."""

    def run(*arguments: object, settings: Settings | None = None, **environment: str) -> Outcome:
        capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment_of(settings or tiny_settings, **environment).items():
                patch.setenv(name, value)
            patch.setattr(wiring, "open_encoder", lambda settings: encoder)
            patch.chdir(tmp_path)
            try:
                code = main([str(argument) for argument in arguments])
            except SystemExit as ended:
                code = int(ended.code or 0)
        return Outcome(code, *capsys.readouterr())

    return run
