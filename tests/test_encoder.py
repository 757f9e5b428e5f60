"""The embedded encoder: unit vectors, its two prefixes, and no input that harms it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import PATIENCE_SECONDS
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guideqa.encoder.nano import NanoEncoder, safe_text

TEXTS = [
    "⽔俣の放課後の居場所は、民家を使って週に五日ひらいている。",
    "利用料は1泊2,000円である。",
    "図書館で月に二回、読み聞かせの会がある。",
]


def test_vectors_are_normalised_and_of_the_promised_shape(encoder: NanoEncoder) -> None:
    vectors = encoder.encode_passages(TEXTS)

    assert vectors.shape == (3, encoder.identity.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)


def test_nothing_to_encode_gives_no_rows(encoder: NanoEncoder) -> None:
    assert encoder.encode_queries([]).shape == (0, encoder.identity.dimension)


def test_questions_and_passages_get_different_prefixes(encoder: NanoEncoder) -> None:
    question, passage = encoder.encode_queries(TEXTS[:1])[0], encoder.encode_passages(TEXTS[:1])[0]

    assert question @ passage < 0.999
    assert not np.array_equal(question, passage)


def test_a_question_is_nearest_to_the_passage_that_answers_it(encoder: NanoEncoder) -> None:
    question = encoder.encode_queries(["泊まるといくらかかる？"])[0]

    assert int(np.argmax(encoder.encode_passages(TEXTS) @ question)) == 1


def test_a_text_has_the_same_vector_alone_and_in_a_batch(encoder: NanoEncoder) -> None:
    together = encoder.encode_passages(TEXTS * 7)

    assert np.array_equal(together[0], encoder.encode_passages(TEXTS[:1])[0])


@pytest.mark.parametrize(
    ("written", "meant"), [("ｼｮｰﾄｽﾃｲのﾊﾟﾝﾌ", "ショートステイのパンフ"), ("か\u3099くどう", "がくどう")]
)
def test_spellings_of_one_word_have_equal_vectors(encoder: NanoEncoder, written: str, meant: str) -> None:
    one, other = encoder.encode_queries([written, meant])

    assert np.array_equal(one, other)


def test_what_stands_after_a_nul_counts(encoder: NanoEncoder) -> None:
    cut, whole, plain = encoder.encode_passages(["図書館の\0会", "図書館の", "図書館の 会"])

    assert not np.array_equal(cut, whole)
    assert np.array_equal(cut, plain)


def test_half_a_surrogate_pair_is_encoded_like_any_text(encoder: NanoEncoder) -> None:
    assert np.isfinite(encoder.encode_queries(["図書館\ud800の会"])).all()


def test_characters_that_expand_do_not_kill_the_process() -> None:
    # In a process of its own: the engine would take this one down with it.
    program = "from guideqa.encoder.nano import NanoEncoder; print(NanoEncoder().encode_queries(['\\ufdfa' * 50]).shape)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )

    assert done.stdout.strip() == "(1, 384)", done.stderr


def test_a_text_over_the_window_is_read_to_its_end(encoder: NanoEncoder) -> None:
    long = "図書館で絵本を読む会がある。" * 100
    one, other = encoder.encode_passages([long, long + "利用料は1泊2,000円である。" * 50])

    assert one @ other < 0.999


def test_threads_share_one_encoder(encoder: NanoEncoder) -> None:
    expected = encoder.encode_queries(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: encoder.encode_queries(TEXTS), range(24)))

    assert all(np.array_equal(vectors, expected) for vectors in found)


def test_two_encoders_of_one_model_have_one_identity(encoder: NanoEncoder) -> None:
    assert NanoEncoder().identity == encoder.identity


@settings(max_examples=50)
@example("\0\ud800\ufdfa")
@given(st.text())
def test_the_engine_sees_only_text_that_it_can_take(text: str) -> None:
    safe = safe_text(text)

    assert "\0" not in safe
    assert safe.encode("utf-8").decode("utf-8") == safe
    assert safe_text(safe) == safe
