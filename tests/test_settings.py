"""A setting that is not known, or cannot be, is an error and never ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from guideqa.errors import SettingsError
from guideqa.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of this machine, and a working folder without a file of them."""
    import os

    for name in os.environ:
        if name.startswith("GUIDEQA_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()

    assert settings.host == "127.0.0.1"
    assert not settings.log_questions
    assert (settings.corpus_dir / "manifest.toml").is_file()


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "guideqa.toml").write_text("port = 8100\nthreads = 2\n")
    monkeypatch.setenv("GUIDEQA_PORT", "8200")

    assert (load_settings().port, load_settings().threads) == (8200, 2)


def test_an_unknown_name_in_the_environment_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUIDEQA_PROT", "8000")

    with pytest.raises(SettingsError, match="GUIDEQA_PROT.*GUIDEQA_PORT"):
        load_settings()


def test_an_unknown_name_in_the_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "guideqa.toml").write_text("prot = 8000\n")

    with pytest.raises(SettingsError, match="prot"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "0"), ("PORT", "65536"), ("PORT", "eight"), ("THREADS", "-1"), ("LOG_QUESTIONS", "perhaps")],
)
def test_an_impossible_value_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"GUIDEQA_{name}", value)

    with pytest.raises(SettingsError, match=f"(?i){name}"):
        load_settings()


@pytest.mark.parametrize("content", ["port = ", "\udcff", "[server]\nport = 1\n"])
def test_a_file_that_is_off_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "guideqa.toml").write_bytes(content.encode("utf-8", errors="surrogateescape"))

    with pytest.raises(SettingsError):
        load_settings()


def test_everything_is_kept_below_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    assert tmp_path in settings.index_dir.parents
    assert tmp_path in settings.embeddings_path.parents
