"""A cross-encoder, where one is set, deals the first places anew; it never takes longer than it may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from guideqa.encoder.nano import NanoEncoder
from guideqa.errors import ModelError
from guideqa.retrieval.reranking import BATCH, DEPTH, CrossEncoderScorer, Reranker
from guideqa.settings import Settings
from guideqa.types import Hit, PageRef, Passage, Question
from guideqa.wiring import build_assistant

TEXTS = ["図書館は九時に開く。", "図書館は五時に閉まる。", "会費は百円である。"]


def hits(number: int) -> list[Hit]:
    passages = [Passage(f"a:1:{n}", (PageRef("a", 1, "1"),), (), f"段落{n}") for n in range(number)]
    return [Hit(passage, float(number - place)) for place, passage in enumerate(passages)]


class LastFirst:
    """Finds every passage better than the one before it."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def scores(self, question: str, passages: Sequence[str], /) -> NDArray[np.float32]:
        self.read += passages
        return np.arange(len(self.read) - len(passages), len(self.read)).astype(np.float32)


def test_the_places_are_dealt_anew_and_the_scores_stay_with_the_places() -> None:
    before = hits(6)

    after = Reranker(LastFirst(), 1000, clock=lambda: 0.0).reordered("質問", before)

    assert [hit.passage for hit in after] == [hit.passage for hit in reversed(before)]
    assert [hit.score for hit in after] == [hit.score for hit in before]


def test_what_is_not_read_in_time_stays_behind_in_its_order() -> None:
    before = hits(20)
    ticks = count(
        0, 0.4
    )  # 0.4 s pass from look to look at the clock: there is time for two batches in a second

    after = Reranker(LastFirst(), 1000, clock=lambda: next(ticks)).reordered("質問", before)

    assert [hit.passage for hit in after[: 2 * BATCH]] == [
        hit.passage for hit in reversed(before[: 2 * BATCH])
    ]
    assert after[2 * BATCH :] == before[2 * BATCH :]


def test_no_more_are_read_than_make_a_difference() -> None:
    scorer = LastFirst()

    after = Reranker(scorer, 1000, clock=lambda: 0.0).reordered("質問", hits(60))

    assert len(scorer.read) == DEPTH
    assert len(after) == 60


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real cross-encoder of random weights: what it says is worth nothing, but it says it."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder = tmp_path_factory.mktemp("models") / "tiny-cross-encoder"
    folder.mkdir()
    letters = sorted(set("".join(TEXTS)))
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    BertTokenizerFast(vocab={word: number for number, word in enumerate(words)}).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_any_cross_encoder_folder_scores_pairs(cross_encoder: Path) -> None:
    scorer = CrossEncoderScorer(str(cross_encoder))

    together = scorer.scores("図書館はいつ開く？", TEXTS)
    alone = [float(scorer.scores("図書館はいつ開く？", [text])[0]) for text in TEXTS]

    assert together.shape == (3,)
    assert together == pytest.approx(alone, abs=1e-5)
    assert len(set(alone)) == 3


def test_the_setting_puts_it_into_the_search(
    tiny_settings: Settings, encoder: NanoEncoder, cross_encoder: Path
) -> None:
    settings = tiny_settings.model_copy(update={"reranker": str(cross_encoder), "reranker_ms": 60_000})
    question = Question("図書館はいつ開く？")

    plain = build_assistant(tiny_settings, encoder).search(question, 40)
    assistant = build_assistant(settings, encoder)
    reranked = assistant.search(question, 40)

    assert {hit.passage.id for hit in reranked.hits} == {hit.passage.id for hit in plain.hits}
    assert [hit.passage.id for hit in reranked.hits] != [hit.passage.id for hit in plain.hits]
    parts = assistant.explain(reranked, reranked.hits[0])
    assert sum(part.points for part in parts) == pytest.approx(reranked.hits[0].score)


@pytest.mark.parametrize("name", ["nowhere/no-such-model", "empty"])
def test_a_model_that_is_not_there_names_the_setting(
    tiny_settings: Settings, encoder: NanoEncoder, tmp_path: Path, name: str
) -> None:
    (tmp_path / "empty").mkdir()
    model = str(tmp_path / name) if name == "empty" else name
    settings = tiny_settings.model_copy(update={"reranker": model})

    with pytest.raises(ModelError, match="GUIDEQA_RERANKER"):
        build_assistant(settings, encoder)


def test_hits_are_not_changed_in_place() -> None:
    before = hits(3)
    kept = [replace(hit) for hit in before]

    Reranker(LastFirst(), 1000).reordered("質問", before)

    assert before == kept
