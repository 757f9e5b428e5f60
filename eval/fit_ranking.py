"""Fits the weights of `guideqa.retrieval.ranking` on the questions for tuning.

A passage of a right page should outscore the best passages of wrong ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from eval.questions import EvalQuestion
from eval.training import (
    Corpus,
    Numbers,
    Refit,
    as_long_as,
    figures_by_corpus,
    fit_pairs,
    is_right,
    out_of_fold,
    tunable,
)
from guideqa.retrieval.ranking import WEIGHTS, Features

NAMES = tuple(field.name for field in fields(Features))
TODAY: Numbers = np.array(astuple(WEIGHTS))
# Against how many of the best wrong passages each of the best right ones is set.
WRONG, RIGHT = 15, 2
# Strength of the ridge penalty; the result changes little between 0.05 and 1.
REGULARISATION = 0.3


@dataclass(frozen=True, slots=True)
class RankingExample:
    """The candidates of one question: features of shape (candidates, features), and which are right."""

    corpus: str
    question_id: str
    features: Numbers
    right: NDArray[np.bool_]

    def right_within(self, count: int, weights: Numbers) -> float:
        """1 where one of the best `count` candidates is right."""
        order = np.argsort(-(self.features @ weights), kind="stable")
        return float(self.right[order[:count]].any())


def examples(corpus: Corpus, questions: Iterable[EvalQuestion]) -> list[RankingExample]:
    """The candidates of every answerable question.

    Raises:
        QuestionSetError: a question is kept for the report.
    """
    return [_example(corpus, question) for question in tunable(questions) if question.answerable]


def _example(corpus: Corpus, question: EvalQuestion) -> RankingExample:
    query = corpus.understand(question)
    candidates = corpus.retriever.candidates(corpus.index, query, filters=question.filters)
    passages = [corpus.index.passages[number] for number in candidates.numbers]
    return RankingExample(
        corpus.name,
        question.id,
        np.array([astuple(item) for item in candidates.features], np.float64).reshape(-1, len(NAMES)),
        np.array([is_right(question, passage) for passage in passages], np.bool_),
    )


def fit(training: Sequence[RankingExample]) -> Numbers:
    """Weights of shape (features,), as long as today's; a feature that no example has keeps its own."""
    pairs = np.concatenate([_pairs(example) for example in training])
    fitted = as_long_as(fit_pairs(pairs, REGULARISATION), TODAY)
    return np.where(pairs.any(axis=0), fitted, TODAY)


def _pairs(example: RankingExample) -> Numbers:
    order = np.argsort(-(example.features @ TODAY), kind="stable")
    right = [place for place in order if example.right[place]][:RIGHT]
    wrong = [place for place in order if not example.right[place]][:WRONG]
    differences = [example.features[r] - example.features[w] for r in right for w in wrong]
    return np.array(differences, np.float64).reshape(-1, len(NAMES))


def refit(
    corpora: Sequence[Corpus], questions: Sequence[EvalQuestion], without: Collection[str] = ()
) -> Refit:
    """Today's weights against refitted ones; `without` names features that both do without."""
    kept = np.array([name not in without for name in NAMES], np.float64)
    every = [
        RankingExample(item.corpus, item.question_id, item.features * kept, item.right)
        for corpus in corpora
        for item in examples(corpus, questions)
    ]
    held_out = out_of_fold(every, fit)
    names = [item.corpus for item in every]
    figures = [
        figure
        for measure, count in (("right first", 1), ("right among five", 5))
        for figure in figures_by_corpus(
            names,
            measure,
            [item.right_within(count, TODAY) for item in every],
            [item.right_within(count, weights) for item, weights in zip(every, held_out, strict=True)],
        )
    ]
    weights = np.round(fit(every) * kept, 2)
    return Refit("ranking", tuple(figures), dict(zip(NAMES, weights.tolist(), strict=True)))
