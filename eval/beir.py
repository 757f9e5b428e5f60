"""BEIR folders: `corpus.jsonl`, `queries.jsonl` and `qrels/*.tsv`, with conversations and without answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from eval.errors import QuestionSetError
from guideqa.types import Question, Turn


@dataclass(frozen=True, slots=True)
class BeirDocument:
    """A document of the corpus."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class BeirQuery:
    """A query with the conversation before it."""

    id: str
    text: str
    history: tuple[Turn, ...] = ()

    def asked(self) -> Question:
        """What the product is asked."""
        return Question(self.text, self.history)


@dataclass(frozen=True, slots=True)
class BeirDataset:
    """A folder that has been read. A query without relevant documents has no answer in the corpus."""

    name: str
    documents: tuple[BeirDocument, ...]
    queries: tuple[BeirQuery, ...]
    qrels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # query → document → grade

    def relevant(self, query_id: str) -> dict[str, int]:
        """The documents with a positive grade."""
        return {name: grade for name, grade in self.qrels.get(query_id, {}).items() if grade > 0}


def read_dataset(folder: Path) -> BeirDataset:
    """Read a folder. Queries that neither occur in the qrels nor are marked unanswerable are left out.

    Raises:
        QuestionSetError: a file is missing or malformed, an id twice, or a qrel names an unknown document.
    """
    documents = _by_id(_documents(folder / "corpus.jsonl"), "corpus.jsonl")
    qrels = _qrels(folder / "qrels")
    _check_qrels(qrels, documents)
    queries = _by_id(_queries(folder / "queries.jsonl", qrels), "queries.jsonl")
    if not documents or not queries:
        raise QuestionSetError(f"文書か質問が1件もありません: {folder}")
    return BeirDataset(folder.name, tuple(documents.values()), tuple(queries.values()), qrels)


def _documents(path: Path) -> Iterator[BeirDocument]:
    for place, record in _records(path):
        yield BeirDocument(_id(record, place), str(record.get("title") or ""), _field(record, "text", place))


def _queries(path: Path, qrels: Mapping[str, Mapping[str, int]]) -> Iterator[BeirQuery]:
    for place, record in _records(path):
        identifier = _id(record, place)
        if identifier not in qrels and record.get("answerable", True):
            continue
        history = record.get("history") or record.get("turns") or []
        if not isinstance(history, list):
            raise QuestionSetError(f"{place}: history は配列で書いてください: {history!r}")
        turns = tuple(_turn(turn, number, place) for number, turn in enumerate(history))
        yield BeirQuery(identifier, _field(record, "text", place), turns)


def _turn(value: object, number: int, place: str) -> Turn:
    """A turn as {role, content}, or as a bare string: then user and assistant alternate."""
    if isinstance(value, str):
        return Turn("user" if number % 2 == 0 else "assistant", value)
    if isinstance(value, dict) and value.get("role") in ("user", "assistant"):
        return Turn(value["role"], _field(value, "content", place))
    raise QuestionSetError(f"{place}: history は文字列か {{role, content}} の並びで書いてください: {value!r}")


def _qrels(folder: Path) -> dict[str, dict[str, int]]:
    files = sorted(folder.glob("*.tsv"))
    if not files:
        raise QuestionSetError(f"qrels のファイル（*.tsv）がありません: {folder}")
    found: dict[str, dict[str, int]] = {}
    for path in files:
        for number, line in enumerate(_text(path).split("\n"), start=1):
            cells = line.rstrip("\r").split("\t")
            if not line.strip() or (number == 1 and not cells[-1].strip().lstrip("-").isdigit()):
                continue
            try:
                # query, document, grade; TREC's form has an unused second column
                query, *_, document, grade = cells
                found.setdefault(query, {})[document] = int(grade)
            except ValueError as error:
                raise QuestionSetError(
                    f"{path.name} {number}行目: 「質問ID⇥文書ID⇥整数」の形で書いてください: {line!r}"
                ) from error
    return found


def _check_qrels(qrels: Mapping[str, Mapping[str, int]], documents: Mapping[str, BeirDocument]) -> None:
    for query, grades in qrels.items():
        unknown = sorted(set(grades) - set(documents))
        if unknown:
            raise QuestionSetError(f"qrels の文書がコーパスにありません（質問 {query}）: {unknown[0]}")


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path.name} {number}行目"
        try:
            record = json.loads(line)
        except ValueError as error:
            raise QuestionSetError(f"{place}: JSONとして読めません（{error}）。") from error
        if not isinstance(record, dict):
            raise QuestionSetError(f"{place}: 1行に1つのJSONオブジェクトが必要です。")
        yield place, record


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise QuestionSetError(f"データセットのファイルがありません: {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionSetError(f"データセットのファイルを読めません: {path}") from error


def _id(record: Mapping[str, Any], place: str) -> str:
    identifier = record.get("_id", record.get("id"))
    if (
        not isinstance(identifier, str | int)
        or not str(identifier)
        or str(identifier).split() != [str(identifier)]
    ):
        raise QuestionSetError(f"{place}: _id がないか、空白を含んでいます: {identifier!r}")
    return str(identifier)


def _field(record: Mapping[str, Any], name: str, place: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise QuestionSetError(f"{place}: {name} がありません。")
    return value


_Item = TypeVar("_Item", BeirDocument, BeirQuery)


def _by_id(items: Iterator[_Item], name: str) -> dict[str, _Item]:
    found: dict[str, _Item] = {}
    for item in items:
        if item.id in found:
            raise QuestionSetError(f"{name}: _id が重複しています: {item.id}")
        found[item.id] = item
    return found
