"""What the fits share: questions that may be learnt from, indexes, folds, and a pairwise fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from eval.errors import QuestionSetError
from eval.questions import EvalQuestion, Split, load_questions
from guideqa.assistant import ANSWER_HITS
from guideqa.conversation import standalone
from guideqa.encoder.protocol import Encoder
from guideqa.index.opened import OpenIndex
from guideqa.retrieval.query import Query
from guideqa.retrieval.search import Retriever
from guideqa.settings import Settings
from guideqa.types import Hit, Passage
from guideqa.wiring import build_assistant, build_retriever

FOLDS = 5

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Corpus:
    """An index under a name, and the retriever that searches it as the product does."""

    name: str
    index: OpenIndex
    retriever: Retriever

    def understand(self, question: EvalQuestion) -> Query:
        """The question as the product understands it, with its conversation."""
        asked = question.asked()
        text = standalone(asked, self.index.entities, self.index.lexical.holds) or asked.text
        return self.retriever.understand(self.index, text)

    def hits(self, question: EvalQuestion, query: Query) -> list[Hit]:
        """What the product answers from."""
        return self.retriever.find(self.index, query, ANSWER_HITS, question.filters)


def open_corpora(folders: Sequence[Path], settings: Settings, encoder: Encoder) -> list[Corpus]:
    """The current index of each data folder, named for the folder.

    Raises:
        IndexUnavailableError: a folder has none that this model could search.
    """
    own = [settings.model_copy(update={"data_dir": folder}) for folder in folders]
    return [
        Corpus(one.data_dir.name, build_assistant(one, encoder).index, build_retriever(one, encoder))
        for one in own
    ]


def tunable(questions: Iterable[EvalQuestion]) -> tuple[EvalQuestion, ...]:
    """The questions, if all of them may be learnt from.

    Raises:
        QuestionSetError: one is kept for the report.
    """
    questions = tuple(questions)
    kept_apart = [question.id for question in questions if question.split is not Split.TUNE]
    if kept_apart:
        raise QuestionSetError(
            f"split が report の質問で調整することはできません（{len(kept_apart)}件: {kept_apart[0]} など）。"
            "tune の質問だけを使ってください。"
        )
    return questions


def tuning_questions(paths: Iterable[Path]) -> tuple[EvalQuestion, ...]:
    """The questions of some files that may be learnt from.

    Raises:
        QuestionSetError: a file is off, or holds none.
    """
    return tunable(load_questions(paths, Split.TUNE))


def labels_of(question: EvalQuestion, passage: Passage) -> frozenset[str]:
    """The labels of a passage's pages; none where it is of a document that the question is not about."""
    strange = question.documents and passage.document_id not in question.documents
    return frozenset() if strange else frozenset(page.label for page in passage.pages)


def is_right(question: EvalQuestion, passage: Passage) -> bool:
    """Whether a passage stands on a page that may be cited."""
    return not question.right_pages.isdisjoint(labels_of(question, passage))


class Example(Protocol):
    """Something to learn from, or to test on."""

    @property
    def question_id(self) -> str:
        """Examples of one question, from several indexes, stay in one fold."""
        ...


Item = TypeVar("Item", bound=Example)
Fitted = TypeVar("Fitted")


def out_of_fold(every: Sequence[Item], fit: Callable[[list[Item]], Fitted]) -> list[Fitted]:
    """For each example what was fitted on the folds that its question is not in."""
    ids = sorted({example.question_id for example in every})
    fold_of = {question_id: number % FOLDS for number, question_id in enumerate(ids)}
    folds = sorted(set(fold_of.values()))
    if len(folds) < 2:
        raise QuestionSetError(f"調整には答えを比べられる質問が2件以上必要です（{len(ids)}件）。")
    fitted = {fold: fit([item for item in every if fold_of[item.question_id] != fold]) for fold in folds}
    return [fitted[fold_of[example.question_id]] for example in every]


def fit_pairs(pairs: Numbers, regularisation: float) -> Numbers:
    """Weights under which what should win does; `pairs` are winner minus loser, shape (pairs, features).

    A logistic regression without a bias over the pairs and their mirror images. Source: Joachims,
    "Optimizing Search Engines using Clickthrough Data", KDD 2002.

    Raises:
        QuestionSetError: there is no pair to learn from.
    """
    from sklearn.linear_model import LogisticRegression

    if not len(pairs):
        raise QuestionSetError("調整に使える組がありません（正しい箇所と正しくない箇所の両方が必要です）。")
    labels = np.concatenate([np.ones(len(pairs)), np.zeros(len(pairs))])
    model = LogisticRegression(C=regularisation, fit_intercept=False, max_iter=3000)
    weights: Numbers = model.fit(np.concatenate([pairs, -pairs]), labels).coef_[0]
    return weights


def as_long_as(weights: Numbers, today: Numbers) -> Numbers:
    """The weights at the length of today's: the order stays, and so does the unit of what is read off scores."""
    length = float(np.linalg.norm(weights))
    return weights * (float(np.linalg.norm(today)) / length) if length else weights


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure on one index, with today's weights and with refitted ones in cross-validation."""

    corpus: str
    measure: str
    today: float
    refitted: float


@dataclass(frozen=True, slots=True)
class Refit:
    """What a fit found. `today` was itself fitted on some state of these questions: it is no held-out figure."""

    title: str
    figures: tuple[Figure, ...]
    weights: Mapping[str, float]  # fitted on everything, ready to paste

    def record(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        return {
            "title": self.title,
            "figures": [
                {"corpus": f.corpus, "measure": f.measure, "today": f.today, "refitted": f.refitted}
                for f in self.figures
            ],
            "weights": dict(self.weights),
        }

    def lines(self) -> Iterator[str]:
        """For the terminal."""
        yield self.title
        yield f"{'':12}{'':28}{'今の重み':>8}{'再調整（交差検証）':>12}"
        for figure in self.figures:
            yield f"{figure.corpus:12}{figure.measure:28}{figure.today:12.3f}{figure.refitted:20.3f}"
        yield from (f"    {name}={weight:g}," for name, weight in self.weights.items())


def figures_by_corpus(
    corpora: Sequence[str], measure: str, today: Sequence[float], refitted: Sequence[float]
) -> list[Figure]:
    """The means of a measure for each corpus; all three run in parallel over the examples."""
    rows = list(zip(corpora, today, refitted, strict=True))
    found = []
    for name in dict.fromkeys(corpora):
        own = np.array([(before, after) for corpus, before, after in rows if corpus == name], np.float64)
        found.append(Figure(name, measure, float(own[:, 0].mean()), float(own[:, 1].mean())))
    return found
