"""The files for running guideqa as a service agree with the program, as far as can be checked without a host for it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import PATIENCE_SECONDS, REPOSITORY, Guideqa

from guideqa.settings import Settings
from ui.workers import END_SECONDS

DEPLOY = REPOSITORY / "deploy"
LOCK = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "guideqa.service").read_text(encoding="utf-8")
    here = unit.replace("/opt/guideqa/.venv/bin/guideqa", sys.executable)
    here = re.sub(r"^(User|Group|WorkingDirectory)=.*$", "", here, flags=re.MULTILINE)
    here = here.replace("file:/opt/guideqa/README.md", "file:/README.md")
    (tmp_path / "guideqa.service").write_text(here, encoding="utf-8")

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "guideqa.service"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )

    said = [line for line in done.stderr.splitlines() if "guideqa.service" in line]
    assert said == []


def test_every_command_that_is_named_is_there_and_takes_its_options(guideqa_here: Guideqa) -> None:
    named = {
        (command, option)
        for path in DEPLOY.iterdir()
        for command, option in re.findall(
            r"guideqa ([a-z]+(?: (?:add|create))?)(?: (--[a-z-]+))?", path.read_text(encoding="utf-8")
        )
        if command in ("ingest", "serve", "users add")
    }
    assert {"ingest", "serve", "users add"} == {command for command, _ in named}
    for command, option in named:
        described = guideqa_here(*command.split(), "--help")
        assert described.code == 0, command
        assert option in described.out


def test_who_stops_the_service_waits_longer_than_the_service_for_its_answers() -> None:
    longest = Settings.model_fields["stop_seconds"].default + END_SECONDS
    unit = (DEPLOY / "guideqa.service").read_text(encoding="utf-8")
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))

    stopped_after = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert stopped_after
    assert int(stopped_after[1]) > longest
    assert int(compose["services"]["guideqa"]["stop_grace_period"].removesuffix("s")) > longest


def test_the_image_is_built_from_what_is_there_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if re.match("[A-Z]+ ", line)]
    order = [step for step, _ in steps]

    assert dict(steps)["FROM"] == "python:3.11-slim"
    assert dict(steps)["USER"] == "guideqa"
    assert order.index("USER") < order.index("CMD")
    for step, rest in steps:
        if step == "COPY":
            assert (REPOSITORY / rest.split()[0]).exists(), rest
    assert "/readyz" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "exec guideqa serve" in dict(steps)["CMD"], "the server itself is told to stop, not a shell"


def test_every_setting_that_is_named_is_there() -> None:
    known = {name.upper() for name in Settings.model_fields}
    for path in DEPLOY.iterdir():
        named = set(re.findall(r"GUIDEQA_([A-Z_]+)", path.read_text(encoding="utf-8")))
        assert named <= known, path


def test_compose_runs_the_chroma_server_that_the_program_is_tested_with() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = compose["services"]

    version = services["chroma"]["image"].partition(":")[2]
    assert f"chromadb=={version}\n" in LOCK
    assert (DEPLOY / services["guideqa"]["build"]["context"] / "deploy" / "Dockerfile").is_file()
    assert services["guideqa"]["ports"] == ["127.0.0.1:8000:8000"]
    assert "ports" not in services["chroma"]
    for service in services.values():
        assert set(service["networks"]) <= set(compose["networks"])
        assert {volume.partition(":")[0] for volume in service["volumes"]} <= set(compose["volumes"])


def test_the_image_copies_nothing_that_is_somebodys_own() -> None:
    left_out = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").split()

    assert {"var", ".venv", ".git", "corpus/originals/*"} <= set(left_out)
