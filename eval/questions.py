"""The questions: what is asked, which pages answer, which facts an answer must hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from eval.errors import QuestionSetError
from guideqa.types import Filters, Question, Turn


class QuestionType(StrEnum):
    """How a question is put, or why it has no answer."""

    FACT = "fact"
    HOW = "how"
    LIST = "list"
    COMPARISON = "comparison"
    PARAPHRASE = "paraphrase"
    KEYWORD = "keyword"
    NOISY = "noisy"
    FOLLOW_UP = "follow_up"
    UNANSWERABLE = "unanswerable"
    OFF_TOPIC = "off_topic"

    @property
    def label(self) -> str:
        """The word that reports show."""
        return _TYPE_LABELS[self.value]


_TYPE_LABELS = {
    "fact": "事実・数値",
    "how": "方法・理由",
    "list": "列挙",
    "comparison": "比較",
    "paraphrase": "言い換え",
    "keyword": "キーワード",
    "noisy": "誤記・略語",
    "follow_up": "続きの質問",
    "unanswerable": "記載なし",
    "off_topic": "対象外",
}


class Split(StrEnum):
    """What a question may be used for: nothing is ever tuned on `report`."""

    TUNE = "tune"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class GoldQuote:
    """A few words of the original that show where the answer stands."""

    page: str
    text: str


@dataclass(frozen=True, slots=True)
class EvalQuestion:
    """A question with all that is needed to judge what a system makes of it."""

    id: str
    question: str
    type: QuestionType
    answerable: bool
    pages: tuple[str, ...] = ()  # printed labels; any one answers unless all are needed
    all_pages_needed: bool = False
    alternates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # page → its stand-ins
    facts: tuple[tuple[str, ...], ...] = ()  # each a list of accepted strings
    turns: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)
    quotes: tuple[GoldQuote, ...] = ()
    standalone: str = ""  # a follow-up written out
    absent: tuple[str, ...] = ()  # strings that occur nowhere in the book
    documents: tuple[str, ...] = ()  # ids of the documents that `pages` are of; none: any document
    split: Split = Split.TUNE

    @property
    def needs(self) -> tuple[frozenset[str], ...]:
        """What must be found: one set of equivalent labels for each page that is needed.

        Where any page answers, all of them and their alternates are one need.
        """
        if not self.answerable:
            return ()
        groups = [frozenset((page, *self.alternates.get(page, ()))) for page in self.pages]
        return tuple(groups) if self.all_pages_needed else (frozenset().union(*groups),)

    @property
    def right_pages(self) -> frozenset[str]:
        """Every label that may be cited."""
        return frozenset().union(*self.needs)

    def asked(self) -> Question:
        """What the product is asked."""
        return Question(self.question, self.turns, self.filters)

    def written_out(self) -> Question | None:
        """A follow-up as one question without a conversation; None for other questions."""
        return Question(self.standalone, (), self.filters) if self.standalone else None


def split_of(question_id: str) -> Split:
    """The split of a question, by a hash of its id alone: adding questions moves none."""
    digest = hashlib.sha256(question_id.encode("utf-8")).digest()
    return Split.TUNE if digest[0] % 2 == 0 else Split.REPORT


def default_files() -> list[Path]:
    """The question files that come with the program."""
    return sorted((Path(__file__).parent / "questions").glob("*.jsonl"))


def load_questions(paths: Iterable[Path], split: Split | None = None) -> tuple[EvalQuestion, ...]:
    """The questions of some files, in order; `split` keeps those of one.

    Raises:
        QuestionSetError: a file is missing, a line malformed, an id given twice, or nothing is left.
    """
    from eval.question_format import parse_question, read_lines

    paths = list(paths)
    found: dict[str, EvalQuestion] = {}
    for path in paths:
        for place, record in read_lines(path):
            question = parse_question(record(), place)
            if question.id in found:
                raise QuestionSetError(f"{place}: idが重複しています: {question.id}")
            found[question.id] = question
    kept = tuple(question for question in found.values() if split in (None, question.split))
    if not kept:
        names = "、".join(path.name for path in paths) or "ファイルの指定なし"
        raise QuestionSetError(f"質問が1件もありません（{names}、split: {split or 'all'}）。")
    return kept
