"""The tables of the ablation: the variants by type of question, the follow-ups, and a public set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.ablation import COUNT, VARIANTS, Ablated
from eval.beir import read_dataset
from eval.dataset_index import built_assistant, document_ranking
from eval.metrics import hit_at, recall_at, served
from eval.questions import EvalQuestion, QuestionType
from eval.training import Corpus, labels_of, open_corpora
from guideqa.assistant import ANSWER_HITS
from guideqa.conversation import standalone
from guideqa.encoder.protocol import Encoder
from guideqa.index.opened import OpenIndex
from guideqa.settings import Settings
from guideqa.types import Question

Progress = Callable[[int, int], None]
Text = Callable[[EvalQuestion, OpenIndex], str]


def _as_asked(question: EvalQuestion, index: OpenIndex) -> str:
    asked = question.asked()
    return standalone(asked, index.entities, index.lexical.holds) or asked.text


def _concatenated(question: EvalQuestion, index: OpenIndex) -> str:
    said = [turn.content for turn in question.turns if turn.role == "user"]
    return " ".join([*said, question.question])


FOLLOW_UPS: Mapping[str, Text] = {
    "the last turn alone": lambda question, index: question.question,
    "the user's turns, concatenated": _concatenated,
    "as we do it": _as_asked,
    "written out by hand": lambda question, index: question.standalone,
}


@dataclass(frozen=True, slots=True)
class Row:
    """The measures of one question."""

    type: QuestionType
    first: float
    among_five: float
    recall: float | None  # where all pages are needed


def measure(
    corpus: Corpus, ablated: Ablated, questions: Sequence[EvalQuestion], text: Text = _as_asked
) -> list[Row]:
    """Search for each question."""
    return [_row(corpus, ablated, question, text) for question in questions]


def _row(corpus: Corpus, ablated: Ablated, question: EvalQuestion, text: Text) -> Row:
    passages = ablated.search(text(question, corpus.index), question.filters)
    needs = question.needs
    ranking = served(needs, [labels_of(question, passage) for passage in passages])
    return Row(
        question.type,
        hit_at(1, ranking),
        hit_at(5, ranking),
        recall_at(COUNT, ranking, len(needs)) if question.all_pages_needed else None,
    )


def of_questions(
    folders: Sequence[Path],
    questions: Sequence[EvalQuestion],
    settings: Settings,
    encoder: Encoder,
    progress: Progress = lambda done, of: None,
) -> Iterator[str]:
    """Two tables for each index: the variants by type of question, and the follow-ups by what is searched for."""
    asked = [question for question in questions if question.answerable]
    corpora = open_corpora(folders, settings, encoder)
    for place, corpus in enumerate(corpora):
        rows: dict[str, list[Row]] = {}
        for done, variant in enumerate(VARIANTS, start=1):
            ablated = Ablated(variant, corpus.index, settings, encoder)
            rows[variant.name] = measure(corpus, ablated, asked)
            progress(place * len(VARIANTS) + done, len(corpora) * len(VARIANTS))
        yield from [f"### {corpus.name} ({len(asked)} questions)", "", *_by_type(rows), ""]
        yield from [*_follow_ups(corpus, asked, settings, encoder), ""]


def _by_type(rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    types = list(dict.fromkeys(row.type for row in next(iter(rows.values()))))
    yield from _table_head(["", "hit@1", "hit@5", "recall@10 (all needed)", *(f"{t} @1" for t in types)])
    for name, found in rows.items():
        recalls = [row.recall for row in found if row.recall is not None]
        firsts = [_mean([row.first for row in found if row.type is kind]) for kind in types]
        every = [_mean([row.first for row in found]), _mean([row.among_five for row in found])]
        yield _table_row(name, [*every, _mean(recalls), *firsts])


def _follow_ups(
    corpus: Corpus, questions: Sequence[EvalQuestion], settings: Settings, encoder: Encoder
) -> Iterator[str]:
    chosen = [question for question in questions if question.turns and question.standalone]
    ablated = Ablated(VARIANTS[0], corpus.index, settings, encoder)
    yield from _table_head([f"{len(chosen)} follow-ups", "hit@1", "hit@5"])
    for name, text in FOLLOW_UPS.items():
        found = measure(corpus, ablated, chosen, text)
        yield _table_row(name, [_mean([r.first for r in found]), _mean([r.among_five for r in found])])


def of_dataset(
    folder: Path,
    cache: Path,
    settings: Settings,
    encoder: Encoder,
    progress: Progress = lambda done, of: None,
) -> Iterator[str]:
    """A table of the variants over the queries of a BEIR folder that have an answer.

    Raises:
        QuestionSetError: the folder is malformed.
    """
    dataset = read_dataset(folder)
    queries = [query for query in dataset.queries if dataset.relevant(query.id)]
    with built_assistant(dataset.documents, encoder, settings, cache) as assistant:
        yield from [f"### {dataset.name} ({len(queries)} queries)", ""]
        yield from _table_head(["", "hit@1", "hit@5"])
        for done, variant in enumerate(VARIANTS, start=1):
            ablated = Ablated(variant, assistant.index, settings, encoder)
            found = [
                _ranks(ablated, query.asked(), assistant.index, dataset.relevant(query.id))
                for query in queries
            ]
            yield _table_row(
                variant.name, [_mean([first for first, _ in found]), _mean([five for _, five in found])]
            )
            progress(done, len(VARIANTS))


def _ranks(
    ablated: Ablated, question: Question, index: OpenIndex, relevant: Mapping[str, int]
) -> tuple[bool, bool]:
    text = standalone(question, index.entities, index.lexical.holds) or question.text
    documents = document_ranking(ablated.search(text, question.filters, ANSWER_HITS))
    return documents[:1] != [] and documents[0] in relevant, not relevant.keys().isdisjoint(documents[:5])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _table_head(names: Sequence[str]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"


def _table_row(name: str, values: Sequence[float]) -> str:
    return f"| {name} | {' | '.join('–' if np.isnan(value) else f'{value:.3f}' for value in values)} |"
