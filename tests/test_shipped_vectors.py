"""The vectors that come with the project: all of the digest, true to the model, and never trusted elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY, TINY_CORPUS, Guideqa

from guideqa.encoder.nano import NanoEncoder
from guideqa.encoder.protocol import Vectors
from guideqa.index.embeddings import EmbeddingCache, cache_key
from guideqa.index.shipped import FILE, ShippedVectors, write_shipped
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.digest_vectors import digest_texts
from ingest.manifest import Manifest

SHIPPED = REPOSITORY / "corpus" / FILE
REMEDY = "the digest has changed: guideqa ingest --write-vectors"
TEXTS = ["里親の登録は10世帯である。", "読み聞かせの会は水曜にひらく。"]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return digest_texts(Manifest.read(REPOSITORY / "corpus"))


class CountingEncoder(BigramEncoder):
    """Remembers every passage that it was given."""

    def __init__(self, name: str = "bigrams", dimension: int = 256) -> None:
        super().__init__(name, dimension)
        self.given: list[str] = []

    def encode_passages(self, texts: Sequence[str], /) -> Vectors:
        self.given += texts
        return super().encode_passages(texts)


def shipped_in(folder: Path, vectors: Vectors | None = None) -> Path:
    """A file with the vectors of TEXTS, or with others in their place."""
    encoder = BigramEncoder()
    keys = [cache_key(encoder.identity, text) for text in TEXTS]
    write_shipped(folder / FILE, keys, encoder.encode_passages(TEXTS) if vectors is None else vectors)
    return folder / FILE


def test_they_are_of_the_whole_digest_as_it_stands(texts: list[str], encoder: NanoEncoder) -> None:
    wanted = {cache_key(encoder.identity, text) for text in texts}

    assert ShippedVectors.read(SHIPPED).keys == wanted, REMEDY
    assert SHIPPED.stat().st_size < 4_000_000


def test_a_sample_embedded_afresh_has_the_same_vectors(texts: list[str], encoder: NanoEncoder) -> None:
    sample = sorted(texts, key=len)[:: len(texts) // 12]
    shipped = ShippedVectors.read(SHIPPED)
    fresh = encoder.encode_passages(sample)

    for text, vector in zip(sample, fresh, strict=True):
        found = shipped.get(cache_key(encoder.identity, text), encoder.identity.dimension)
        assert found is not None, REMEDY
        assert float(found @ vector) >= 0.9999
        assert float(np.linalg.norm(found)) == pytest.approx(1, abs=1e-6)


def test_a_text_that_is_in_the_file_is_not_embedded(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    vectors = EmbeddingCache(tmp_path / "embeddings.sqlite", shipped_in(tmp_path)).embed(encoder, TEXTS)

    assert encoder.given == []
    assert np.allclose(vectors, BigramEncoder().encode_passages(TEXTS), atol=1e-3)


def test_a_changed_text_and_another_model_are_embedded(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "embeddings.sqlite", shipped_in(tmp_path))
    changed, other, larger = CountingEncoder(), CountingEncoder("another"), CountingEncoder(dimension=512)
    cache.embed(changed, [*TEXTS, TEXTS[0] + "。"])
    cache.embed(other, TEXTS)
    cache.embed(larger, TEXTS)

    assert changed.given == [TEXTS[0] + "。"]
    assert sorted(other.given) == sorted(larger.given) == sorted(TEXTS)


def test_a_file_that_cannot_be_read_costs_time_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(shipped_in(tmp_path).read_bytes()[:200])
    encoder = CountingEncoder()
    with caplog.at_level(logging.WARNING):
        EmbeddingCache(tmp_path / "embeddings.sqlite", tmp_path / FILE).embed(encoder, TEXTS)

    assert sorted(encoder.given) == sorted(TEXTS)
    assert FILE in caplog.text


def test_vectors_that_are_none_are_not_taken(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    shipped = shipped_in(tmp_path, np.full((2, 256), np.nan, np.float32))
    EmbeddingCache(tmp_path / "embeddings.sqlite", shipped).embed(encoder, TEXTS)

    assert sorted(encoder.given) == sorted(TEXTS)


def test_the_command_writes_the_file_of_a_corpus(guideqa: Guideqa, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for path in TINY_CORPUS.rglob("*"):
        target = corpus / path.relative_to(TINY_CORPUS)
        target.mkdir() if path.is_dir() else target.write_bytes(path.read_bytes())
    settings = Settings(data_dir=tmp_path / "var", corpus_dir=corpus)

    assert guideqa("ingest", "--write-vectors", settings=settings).code == 0
    assert len(ShippedVectors.read(corpus / FILE).keys) == len(digest_texts(Manifest.read(corpus)))
    fresh = settings.model_copy(update={"data_dir": tmp_path / "fresh"})
    assert guideqa("ingest", "--json", settings=fresh).json["embedded"] == 0
