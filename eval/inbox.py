"""What readers say of wrong pages, as questions that wait for somebody to look at them.

A reader who names the right page has written half a question of the suite: what is asked and where it is answered.
Somebody adds the facts, puts a follow-up into words that stand alone, and takes names of persons out.
"""

from __future__ import annotations

import hashlib
import json
import os
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.errors import QuestionSetError
from eval.importing import as_record
from eval.question_format import parse_question
from eval.questions import EvalQuestion, QuestionType, load_questions
from eval.validation import Book, check_questions
from guideqa.cli import print_json
from guideqa.errors import NotFoundError
from guideqa.feedback import Feedback, FeedbackStore, PagePlace, Verdict
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import load_store
from guideqa.index.store import CorpusStore
from guideqa.settings import Settings, load_settings
from guideqa.types import DocumentKind

WAITING, ACCEPTED, DROPPED = "waiting for review", "accepted", "dropped"
_LABELS = {WAITING: "確認待ち", ACCEPTED: "採用済み", DROPPED: "見送り"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question as a reader's feedback gives it, and what has become of it."""

    id: str
    question: str
    right_page: PagePlace
    cited: tuple[PagePlace, ...]
    status: str

    def record(self, **changes: Any) -> dict[str, Any]:
        """In the form of question files; the facts are still to be written."""
        return {
            "id": self.id,
            "question": self.question,
            "type": QuestionType.FACT.value,
            "answerable": True,
            "pages": [self.right_page.label],
            "facts": [],
            "documents": [self.right_page.document],
        } | changes


class Inbox:
    """The candidates, kept where the feedback is."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is opened or created yet."""
        self._feedback = FeedbackStore(data_dir)

    def candidates(self) -> list[Candidate]:
        """All of them, oldest first."""
        reviewed = self._feedback.reviews()
        return [
            _candidate(item, item.right_page, reviewed)
            for item in self._feedback.all()
            if item.verdict is Verdict.WRONG_PAGE and item.right_page is not None
        ]

    def waiting(self, key: str) -> Candidate:
        """One that waits.

        Raises:
            NotFoundError: there is none of this id, or it has been looked at.
        """
        found = [item for item in self.candidates() if item.id == key and item.status == WAITING]
        if not found:
            raise NotFoundError(f"確認待ちの質問がありません: {key}（guideqa eval inbox で確かめてください）")
        return found[0]

    def accept(self, question: EvalQuestion, book: Book, path: Path) -> None:
        """Add a question to a question file, where nothing is off in it.

        Raises:
            QuestionSetError: something is, here or in what the file holds; then nothing is written.
        """
        there = load_questions([path]) if path.exists() else ()
        placed = [*((path.name, item) for item in there), (question.id, question)]
        wrong = [item for item in check_questions(placed, None) if item.place == question.id]
        wrong += check_questions([(question.id, question)], book)
        messages = dict.fromkeys(item.message.removeprefix(f"{question.id}: ") for item in wrong)
        if messages:
            raise QuestionSetError(f"{question.id}: {'。'.join(messages)}")
        _append(path, json.dumps(as_record(question), ensure_ascii=False))
        self._feedback.review(question.id, ACCEPTED)

    def drop(self, candidate: Candidate) -> None:
        """Look at it no more."""
        self._feedback.review(candidate.id, DROPPED)


def _candidate(item: Feedback, right_page: PagePlace, reviewed: dict[str, str]) -> Candidate:
    """Another right page for the same answer is another candidate."""
    told = "\0".join((item.answer_id, right_page.document, right_page.label))
    key = f"inbox-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    return Candidate(key, item.question, right_page, item.cited, reviewed.get(key, WAITING))


def _append(path: Path, line: str) -> None:
    """One more line, on the disk before it is said to be there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        there = path.read_bytes() if path.exists() else b""
        end_of_last = "\n" if there and not there.endswith(b"\n") else ""
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{end_of_last}{line}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise QuestionSetError(f"ファイルに書き込めません（{error.strerror}）: {path}") from error


def show(options: Namespace) -> None:
    """Print what waits; with --all, also what has been looked at."""
    found = [
        item for item in Inbox(load_settings().data_dir).candidates() if options.all or item.status == WAITING
    ]
    if options.json:
        print_json([item.record(status=item.status) for item in found])
        return
    for item in found:
        for line in _lines(item):
            print(line)
    if not found:
        print("確認待ちの質問はありません。")


def _lines(item: Candidate) -> Iterator[str]:
    cited = "、".join(f"{page.document} {page.label}ページ" for page in item.cited) or "なし"
    yield f"{item.id}  {_LABELS[item.status]}  {' '.join(item.question.split())}"
    yield f"   正しいページ: {item.right_page.document} {item.right_page.label}ページ　答えが引いたページ: {cited}"


def accept(options: Namespace) -> None:
    """Take a candidate into a question file.

    Raises:
        NotFoundError: no such candidate waits, or its document is not in the index.
        QuestionSetError: something is off in the question.
    """
    settings = load_settings()
    inbox = Inbox(settings.data_dir)
    candidate = inbox.waiting(options.id)
    facts = [[text.strip() for text in fact.split("|") if text.strip()] for fact in options.fact]
    changes: dict[str, Any] = {"facts": facts, "type": options.type}
    if options.question:
        changes["question"] = options.question
    question = parse_question(candidate.record(**changes), candidate.id)
    path = options.to or settings.data_dir / "eval" / "inbox.jsonl"
    inbox.accept(question, _book(settings, candidate.right_page.document), path)
    print(f"質問を加えました: {path}（{question.id}）")


def _book(settings: Settings, document: str) -> Book:
    folder = IndexFolder(settings.index_dir)
    store = load_store(folder.current()) if folder.current_name() else CorpusStore()
    stored = store.document(document)
    is_original = stored.document.kind is DocumentKind.ORIGINAL
    return Book({page.page.ref.label: page.page.text for page in stored.pages}, is_original)


def drop(options: Namespace) -> None:
    """Say that a candidate is no question for the suite.

    Raises:
        NotFoundError: no such candidate waits.
    """
    inbox = Inbox(load_settings().data_dir)
    candidate = inbox.waiting(options.id)
    inbox.drop(candidate)
    print(f"見送りました: {candidate.id}")
