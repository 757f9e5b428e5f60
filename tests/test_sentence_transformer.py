"""Any sentence-transformers folder is an encoder; the embedded model written out as one gives equal vectors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from guideqa.encoder.export import export_sentence_transformer
from guideqa.encoder.nano import NanoEncoder
from guideqa.encoder.sentence_transformer import SentenceTransformerEncoder
from guideqa.errors import InputError, ModelError

TEXTS = [
    "⽔俣の放課後の居場所は、民家を使って週に五日ひらいている。",
    "ｼｮｰﾄｽﾃｲの利用料は１泊2,000円である。",
    "SafeCareは保護者と一緒に取り組む。\n夕食はボランティアの団体が作る。",
    "短い",
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "e5-exported"
    export_sentence_transformer(folder)
    return folder


@pytest.fixture(scope="module")
def exported_encoder(exported: Path) -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(str(exported))


def test_the_folder_gives_the_vectors_of_the_embedded_engine(
    exported_encoder: SentenceTransformerEncoder, encoder: NanoEncoder
) -> None:
    passages = (exported_encoder.encode_passages(TEXTS) * encoder.encode_passages(TEXTS)).sum(axis=1)
    questions = (exported_encoder.encode_queries(TEXTS) * encoder.encode_queries(TEXTS)).sum(axis=1)

    assert passages.min() >= 0.9999
    assert questions.min() >= 0.9999


def test_the_prompts_of_the_folder_are_used(exported_encoder: SentenceTransformerEncoder) -> None:
    question = exported_encoder.encode_queries(TEXTS[:1])[0]
    passage = exported_encoder.encode_passages(TEXTS[:1])[0]
    prompted = exported_encoder._model.encode(["query: " + TEXTS[0]], prompt="", normalize_embeddings=True)[0]

    assert question @ passage < 0.999
    assert float(question @ prompted) == pytest.approx(1.0, abs=1e-5)


def test_vectors_are_normalised_whatever_the_text(exported_encoder: SentenceTransformerEncoder) -> None:
    vectors = exported_encoder.encode_passages(["", "図書館\ud800", "\ufdfa" * 50, "あ" * 5000])

    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 1], abs=1e-4)
    assert exported_encoder.encode_queries([]).shape == (0, exported_encoder.identity.dimension)


def test_threads_share_one_model(exported_encoder: SentenceTransformerEncoder) -> None:
    expected = exported_encoder.encode_queries(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: exported_encoder.encode_queries(TEXTS), range(8)))

    assert all(np.allclose(vectors, expected, atol=1e-5) for vectors in found)


def test_it_is_another_model_than_the_embedded_one(
    exported_encoder: SentenceTransformerEncoder, encoder: NanoEncoder
) -> None:
    assert exported_encoder.identity != encoder.identity
    assert exported_encoder.identity.name == "e5-exported"


def test_an_export_never_writes_into_a_folder_in_use(exported: Path) -> None:
    before = sorted(exported.iterdir())
    with pytest.raises(InputError, match="空ではありません"):
        export_sentence_transformer(exported)

    assert sorted(exported.iterdir()) == before
    assert [path.name for path in exported.parent.iterdir()] == [exported.name]


@pytest.mark.parametrize("model", ["", "no-such-folder", "nobody/no-such-model"])
def test_a_model_that_is_not_there_is_named(model: str) -> None:
    with pytest.raises(ModelError, match="GUIDEQA_MODEL"):
        SentenceTransformerEncoder(model)


def test_a_damaged_model_is_refused(exported: Path, tmp_path: Path) -> None:
    for path in exported.iterdir():
        if path.is_file() and path.suffix == ".json" and path.name != "tokenizer.json":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"not weights")

    with pytest.raises(ModelError, match="壊れています"):
        SentenceTransformerEncoder(str(tmp_path))
