"""Questions from Excel and CSV: what people type comes through, and mistakes come back by row."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from conftest import Guideqa
from openpyxl import Workbook, load_workbook

from eval.errors import QuestionSetError
from eval.importing import import_questions, write_questions, write_template
from eval.questions import QuestionType, load_questions
from eval.table_columns import COLUMNS
from eval.validation import Book

BOOK = Book({str(page): "" for page in range(1, 32)}, is_original=False)
HEAD = [column.head for column in COLUMNS]
ROWS = [
    ["a-1", "利用料は？", "事実・数値", "あり", 12, "", "", "500円／五百円", "", "", ""],
    [
        "a-2",
        "夜間も預かる施設を全部",
        "列挙",
        "あり",
        "20、p.31",
        "はい",
        "20→21、22",
        "ひまわり園\nすみれ園",
        "",
        "",
        "",
    ],
    [
        "a-3",
        "それは何人まで？",
        "follow_up",
        "あり",
        "12",
        "",
        "",
        "20人",
        "利用者: どこである？\n回答：公民館です。",
        "教室の定員は何人ですか",
        "",
    ],
    ["", "職員の年齢は", "記載なし", "なし", "", "", "", "", "", "", "職員の年齢"],
]


def excel(path: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    book.close()
    return path


def comma_separated(path: Path, rows: list[list[object]], encoding: str = "utf-8-sig") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("kind", ["xlsx", "utf-8", "shift_jis"])
def test_a_table_becomes_questions(tmp_path: Path, kind: str) -> None:
    rows: list[list[object]] = [list(HEAD), *map(list, ROWS)]
    if kind == "xlsx":
        path = excel(tmp_path / "t.xlsx", rows)
    else:
        path = comma_separated(tmp_path / "t.csv", rows, "cp932" if kind == "shift_jis" else "utf-8-sig")

    (fact, every, follow_up, none), mistakes = import_questions(path, BOOK)

    assert mistakes == []
    assert (fact.id, fact.pages, fact.facts) == ("a-1", ("12",), (("500円", "五百円"),))
    assert (every.pages, every.all_pages_needed, every.alternates) == (
        ("20", "31"),
        True,
        {"20": ("21", "22")},
    )
    assert every.facts == (("ひまわり園",), ("すみれ園",))
    assert [(turn.role, turn.content) for turn in follow_up.turns] == [
        ("user", "どこである？"),
        ("assistant", "公民館です。"),
    ]
    assert (none.type, none.answerable, none.absent) == (QuestionType.UNANSWERABLE, False, ("職員の年齢",))
    assert none.id.startswith("q-")


def test_what_was_imported_can_be_read_back(tmp_path: Path) -> None:
    questions, _ = import_questions(excel(tmp_path / "t.xlsx", [list(HEAD), *map(list, ROWS)]), BOOK)

    write_questions(tmp_path / "q.jsonl", questions)

    assert load_questions([tmp_path / "q.jsonl"]) == tuple(questions)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["a", "", "事実・数値", "あり", "12", "", "", "x"], ["質問: 空です"]),
        (
            ["a", "q", "なぞなぞ", "あり", "12", "", "", "x"],
            ["種類: 「なぞなぞ」は使えません（使えるもの: 事実・数値、"],
        ),
        (
            ["a", "q", "事実・数値", "yes", "12", "", "", "x"],
            ["答え: 「yes」は使えません（ありかなしと書いてください）"],
        ),
        (["a", "q", "事実・数値", "あり", "12-14", "", "", "x"], ["ページ: 「12-14」: 範囲では書けません"]),
        (["a", "q", "事実・数値", "あり", "", "", "", "x"], ["「ページ」 が必要です"]),
        (["a", "q", "事実・数値", "あり", "99", "", "", "x"], ["文書にないページです: 99"]),
        (
            ["a", "q", "列挙", "あり", "12", "はい", "12:13", "x"],
            ["代わりのページ: 「12:13」: 「70→69、71」の形で"],
        ),
        (
            ["a", "q", "続きの質問", "あり", "12", "", "", "x", "住民: x", "y"],
            ["これまでの会話: 「住民: x」"],
        ),
        (["a", "q", "続きの質問", "あり", "12", "", "", "x"], ["「書き下した質問」", "「これまでの会話」"]),
        (["a", "q", "なぞ", "?", "1~2", "", "", "x"], ["種類: ", "答え: ", "ページ: "]),
    ],
)
def test_mistakes_come_back_by_row_in_the_words_of_the_table(
    tmp_path: Path, row: list[object], said: list[str]
) -> None:
    path = excel(tmp_path / "t.xlsx", [list(HEAD), list(ROWS[0]), [], row])

    questions, mistakes = import_questions(path, BOOK)

    messages = [str(mistake) for mistake in mistakes]
    for words in said:
        assert any(message.startswith("4行目: ") and words in message for message in messages), messages
    assert questions[0].id == "a-1"


def test_a_page_that_excel_made_a_date_of_is_said_to_be_one(tmp_path: Path) -> None:
    from datetime import datetime

    row: list[object] = ["a", "q", "事実・数値", "あり", datetime(2026, 1, 3), "", "", "x"]

    _, mistakes = import_questions(excel(tmp_path / "t.xlsx", [list(HEAD), row]), BOOK)

    assert "Excelが日付に変えています" in str(mistakes[0])


def test_an_id_given_twice_names_both_rows(tmp_path: Path) -> None:
    again = ["a-1", "別の質問", *ROWS[0][2:]]

    _, mistakes = import_questions(excel(tmp_path / "t.xlsx", [list(HEAD), list(ROWS[0]), list(again)]), BOOK)

    assert [str(mistake) for mistake in mistakes] == ["3行目: 「ID」が重複しています: a-1（2行目）"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.txt", b"x", "Excel（.xlsx）かCSV（.csv）"),
        ("t.xlsx", b"not a zip", "Excelのファイルとして読めません"),
        ("t.csv", b"\x81", "文字コードが分かりません"),
        ("t.csv", b"", "表が空です"),
        ("t.csv", "質問,種類\n".encode(), "足りない列: 答え"),
        ("t.csv", "質問,種類,答え,備考\n".encode(), "知らない列: 備考"),
        ("t.csv", "質問,種類,答え\n".encode(), "質問の行がありません"),
        ("t.csv", '質問,種類,答え\n"x'.encode(), "CSVとして読めません"),
    ],
)
def test_a_file_that_is_no_table_of_questions_is_refused(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(QuestionSetError) as error:
        import_questions(tmp_path / name, BOOK)
    assert said in str(error.value)


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv"])
def test_the_template_is_filled_in_and_imported(tmp_path: Path, name: str) -> None:
    """Its examples show the form, and are no questions."""
    path = tmp_path / name
    write_template(path)
    with pytest.raises(QuestionSetError, match="質問の行がありません"):
        import_questions(path, BOOK)
    if name == "t.csv":
        with path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(ROWS[0])
    else:
        book = load_workbook(path)
        book.worksheets[0].append(ROWS[0])
        assert book.sheetnames == ["質問", "書き方"]
        book.save(path)
        book.close()

    [question], mistakes = import_questions(path, BOOK)

    assert (question.id, mistakes) == ("a-1", [])


def test_the_examples_of_the_template_are_sound(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    write_template(path)
    path.write_text(path.read_text(encoding="utf-8-sig").replace("例-", "例"), encoding="utf-8")

    questions, mistakes = import_questions(path, BOOK)

    assert len(questions) == 4
    assert mistakes == []


def test_a_template_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(QuestionSetError, match=r"\.xlsx か \.csv"):
        write_template(tmp_path / "t.pdf")
    with pytest.raises(QuestionSetError, match="書き込めません"):
        write_template(tmp_path / "file" / "t.csv")


def test_the_commands_make_a_template_and_import_a_table(guideqa_here: Guideqa, tmp_path: Path) -> None:
    rows: list[list[object]] = [
        list(HEAD),
        ["a-1", "利用料は？", "事実・数値", "あり", "3", "", "", "2,000円"],
    ]
    table = excel(tmp_path / "t.xlsx", rows)

    assert guideqa_here("eval", "template", tmp_path / "new.csv").code == 0
    done = guideqa_here("eval", "import", table, "--out", tmp_path / "q.jsonl")
    assert done.code == 0, done.err
    assert "質問1件を書き出しました" in done.out

    excel(table, [*rows, ["a-2", "定員は？", "なぞ", "あり", "3"]])
    refused = guideqa_here("eval", "import", table, "--out", tmp_path / "none.jsonl")
    assert "1件の誤り" in refused.refused()
    assert refused.out.startswith("3行目: 種類: 「なぞ」は使えません")
    assert not (tmp_path / "none.jsonl").exists()
