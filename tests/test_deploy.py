"""The files for running guideqa as a service agree with the program, as far as can be checked without a host for it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import PATIENCE_SECONDS, REPOSITORY

from guideqa.settings import Settings

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
