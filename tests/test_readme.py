"""What the README promises is there."""

from __future__ import annotations

import re

from conftest import REPOSITORY, Guideqa

from guideqa.settings import Settings

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^ *```\w*\n(.*?)^ *```$", README, re.DOTALL | re.MULTILINE)
CODE = "\n".join([*FENCES, *re.findall(r"`([^`\n]+)`", README)])
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")


def test_every_setting_is_explained_and_none_that_is_not_there() -> None:
    explained = set(re.findall(r"`GUIDEQA_([A-Z_]+)(?:=\w+)?`", README))

    assert explained == {name.upper() for name in Settings.model_fields}


def test_every_command_that_is_named_is_there(guideqa: Guideqa) -> None:
    named = set(re.findall(r"guideqa ((?:eval |models |documents |index )?[a-z]+)\b", CODE))
    for command in sorted(named):
        assert guideqa(*command.split(), "--help").code == 0, command
    assert {"ingest", "ask", "documents remove", "index verify", "models export", "eval run"} <= named


def test_every_make_target_that_is_named_is_there() -> None:
    named = set(re.findall(r"\bmake ([a-z]+)", CODE))

    assert {"serve", "test", "check", "ingest"} <= named
    assert all(re.search(rf"^{target}:", MAKEFILE, re.MULTILINE) for target in named)


def test_every_file_that_is_linked_is_there() -> None:
    linked = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]

    assert [target for target in linked if not (REPOSITORY / target).exists()] == []
