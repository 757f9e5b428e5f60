"""The form of question files: JSON lines, each checked where it stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from eval.errors import QuestionSetError
from eval.questions import EvalQuestion, GoldQuote, QuestionType, Split, split_of
from guideqa.types import Filters, Turn


def read_lines(path: Path) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """(place, record) for each line of a file of JSON lines; `place` names file and line.

    The record is read when called for, so that a reader can go on after a line that is off.

    Raises:
        QuestionSetError: the file is missing or no text; when called, that the line is no JSON object.
    """
    for number, line in _lines(path):
        place = f"{path.name} {number}行目"
        yield place, partial(_record, line, place)


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise QuestionSetError(f"質問のファイルがありません: {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionSetError(
            f"質問のファイルを読めません（UTF-8のJSON Linesが必要です）: {path}"
        ) from error
    # Not splitlines(): it also cuts at U+2028 and the like, which JSON strings may hold.
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _record(line: str, place: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise QuestionSetError(f"{place}: JSONとして読めません（{error}）。") from error
    if not isinstance(record, dict):
        raise QuestionSetError(f"{place}: 1行に1つのJSONオブジェクトが必要です。")
    return record


_KNOWN = set(EvalQuestion.__dataclass_fields__)


def parse_question(record: Mapping[str, Any], place: str) -> EvalQuestion:
    """One record of a question file. `place` names it in messages.

    Raises:
        QuestionSetError: a field is missing, unknown or of another form.
    """
    unknown = sorted(set(record) - _KNOWN)
    if unknown:
        raise QuestionSetError(f"{place}: 知らない項目です: {', '.join(unknown)}")
    identifier = _text(record, "id", place)
    try:
        kind = QuestionType(record.get("type", ""))
        split = Split(record["split"]) if record.get("split") else split_of(identifier)
    except ValueError as error:
        raise QuestionSetError(
            f"{place}: typeかsplitの値が正しくありません（type: {', '.join(QuestionType)}）: {error}"
        ) from error
    question = EvalQuestion(
        id=identifier,
        question=_text(record, "question", place),
        type=kind,
        answerable=_flag(record, "answerable", place, True),
        pages=_texts(record.get("pages", []), "pages", place),
        all_pages_needed=_flag(record, "all_pages_needed", place, False),
        alternates=_alternates(record.get("alternates", {}), place),
        facts=tuple(_texts(fact, "facts", place) for fact in _list(record.get("facts", []), "facts", place)),
        turns=tuple(_turn(turn, place) for turn in _list(record.get("turns", []), "turns", place)),
        filters=_filters(record.get("filters", {}), place),
        quotes=tuple(_quote(quote, place) for quote in _list(record.get("quotes", []), "quotes", place)),
        standalone=str(record.get("standalone", "") or ""),
        absent=_texts(record.get("absent", []), "absent", place),
        documents=_texts(record.get("documents", []), "documents", place),
        split=split,
    )
    _check(question, place)
    return question


def _check(question: EvalQuestion, place: str) -> None:
    if question.answerable and not question.pages:
        raise QuestionSetError(f"{place}: 答えのある質問（{question.id}）には pages が必要です。")
    if not question.answerable and question.pages:
        raise QuestionSetError(f"{place}: 答えのない質問（{question.id}）に pages があります。")
    strangers = sorted(set(question.alternates) - set(question.pages))
    if strangers:
        raise QuestionSetError(f"{place}: alternates のページが pages にありません: {', '.join(strangers)}")


def _list(value: object, name: str, place: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise QuestionSetError(f"{place}: {name} は配列（[…]）で書いてください: {value!r}")
    return value


def _texts(value: object, name: str, place: str) -> tuple[str, ...]:
    items = _list(value, name, place)
    if not all(isinstance(item, str) and item.strip() for item in items):
        raise QuestionSetError(f"{place}: {name} には空でない文字列だけを並べてください: {value!r}")
    return tuple(items)


def _text(record: Mapping[str, Any], name: str, place: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise QuestionSetError(f"{place}: {name} がありません。")
    return value


def _flag(record: Mapping[str, Any], name: str, place: str, default: bool) -> bool:
    value = record.get(name, default)
    if not isinstance(value, bool):
        raise QuestionSetError(f"{place}: {name} は true か false で書いてください: {value!r}")
    return value


def _alternates(value: object, place: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise QuestionSetError(
            f"{place}: alternates は {{ページ: [代わりのページ]}} で書いてください: {value!r}"
        )
    return {str(page): _texts(others, "alternates", place) for page, others in value.items()}


def _turn(value: object, place: str) -> Turn:
    if not isinstance(value, dict) or value.get("role") not in ("user", "assistant"):
        raise QuestionSetError(f"{place}: turns の role は user か assistant です: {value!r}")
    return Turn(value["role"], _text(value, "content", place))


def _filters(value: object, place: str) -> Filters:
    if not isinstance(value, dict) or set(value) - set(Filters.__dataclass_fields__):
        raise QuestionSetError(
            f"{place}: filters に使えるのは municipality, programme, document, collection, population です: {value!r}"
        )
    return Filters(**{name: _texts(values, "filters", place) for name, values in value.items()})


def _quote(value: object, place: str) -> GoldQuote:
    if not isinstance(value, dict):
        raise QuestionSetError(f"{place}: quotes は {{page, text}} の並びで書いてください: {value!r}")
    return GoldQuote(_text(value, "page", place), _text(value, "text", place))
