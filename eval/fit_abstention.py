"""Fits the calibrations of `guideqa.answer.abstention` on the questions for tuning.

A logistic regression over the signs, told which questions have an answer; one for indexes with notes on
their pages and one for those without.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from eval.errors import QuestionSetError
from eval.metrics import auroc, false_refusal_rate, refusal_recall
from eval.questions import EvalQuestion
from eval.training import Corpus, Figure, Numbers, Refit, out_of_fold, tunable
from guideqa.answer.abstention import Calibration, Signs, calibrated, confidence, signs_of
from guideqa.answer.evidence import QuestionTerms
from guideqa.answer.expectation import Expectation

NAMES = tuple(field.name for field in fields(Signs))
# The bounds that the settings offer, and others between them.
THRESHOLDS = (0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 0.8)
REGULARISATION = 1.0


@dataclass(frozen=True, slots=True)
class AbstentionExample:
    """What is known of one question's hits, and whether the documents answer it."""

    corpus: str
    question_id: str
    signs: Signs
    answerable: bool


def examples(corpus: Corpus, questions: Iterable[EvalQuestion]) -> list[AbstentionExample]:
    """The signs of every question that finds anything.

    Raises:
        QuestionSetError: a question is kept for the report.
    """
    found: list[AbstentionExample] = []
    for question in tunable(questions):
        query = corpus.understand(question)
        hits = corpus.hits(question, query)
        if hits:
            terms, wanted = QuestionTerms.of(query, corpus.index.lexical), Expectation.of(query.text)
            signs = signs_of(corpus.index, query, terms, wanted, hits)
            found.append(AbstentionExample(corpus.name, question.id, signs, question.answerable))
    return found


def fit(training: Sequence[AbstentionExample]) -> Calibration:
    """The calibration under which what was seen is likeliest.

    Raises:
        QuestionSetError: all questions have an answer, or none has.
    """
    from sklearn.linear_model import LogisticRegression

    if len({example.answerable for example in training}) < 2:
        raise QuestionSetError("調整には、答えのある質問とない質問の両方が（それぞれ数件）必要です。")
    rows = np.array([astuple(example.signs) for example in training], np.float64)
    model = LogisticRegression(C=REGULARISATION, max_iter=3000)
    model.fit(rows, [example.answerable for example in training])
    return Calibration(Signs(*model.coef_[0].tolist()), float(model.intercept_[0]))


def refit(corpora: Sequence[Corpus], questions: Sequence[EvalQuestion]) -> list[Refit]:
    """Today's calibrations against refitted ones, for the indexes with notes and for those without."""
    kinds = {
        "abstention, with notes": [corpus for corpus in corpora if corpus.index.expanded_documents],
        "abstention, without notes": [corpus for corpus in corpora if not corpus.index.expanded_documents],
    }
    return [_refit(title, group, questions) for title, group in kinds.items() if group]


def _refit(title: str, corpora: Sequence[Corpus], questions: Sequence[EvalQuestion]) -> Refit:
    every = [item for corpus in corpora for item in examples(corpus, questions)]
    held_out = out_of_fold(every, fit)
    today = np.array([confidence(item.signs) for item in every])
    refitted = np.array(
        [calibrated(item.signs, calibration) for item, calibration in zip(every, held_out, strict=True)]
    )
    figures: list[Figure] = []
    for corpus in corpora:
        own = np.array([item.corpus == corpus.name for item in every])
        answerable = np.array([item.answerable for item in every])[own]
        before, after = _measures(today[own], answerable), _measures(refitted[own], answerable)
        figures += [Figure(corpus.name, name, value, after[name]) for name, value in before.items()]
    best = fit(every)
    weights = dict(zip(NAMES, np.round(astuple(best.weights), 2).tolist(), strict=True))
    return Refit(title, tuple(figures), weights | {"bias": round(best.bias, 2)})


def _measures(sure: Numbers, answerable: NDArray[np.bool_]) -> dict[str, float]:
    """AUROC, then for each threshold which share is refused of what has no answer, and of what has one."""
    found = {"AUROC": auroc(sure, answerable)}
    for threshold in THRESHOLDS:
        refused = sure < threshold
        found[f"refused rightly at {threshold}"] = refusal_recall(refused, answerable)
        found[f"refused wrongly at {threshold}"] = false_refusal_rate(refused, answerable)
    return found
