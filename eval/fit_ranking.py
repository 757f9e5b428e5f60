"""Fits the weights of `guideqa.retrieval.ranking` on the questions for tuning.

Pairwise logistic regression: a passage of a right page should outscore the best passages of wrong ones.
Source: Joachims, "Optimizing Search Engines using Clickthrough Data", KDD 2002.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from eval.questions import EvalQuestion
from guideqa.conversation import standalone
from guideqa.index.opened import OpenIndex
from guideqa.retrieval.query import Query
from guideqa.retrieval.ranking import WEIGHTS, Features, weighted
from guideqa.retrieval.search import Retriever
from guideqa.text.lexicon import Lexicon

FOLDS = 5
# Against how many of the best wrong passages each of the best right ones is set.
WRONG, RIGHT = 15, 2
# Strength of the ridge penalty; the result changes little between 0.05 and 1.
REGULARISATION = 0.3


@dataclass(frozen=True, slots=True)
class Example:
    """The candidates of one question: features of shape (candidates, features), and which are right."""

    question_id: str
    features: NDArray[np.float64]
    right: NDArray[np.bool_]


def examples(
    retriever: Retriever, index: OpenIndex, questions: Iterable[EvalQuestion], lexicon: Lexicon
) -> list[Example]:
    """The candidates of every answerable question that has a right one among them."""
    found: list[Example] = []
    for question in questions:
        if not question.answerable:
            continue
        asked = question.asked()
        text = standalone(asked, index.entities) or asked.text
        candidates = retriever.candidates(index, Query.of(text, index.entities, lexicon))
        passages = [index.passages[number] for number in candidates.numbers]
        right = np.array([any(page.label in question.right_pages for page in p.pages) for p in passages])
        if right.any():
            features = np.array([astuple(item) for item in candidates.features], np.float64)
            found.append(Example(question.id, features, right))
    return found


def fit(training: Sequence[Example]) -> NDArray[np.float64]:
    """Weights of shape (features,)."""
    from sklearn.linear_model import LogisticRegression

    pairs = np.concatenate([_pairs(example) for example in training])
    labels = np.concatenate([np.ones(len(pairs)), np.zeros(len(pairs))])
    model = LogisticRegression(C=REGULARISATION, fit_intercept=False, max_iter=2000)
    coefficients: NDArray[np.float64] = model.fit(np.concatenate([pairs, -pairs]), labels).coef_[0]
    return coefficients


def _pairs(example: Example) -> NDArray[np.float64]:
    order = np.argsort(-(example.features @ np.array(astuple(WEIGHTS))), kind="stable")
    right = [place for place in order if example.right[place]][:RIGHT]
    wrong = [place for place in order if not example.right[place]][:WRONG]
    return np.array([example.features[r] - example.features[w] for r in right for w in wrong]).reshape(
        -1, example.features.shape[1]
    )


def first_right(weights: NDArray[np.float64], tested: Sequence[Example]) -> float:
    """The share of questions whose best candidate is right."""
    return float(np.mean([bool(example.right[np.argmax(example.features @ weights)]) for example in tested]))


def cross_validated(every: Sequence[Example]) -> tuple[float, float]:
    """Right passage first: (with weights fitted on the other folds, with today's weights).

    One question's examples from several indexes stay in one fold.
    """
    ids = sorted({example.question_id for example in every})
    fold_of = {question_id: number % FOLDS for number, question_id in enumerate(ids)}
    fitted: list[float] = []
    for fold in range(FOLDS):
        tested = [example for example in every if fold_of[example.question_id] == fold]
        weights = fit([example for example in every if fold_of[example.question_id] != fold])
        fitted += [first_right(weights, [example]) for example in tested]
    return float(np.mean(fitted)), first_right(np.array(astuple(WEIGHTS)), every)


def named(weights: NDArray[np.float64]) -> Features:
    """The weights by name, to be pasted into `ranking.py`."""
    return Features(
        **{field.name: round(float(w), 2) for field, w in zip(fields(Features), weights, strict=True)}
    )


__all__ = ["Example", "cross_validated", "examples", "first_right", "fit", "named", "weighted"]
