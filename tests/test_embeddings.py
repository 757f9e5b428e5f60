"""No text is embedded twice, and no vector serves another model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from guideqa.encoder.protocol import Vectors
from guideqa.errors import GuideqaError
from guideqa.index.embeddings import SAVE_EVERY, EmbeddingCache
from guideqa.testing import BigramEncoder

TEXTS = [f"{number}人の里親が{'登録' * (number % 5)}した。" for number in range(SAVE_EVERY + 10)]


class CountingEncoder(BigramEncoder):
    """Remembers every passage that it was given, and fails after so many."""

    def __init__(self, name: str = "bigrams", fail_after: int = 10**9) -> None:
        super().__init__(name)
        self.given: list[str] = []
        self._fail_after = fail_after

    def encode_passages(self, texts: Sequence[str], /) -> Vectors:
        if len(self.given) + len(texts) > self._fail_after:
            raise RuntimeError("the power goes off")
        self.given += texts
        return super().encode_passages(texts)


@pytest.fixture
def cache(tmp_path: Path) -> EmbeddingCache:
    return EmbeddingCache(tmp_path / "folder" / "embeddings.sqlite")


def test_stored_vectors_are_those_of_the_encoder_in_the_order_of_the_texts(cache: EmbeddingCache) -> None:
    encoder = CountingEncoder()
    first = cache.embed(encoder, TEXTS)
    again = cache.embed(encoder, TEXTS[::-1])

    assert np.array_equal(first, BigramEncoder().encode_passages(TEXTS))
    assert np.array_equal(again, first[::-1])
    assert sorted(encoder.given) == sorted(TEXTS)


def test_only_what_is_new_is_embedded(cache: EmbeddingCache) -> None:
    cache.embed(CountingEncoder(), TEXTS)
    encoder = CountingEncoder()
    reported: list[tuple[int, int]] = []
    cache.embed(encoder, [*TEXTS, "新しい文"], lambda done, of: reported.append((done, of)))

    assert encoder.given == ["新しい文"]
    assert reported == [(1, 1)]


def test_another_model_gets_vectors_of_its_own(cache: EmbeddingCache) -> None:
    cache.embed(CountingEncoder(), TEXTS[:3])
    other = CountingEncoder("another")
    cache.embed(other, TEXTS[:3])

    assert sorted(other.given) == sorted(TEXTS[:3])


def test_what_was_embedded_before_a_failure_is_kept(cache: EmbeddingCache) -> None:
    with pytest.raises(RuntimeError):
        cache.embed(CountingEncoder(fail_after=SAVE_EVERY), TEXTS)
    encoder = CountingEncoder()
    cache.embed(encoder, TEXTS)

    assert len(encoder.given) == len(TEXTS) - SAVE_EVERY


def test_nothing_to_embed_gives_no_rows(cache: EmbeddingCache) -> None:
    assert cache.embed(CountingEncoder(), []).shape == (0, 256)


def test_a_text_with_half_a_surrogate_pair_has_a_place_too(cache: EmbeddingCache) -> None:
    assert cache.embed(BigramEncoder(), ["里親\ud800"]).shape == (1, 256)


def test_a_damaged_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "embeddings.sqlite"
    path.write_bytes(b"no database " * 1000)

    with pytest.raises(GuideqaError, match=r"embeddings\.sqlite.*消して"):
        EmbeddingCache(path).embed(BigramEncoder(), TEXTS)
