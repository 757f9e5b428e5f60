"""The columns of a table of questions: what each is called, what it fills, and how its cells are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from eval.questions import QuestionType


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table, and the field of a question that it fills."""

    head: str
    field: str
    read: Callable[[str], Any]
    note: str
    is_required: bool = False


class CellError(ValueError):
    """What is off in a cell, in the reader's words."""


def _kind(cell: str) -> str:
    by_label = {kind.label: kind for kind in QuestionType}
    if cell in by_label:
        return by_label[cell]
    if cell in set(QuestionType):
        return cell
    raise CellError(f"「{cell}」は使えません（使えるもの: {'、'.join(by_label)}）")


def _yes_no(yes: Sequence[str], no: Sequence[str]) -> Callable[[str], bool]:
    def read(cell: str) -> bool:
        if cell in yes or cell in no:
            return cell in yes
        raise CellError(f"「{cell}」は使えません（{yes[0]}か{no[0]}と書いてください）")

    return read


def _pages(cell: str) -> list[str]:
    if "日付" in cell:
        raise CellError(
            f"「{cell}」: Excelが日付に変えています。セルの書式を「文字列」にして入力し直してください"
        )
    labels = [part for part in re.split(r"[、,，・\s]+", cell) if part]
    for label in labels:
        if re.search(r"[-–~〜～]", label):
            raise CellError(f"「{label}」: 範囲では書けません。ページを1つずつ「、」で区切ってください")
    return [label.removeprefix("p.").removesuffix("ページ").removesuffix("頁") for label in labels]


def _lines(cell: str) -> list[str]:
    return [line.strip() for line in cell.splitlines() if line.strip()]


def _facts(cell: str) -> list[list[str]]:
    return [[part.strip() for part in re.split("[／|｜]", line) if part.strip()] for line in _lines(cell)]


def _alternates(cell: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in _lines(cell):
        page, arrow, others = line.partition("→")
        if not arrow or not others.strip():
            raise CellError(f"「{line}」: 「70→69、71」の形で書いてください")
        found[page.strip()] = _pages(others)
    return found


def _turns(cell: str) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in map(_turn, _lines(cell))]


def _turn(line: str) -> tuple[str, str]:
    who, _, content = line.replace("：", ":", 1).partition(":")
    role = {"利用者": "user", "回答": "assistant"}.get(who.strip())
    if role is None or not content.strip():
        raise CellError(f"「{line}」: 「利用者: …」か「回答: …」の形で、1行に1つ書いてください")
    return role, content.strip()


COLUMNS: Sequence[Column] = (
    Column("ID", "id", str, "重ならない名前。空なら自動で付きます。"),
    Column("質問", "question", str, "職員が実際に打ち込む言葉のままで。", True),
    Column("種類", "type", _kind, "、".join(kind.label for kind in QuestionType), True),
    Column("答え", "answerable", _yes_no(["あり"], ["なし"]), "文書に答えがあるか（ありかなし）。", True),
    Column("ページ", "pages", _pages, "印刷されたページ番号。どれか1つで答えになるものを「、」で区切る。"),
    Column(
        "全ページ必要",
        "all_pages_needed",
        _yes_no(["はい"], ["いいえ"]),
        "列挙や比較で、すべてのページが要るとき「はい」。",
    ),
    Column(
        "代わりのページ",
        "alternates",
        _alternates,
        "「70→69、71」の形で1行に1つ。70ページの代わりに引用してよいページ。",
    ),
    Column(
        "必要な事実",
        "facts",
        _facts,
        "回答に含まれるべき言葉。1行に1つ。言い方がいくつかあれば「／」で区切る。",
    ),
    Column(
        "これまでの会話", "turns", _turns, "続きの質問のとき。「利用者: …」「回答: …」を1行に1つ、古い順に。"
    ),
    Column("書き下した質問", "standalone", str, "続きの質問のとき、会話がなくても分かる形に書き直したもの。"),
    Column(
        "どこにもない言葉", "absent", _lines, "答えのない質問で、文書のどこにも出てこない言葉。1行に1つ。"
    ),
)

EXAMPLES = (
    (
        "例-1",
        "この事業の利用料はいくらですか",
        "事実・数値",
        "あり",
        "12",
        "",
        "",
        "500円／五百円",
        "",
        "",
        "",
    ),
    (
        "例-2",
        "夜間も預かっている施設を全部",
        "列挙",
        "あり",
        "20、31",
        "はい",
        "20→21",
        "ひまわり園\nすみれ園",
        "",
        "",
        "",
    ),
    (
        "例-3",
        "それは何人まで？",
        "続きの質問",
        "あり",
        "12",
        "",
        "",
        "20人",
        "利用者: 夏の教室はどこである？\n回答: 公民館です。",
        "夏の教室の定員は何人ですか",
        "",
    ),
    ("例-4", "職員の年齢を教えて", "記載なし", "なし", "", "", "", "", "", "", "職員の年齢"),
)
