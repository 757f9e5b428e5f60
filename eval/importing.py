"""Questions from a table that needs no knowledge of this program, with mistakes named by row."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.errors import QuestionSetError
from eval.question_format import parse_question
from eval.questions import EvalQuestion
from eval.table_columns import COLUMNS, EXAMPLES, CellError
from eval.tables import read_table, write_table
from eval.validation import Book, Mistake, check_questions


def write_template(path: Path) -> None:
    """An empty table with examples, and how each column is filled.

    Raises:
        QuestionSetError: the name says neither Excel nor CSV, or it cannot be written.
    """
    notes = [("列", "書き方"), *((column.head, column.note) for column in COLUMNS)]
    notes.append(("", "「例-」で始まるIDの行は読み飛ばします。"))
    write_table(path, [[column.head for column in COLUMNS], *EXAMPLES], notes)


def import_questions(path: Path, book: Book | None) -> tuple[list[EvalQuestion], list[Mistake]]:
    """The questions of a table that could be read, and every mistake, each with its row.

    Raises:
        QuestionSetError: the file cannot be read, has no rows, or lacks a column.
    """
    rows = list(read_table(path))
    if not rows:
        raise QuestionSetError(f"表が空です: {path}")
    (_, head), *body = rows
    places = _places(head, path)
    placed: list[tuple[str, EvalQuestion]] = []
    mistakes: list[Mistake] = []
    for number, cells in body:
        values = {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}
        if values.get("ID", "").startswith("例-"):
            continue
        place = f"{number}行目"
        record, wrong = _record(values)
        mistakes += [Mistake(place, message) for message in wrong]
        try:
            if not wrong:
                placed.append((place, parse_question(record, place)))
        except QuestionSetError as error:
            mistakes.append(Mistake(place, _in_words(str(error).removeprefix(f"{place}: "))))
    found = [
        *mistakes,
        *(Mistake(item.place, _in_words(item.message)) for item in check_questions(placed, book)),
    ]
    if not placed and not found:
        raise QuestionSetError(f"質問の行がありません（「例-」の行は読み飛ばします）: {path}")
    return [question for _, question in placed], sorted(found, key=lambda item: int(item.place[:-2]))


def _places(head: Sequence[str], path: Path) -> dict[str, int]:
    names = [name.strip() for name in head]
    known = [column.head for column in COLUMNS]
    unknown = [name for name in names if name and name not in known]
    missing = [column.head for column in COLUMNS if column.is_required and column.head not in names]
    if unknown or missing:
        problems = [f"知らない列: {'、'.join(unknown)}"] if unknown else []
        problems += [f"足りない列: {'、'.join(missing)}"] if missing else []
        raise QuestionSetError(
            f"1行目の見出しが正しくありません（{'。'.join(problems)}）。`guideqa eval template` のひな形を使ってください: {path}"
        )
    return {name: place for place, name in enumerate(names) if name}


def _record(values: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    record: dict[str, Any] = {}
    wrong: list[str] = []
    for column in COLUMNS:
        cell = values.get(column.head, "")
        if not cell:
            if column.is_required:
                wrong.append(f"{column.head}: 空です")
            continue
        try:
            record[column.field] = column.read(cell)
        except CellError as error:
            wrong.append(f"{column.head}: {error}")
    record.setdefault("id", _own_id(values.get("質問", "")))
    return record, wrong


def _own_id(question: str) -> str:
    return "q-" + hashlib.sha256(question.encode()).hexdigest()[:8]


def _in_words(message: str) -> str:
    """A message about a field, in the table's own words."""
    for column in COLUMNS:
        message = re.sub(rf"(?<![A-Za-z_]){column.field}(?![A-Za-z_])", f"「{column.head}」", message)
    return message


def write_questions(path: Path, questions: Sequence[EvalQuestion]) -> None:
    """Write questions as JSON lines, in the form of the files that come with the program.

    Raises:
        QuestionSetError: the file cannot be written.
    """
    lines = [json.dumps(as_record(question), ensure_ascii=False) + "\n" for question in questions]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise QuestionSetError(f"ファイルに書き込めません（{error.strerror}）: {path}") from error


def as_record(question: EvalQuestion) -> dict[str, Any]:
    """A question as a line of a question file holds it."""
    record: dict[str, Any] = {
        "id": question.id,
        "question": question.question,
        "type": question.type.value,
        "answerable": question.answerable,
        "pages": list(question.pages),
        "all_pages_needed": question.all_pages_needed,
        "alternates": {page: list(others) for page, others in question.alternates.items()},
        "facts": [list(fact) for fact in question.facts],
        "turns": [{"role": turn.role, "content": turn.content} for turn in question.turns],
        "filters": {},
        "quotes": [],
    }
    record |= {"standalone": question.standalone} if question.standalone else {}
    record |= {"documents": list(question.documents)} if question.documents else {}
    return record | ({"absent": list(question.absent)} if question.absent else {})
