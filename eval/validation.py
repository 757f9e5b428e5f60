"""Whether a question file can be trusted: its form, its pages, its quotations, its facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eval.errors import QuestionSetError
from eval.question_format import parse_question, read_lines
from eval.questions import EvalQuestion, QuestionType
from eval.text import folded, says, stands_in

# A longer quotation is a copy of somebody else's text.
MAX_QUOTE_CHARS = 24
_WITHOUT_ANSWER = frozenset({QuestionType.UNANSWERABLE, QuestionType.OFF_TOPIC})


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that is off in a question file."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Book:
    """The pages that questions are checked against."""

    pages: Mapping[str, str]  # label → text
    is_original: bool  # quotations and facts are checked in the original alone
    _folded: dict[str, str] = field(default_factory=dict)

    def says_anywhere(self, text: str) -> list[str]:
        """The labels of the pages on which a string stands."""
        return [label for label in self.pages if folded(text) in self._page(label)]

    def _page(self, label: str) -> str:
        if label not in self._folded:
            self._folded[label] = folded(self.pages[label])
        return self._folded[label]


def check_files(paths: Sequence[Path], book: Book | None) -> tuple[list[EvalQuestion], list[Mistake]]:
    """All questions that could be read, and every mistake in the files.

    Raises:
        QuestionSetError: a file is missing or no text.
    """
    questions: list[tuple[str, EvalQuestion]] = []
    mistakes: list[Mistake] = []
    for path in paths:
        for place, record in read_lines(path):
            try:
                questions.append((place, parse_question(record(), place)))
            except QuestionSetError as error:
                mistakes.append(Mistake(place, str(error).removeprefix(f"{place}: ")))
    if not questions and not mistakes:
        mistakes.append(Mistake("、".join(path.name for path in paths), "質問が1件もありません。"))
    mistakes += check_questions(questions, book)
    return [question for _, question in questions], mistakes


def check_questions(placed: Sequence[tuple[str, EvalQuestion]], book: Book | None) -> list[Mistake]:
    """Every mistake in questions that could be read, each given with its place."""
    found = list(_duplicates(placed))
    for place, question in placed:
        messages = [*_form(question), *(_against(question, book) if book else ())]
        found += [Mistake(place, f"{question.id}: {message}") for message in messages]
    return found


def _duplicates(placed: Sequence[tuple[str, EvalQuestion]]) -> Iterator[Mistake]:
    ids: dict[str, str] = {}
    texts: dict[tuple[str, ...], str] = {}
    for place, question in placed:
        if question.id in ids:
            yield Mistake(place, f"idが重複しています: {question.id}（{ids[question.id]}）")
        text = (folded(question.question), *(folded(turn.content) for turn in question.turns))
        if text in texts:
            yield Mistake(place, f"{question.id}: 同じ質問があります（{texts[text]}）")
        ids.setdefault(question.id, place)
        texts.setdefault(text, place)


def _form(question: EvalQuestion) -> Iterator[str]:
    if question.answerable == (question.type in _WITHOUT_ANSWER):
        yield f"typeとanswerableが合いません（{question.type}、{question.answerable}）"
    if question.answerable and not question.facts:
        yield "factsがありません"
    if not question.answerable and question.facts:
        yield "答えのない質問にfactsがあります"
    if (question.type is QuestionType.FOLLOW_UP) != bool(question.standalone):
        yield "standalone は続きの質問（follow_up）にだけ、必ず書きます"
    if question.type is QuestionType.FOLLOW_UP and not question.turns:
        yield "続きの質問（follow_up）には turns が必要です"
    for quote in question.quotes:
        if len(folded(quote.text)) > MAX_QUOTE_CHARS:
            yield f"引用が長すぎます（{len(folded(quote.text))}文字、{MAX_QUOTE_CHARS}文字まで）: {quote.text}"
        if question.answerable and quote.page not in question.right_pages:
            yield f"引用のページが pages にも alternates にもありません: {quote.page}"


def _against(question: EvalQuestion, book: Book) -> Iterator[str]:
    if not book.is_original:
        # A digest has no notes on some pages; one page for each need is enough.
        for need in question.needs:
            if need.isdisjoint(book.pages):
                yield f"文書にないページです: {', '.join(sorted(need))}"
        return
    unknown = sorted(question.right_pages - set(book.pages))
    if unknown:
        yield f"文書にないページです: {', '.join(unknown)}"
    for quote in question.quotes:
        if not stands_in(quote.text, book.pages.get(quote.page, "")):
            yield f"引用が{quote.page}ページにありません: {quote.text}"
    for text in question.absent:
        if pages := book.says_anywhere(text):
            yield f"「どこにもない」はずの言葉があります: {text}（{'・'.join(pages[:5])}ページ）"
    text = "\n".join(book.pages.get(page, "") for page in sorted(question.right_pages))
    for accepted in question.facts:
        if not says(text, accepted):
            yield f"factsの言葉が、答えのページのどこにもありません: {'／'.join(accepted)}"
