"""Fits the weights of `guideqa.answer.evidence` on the questions for tuning.

A sentence that holds a required fact, on a right page, should outscore those that hold none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from eval.metrics import missed_facts
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
from guideqa.answer.evidence import WEIGHTS, Evidence, QuestionTerms, SentenceFeatures, rank_evidence
from guideqa.answer.expectation import Expectation
from guideqa.answer.selection import PLAIN, PLAIN_HITS, best_within
from guideqa.retrieval.form import AnswerForm

NAMES = tuple(field.name for field in fields(SentenceFeatures))
TODAY: Numbers = np.array(astuple(WEIGHTS))
# How many of a question's right sentences are set against all wrong ones.
RIGHT = 3
REGULARISATION = 1.0


@dataclass(frozen=True, slots=True)
class EvidenceExample:
    """The sentences that a plain answer to one question is chosen from, and which of them hold a fact."""

    corpus: str
    question_id: str
    facts: tuple[tuple[str, ...], ...]
    evidence: tuple[Evidence, ...]
    right: NDArray[np.bool_]

    @property
    def features(self) -> Numbers:
        """Shape (sentences, features)."""
        rows = [astuple(item.features) for item in self.evidence]
        return np.array(rows, np.float64).reshape(-1, len(NAMES))

    def answer(self, weights: Numbers) -> str:
        """The sentences that the product would choose under these weights."""
        scores = self.features @ weights
        scored = [
            replace(item, score=float(score)) for item, score in zip(self.evidence, scores, strict=True)
        ]
        best_first = sorted(scored, key=lambda item: -item.score)
        return "\n".join(item.sentence for item in best_within(best_first, PLAIN))

    def fact_first(self, weights: Numbers) -> float:
        """1 where the best sentence holds a fact."""
        return float(bool(self.evidence) and self.right[np.argmax(self.features @ weights)])

    def all_facts(self, weights: Numbers) -> float:
        """1 where the answer holds every fact."""
        return float(not missed_facts(self.answer(weights), self.facts))

    def length(self, weights: Numbers) -> float:
        """Characters of the answer."""
        return float(len(self.answer(weights)))


def examples(corpus: Corpus, questions: Iterable[EvalQuestion]) -> list[EvidenceExample]:
    """The sentences for every question with facts whose answer is plain; lists and comparisons go by body.

    Raises:
        QuestionSetError: a question is kept for the report.
    """
    found = [_example(corpus, question) for question in tunable(questions) if question.facts]
    return [example for example in found if example is not None]


def _example(corpus: Corpus, question: EvalQuestion) -> EvidenceExample | None:
    query = corpus.understand(question)
    if query.form in (AnswerForm.LIST, AnswerForm.COMPARISON):
        return None
    terms, wanted = QuestionTerms.of(query, corpus.index.lexical), Expectation.of(query.text)
    evidence = rank_evidence(terms, wanted, corpus.hits(question, query)[:PLAIN_HITS])
    right = [_holds_a_fact(question, item) for item in evidence]
    return EvidenceExample(
        corpus.name, question.id, question.facts, tuple(evidence), np.array(right, np.bool_)
    )


def _holds_a_fact(question: EvalQuestion, item: Evidence) -> bool:
    missed = missed_facts(item.sentence, question.facts)
    return is_right(question, item.hit.passage) and len(missed) < len(question.facts)


def fit(training: Sequence[EvidenceExample]) -> Numbers:
    """Weights of shape (features,), as long as today's: the answer's budget is in the unit of the scores."""
    pairs = np.concatenate([_pairs(example) for example in training])
    return as_long_as(fit_pairs(pairs, REGULARISATION), TODAY)


def _pairs(example: EvidenceExample) -> Numbers:
    features = example.features
    right, wrong = features[example.right][:RIGHT], features[~example.right]
    # A question with many sentences shall not drown the others.
    pairs = [(winner - loser) / len(wrong) ** 0.5 for winner in right for loser in wrong]
    return np.array(pairs, np.float64).reshape(-1, len(NAMES))


def refit(corpora: Sequence[Corpus], questions: Sequence[EvalQuestion]) -> Refit:
    """Today's weights against refitted ones."""
    every = [item for corpus in corpora for item in examples(corpus, questions)]
    held_out = out_of_fold(every, fit)
    names = [item.corpus for item in every]
    measures = {
        "a fact in the first sentence": EvidenceExample.fact_first,
        "all facts in the answer": EvidenceExample.all_facts,
        "characters": EvidenceExample.length,
    }
    figures = [
        figure
        for measure, value in measures.items()
        for figure in figures_by_corpus(
            names,
            measure,
            [value(item, TODAY) for item in every],
            [value(item, weights) for item, weights in zip(every, held_out, strict=True)],
        )
    ]
    weights = np.round(fit(every), 1)
    return Refit("evidence", tuple(figures), dict(zip(NAMES, weights.tolist(), strict=True)))
