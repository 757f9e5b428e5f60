"""The fits and the ablation: what they learn from, what they say, and that they change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Guideqa
from evaluating import TINY_QUESTIONS, tiny_questions

from eval import fit_abstention, fit_evidence, fit_ranking
from eval.ablation import VARIANTS, Ablated, without_pairs
from eval.errors import QuestionSetError
from eval.questions import EvalQuestion, Split
from eval.training import Corpus, as_long_as, fit_pairs, open_corpora, out_of_fold
from guideqa.answer.abstention import Signs, calibrated
from guideqa.answer.evidence import SentenceFeatures
from guideqa.encoder.nano import NanoEncoder
from guideqa.retrieval.ranking import Features
from guideqa.settings import Settings
from guideqa.text.terms import PAIR_MARK
from guideqa.types import Filters, Question
from guideqa.wiring import build_assistant

Examples = Callable[[Corpus, tuple[EvalQuestion, ...]], Any]


@pytest.fixture(scope="module")
def corpus(tiny_settings: Settings, encoder: NanoEncoder) -> Corpus:
    [opened] = open_corpora([tiny_settings.data_dir], tiny_settings, encoder)
    return opened


@pytest.fixture(scope="module")
def questions() -> tuple[EvalQuestion, ...]:
    """All the tiny questions, declared to be for tuning."""
    return tuple(replace(question, split=Split.TUNE) for question in tiny_questions())


@pytest.fixture
def tuning_file(tmp_path: Path) -> Path:
    """The same as a file."""
    records = [json.loads(line) for line in TINY_QUESTIONS.read_text(encoding="utf-8").splitlines()]
    path = tmp_path / "tuning.jsonl"
    lines = [json.dumps(record | {"split": "tune"}, ensure_ascii=False) for record in records]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("ranking", names(Features)),
        ("evidence", names(SentenceFeatures)),
        ("abstention", [*names(Signs), "bias"]),
    ],
)
def test_a_fit_gives_a_weight_for_every_feature_and_figures_for_every_folder(
    guideqa_here: Guideqa, tuning_file: Path, tiny_settings: Settings, what: str, expected: list[str]
) -> None:
    folder = tiny_settings.data_dir

    [refit] = guideqa_here(
        "eval", "fit", what, "--data-dir", folder, "--questions", tuning_file, "--json"
    ).json

    assert list(refit["weights"]) == expected
    assert any(refit["weights"].values())
    assert {figure["corpus"] for figure in refit["figures"]} == {folder.name}
    assert all(figure["today"] >= 0 and figure["refitted"] >= 0 for figure in refit["figures"])


def test_the_weights_are_printed_as_they_are_pasted(guideqa_here: Guideqa, tuning_file: Path) -> None:
    printed = guideqa_here("eval", "fit", "ranking", "--questions", tuning_file).out

    for name in names(Features):
        assert f"    {name}=" in printed


def test_right_passages_outscore_wrong_ones_under_the_fitted_weights(
    corpus: Corpus, questions: tuple[EvalQuestion, ...]
) -> None:
    every = fit_ranking.examples(corpus, questions)
    weights = fit_ranking.fit(every)

    assert len(every) == sum(question.answerable for question in questions)
    assert _mean_margin([(item.features, item.right) for item in every], weights) > 0
    assert np.mean([item.right_within(1, weights) for item in every]) > 0.7


def test_sentences_with_a_fact_outscore_those_without_under_the_fitted_weights(
    corpus: Corpus, questions: tuple[EvalQuestion, ...]
) -> None:
    every = fit_evidence.examples(corpus, questions)
    weights = fit_evidence.fit(every)

    assert _mean_margin([(item.features, item.right) for item in every], weights) > 0
    assert np.mean([item.fact_first(weights) for item in every]) > 0.7


def _mean_margin(rows: list[tuple[Any, Any]], weights: Any) -> float:
    """How much the mean right one scores above the mean wrong one."""
    margins = [
        (features @ weights)[right].mean() - (features @ weights)[~right].mean()
        for features, right in rows
        if right.any() and not right.all()
    ]
    return float(np.mean(margins))


def test_questions_with_an_answer_are_surer_than_those_without(
    corpus: Corpus, questions: tuple[EvalQuestion, ...]
) -> None:
    every = fit_abstention.examples(corpus, questions)
    calibration = fit_abstention.fit(every)
    sure = {
        answerable: np.mean([calibrated(e.signs, calibration) for e in every if e.answerable is answerable])
        for answerable in (True, False)
    }

    assert sure[True] > sure[False]


@pytest.mark.parametrize("examples", [fit_ranking.examples, fit_evidence.examples, fit_abstention.examples])
def test_nothing_is_learnt_from_a_question_that_is_kept_for_the_report(
    corpus: Corpus, questions: tuple[EvalQuestion, ...], examples: Examples
) -> None:
    kept = replace(questions[0], split=Split.REPORT)

    with pytest.raises(QuestionSetError, match=kept.id):
        examples(corpus, (kept, *questions[1:]))


@pytest.mark.parametrize("command", [("fit", "ranking"), ("ablation",)])
def test_a_file_with_nothing_but_the_report_split_is_refused(
    guideqa_here: Guideqa, tuning_file: Path, command: tuple[str, ...]
) -> None:
    text = tuning_file.read_text(encoding="utf-8").replace('"split": "tune"', '"split": "report"')
    tuning_file.write_text(text, encoding="utf-8")

    assert "split: tune" in guideqa_here("eval", *command, "--questions", tuning_file).refused()


def test_a_calibration_needs_questions_with_and_without_an_answer(
    corpus: Corpus, questions: tuple[EvalQuestion, ...]
) -> None:
    answerable = tuple(question for question in questions if question.answerable)

    with pytest.raises(QuestionSetError, match="両方"):
        fit_abstention.refit([corpus], answerable)


def test_a_feature_that_is_left_out_has_no_weight(guideqa_here: Guideqa, tuning_file: Path) -> None:
    [refit] = guideqa_here(
        "eval", "fit", "ranking", "--questions", tuning_file, "--without", "page_terms", "--json"
    ).json

    assert refit["weights"]["page_terms"] == 0
    assert "passge_terms" in guideqa_here("eval", "fit", "ranking", "--without", "passge_terms").refused()
    assert "--without" in guideqa_here("eval", "fit", "evidence", "--without", "rank").refused()


def test_no_question_is_tested_with_weights_that_saw_it(
    corpus: Corpus, questions: tuple[EvalQuestion, ...]
) -> None:
    once = fit_ranking.examples(corpus, questions)
    every = [*once, *(replace(item, corpus="another") for item in once)]

    seen = out_of_fold(every, lambda training: {item.question_id for item in training})

    assert all(item.question_id not in trained for item, trained in zip(every, seen, strict=True))
    assert all(trained for trained in seen)


def test_a_pairwise_fit_finds_what_tells_winners_from_losers() -> None:
    random = np.random.default_rng(0)
    pairs = random.normal(size=(200, 3)) + np.array([2.0, 0.0, -1.0])

    weights = as_long_as(fit_pairs(pairs, 1.0), np.array([3.0, 4.0]))

    assert weights[0] > abs(weights[1])
    assert weights[2] < 0
    assert np.linalg.norm(weights) == pytest.approx(5)


def test_the_variant_that_leaves_out_nothing_is_the_product(
    tiny_settings: Settings, encoder: NanoEncoder, corpus: Corpus
) -> None:
    found = Ablated(VARIANTS[0], corpus.index, tiny_settings, encoder).search(
        "星見町の里親の世帯数", Filters()
    )
    hits = build_assistant(tiny_settings, encoder).search(Question("星見町の里親の世帯数"), 10).hits

    assert found == [hit.passage for hit in hits]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_variant_finds_ten_distinct_passages(
    variant: Any, tiny_settings: Settings, encoder: NanoEncoder, corpus: Corpus
) -> None:
    found = Ablated(variant, corpus.index, tiny_settings, encoder).search("里親ショートの利用料", Filters())

    assert len({passage.id for passage in found}) == len(found) > 3


def test_without_pairs_words_alone_are_indexed(corpus: Corpus) -> None:
    bare = without_pairs(corpus.index)

    assert any(term.startswith(PAIR_MARK) for term in corpus.index.lexical.vocabulary)
    assert bare.lexical.vocabulary
    assert not any(term.startswith(PAIR_MARK) for term in bare.lexical.vocabulary)
    assert not any(term.startswith(PAIR_MARK) for term in bare.page_lexical.vocabulary)


def test_the_ablation_prints_a_row_for_every_variant_and_way_of_a_follow_up(
    guideqa_here: Guideqa, tuning_file: Path
) -> None:
    printed = guideqa_here("eval", "ablation", "--questions", tuning_file).out

    for name in [*(variant.name for variant in VARIANTS), "the last turn alone", "written out by hand"]:
        assert f"| {name} |" in printed


def test_the_ablation_takes_a_public_set(guideqa_here: Guideqa, tmp_path: Path) -> None:
    texts = {
        "bus": "町のバスの運賃は200円である。",
        "pool": "プールは7月に開く。",
        "bin": "びんは月に一度集める。",
    }
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("q\tbus\t1\n", encoding="utf-8")
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "バスの運賃"}\n', encoding="utf-8")
    lines = [json.dumps({"_id": key, "text": text}) for key, text in texts.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")

    printed = guideqa_here(
        "eval", "ablation", "--dataset", tmp_path, "--cache", tmp_path / "cache.sqlite"
    ).out

    assert "| as it is | 1.000 | 1.000 |" in printed
