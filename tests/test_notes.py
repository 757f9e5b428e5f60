"""The digest: our own notes on each page, with the questions that they answer out of sight."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATIENCE_SECONDS, REPOSITORY, TINY_CORPUS

from guideqa.errors import DocumentError, SettingsError
from guideqa.text.tables import table_heads
from guideqa.types import Document, DocumentKind, PageStatus, Passage
from ingest.manifest import Manifest
from ingest.readers.markdown import read_markdown_folder
from ingest.understanding import understand

CORPUS = REPOSITORY / "corpus"


def passages_of(folder: Path) -> tuple[Passage, ...]:
    ((document, path),) = Manifest.read(folder).digests()
    return understand(document, read_markdown_folder(path, document.title)).passages


def written(folder: Path, text: str) -> Path:
    """A folder with one file of notes."""
    (folder / "01.md").write_text(text, encoding="utf-8")
    return folder


def test_notes_know_their_page_their_path_and_their_programme() -> None:
    first, second, *_ = passages_of(TINY_CORPUS)

    assert [page.label for page in first.pages] == ["1"]
    assert first.headings[0] == "第1章 支援の考え方"
    assert first.facets.prefecture == "白峰県"
    assert second.facets.programme == "親子関係形成支援事業"
    assert second.pages[0].label == "2"


def test_the_rows_of_a_table_stand_below_the_names_of_its_columns() -> None:
    assert any(
        "会場｜曜日｜定員\n図書館｜水曜日｜12組" in passage.text for passage in passages_of(TINY_CORPUS)
    )


def test_a_table_that_is_cut_has_the_names_of_its_columns_in_every_passage(tmp_path: Path) -> None:
    rows = "".join(f"| {number}番の家 | {'長い話が続く。' * 20} |\n" for number in range(4))
    source = read_markdown_folder(written(tmp_path, f"# p.1 表\n\n| 家 | 話 |\n|---|---|\n{rows}"), "")
    passages = understand(Document("own", "表", DocumentKind.DIGEST, "own"), source).passages

    assert len(passages) > 1
    assert all(passage.text.startswith("家｜話\n") for passage in passages)


def test_the_names_of_columns_are_no_answer() -> None:
    lines = [
        "料金は次のとおり。",
        "世帯｜2歳未満｜2歳以上",
        "その他｜5,000円｜2,750円",
        "非課税｜500円",
        "以上。",
    ]

    assert table_heads(lines) == {1}
    assert table_heads(["一行だけ｜の表"]) == table_heads([]) == frozenset()


def test_no_heading_stands_twice_in_a_row(tmp_path: Path) -> None:
    text = "# p.1 その他の取り組み\n\n## その他の取り組み\n\n### 特徴\n\n本文である。\n"
    source = read_markdown_folder(written(tmp_path, text), "")
    (passage,) = understand(Document("own", "表", DocumentKind.DIGEST, "own"), source).passages

    assert passage.headings == ("その他の取り組み", "特徴")


def test_the_questions_that_notes_answer_are_indexed_and_never_shown() -> None:
    ((document, path),) = Manifest.read(TINY_CORPUS).digests()
    stored = understand(document, read_markdown_folder(path, document.title))

    assert "支援の柱は何本ある？" in stored.pages[0].questions
    assert not any("何本ある" in passage.text for passage in stored.passages)
    assert not any("何本ある" in page.page.text for page in stored.pages)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# p.1 一\n\n本文\n\n# p.1 また一\n\n本文\n", "重複"),
        ("前置き\n\n# p.1 一\n\n本文\n", "より前に"),
    ],
)
def test_notes_whose_pages_are_not_clear_are_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        read_markdown_folder(written(tmp_path, text), "")


@pytest.mark.parametrize("front", ["municipality\n", 'path: "not a list\n'])
def test_a_front_matter_that_is_off_is_refused(tmp_path: Path, front: str) -> None:
    document, _ = Manifest.read(TINY_CORPUS).digests()[0]
    source = read_markdown_folder(written(tmp_path, f"---\n{front}---\n\n# p.1 一\n\n本文\n"), "")

    with pytest.raises(DocumentError):
        understand(document, source)


@pytest.mark.parametrize("content", ["works = 3\n", "[[works]]\nid = 1\n", "works = [\n", "unknown = 1\n"])
def test_a_manifest_that_is_off_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.toml").write_text(content)

    with pytest.raises(SettingsError, match=r"manifest\.toml"):
        Manifest.read(tmp_path)


def test_the_shipped_digest_has_notes_on_every_page_that_it_names() -> None:
    for document, path in Manifest.read(CORPUS).digests():
        stored = understand(document, read_markdown_folder(path, document.title))

        assert document.kind is DocumentKind.DIGEST
        assert stored.passages
        assert {page.status for page in stored.pages} == {PageStatus.INDEXED}


def test_the_shipped_corpus_copies_no_sentence_of_the_guidebook() -> None:
    check = REPOSITORY.parent / "shared" / "tools" / "copycheck.py"
    if not check.is_file():
        pytest.skip("the copy check is not on this machine: ../shared/tools/copycheck.py")
    tracked = ["corpus/digest", "eval/questions", "README.md", "tests/tiny"]
    done = subprocess.run(
        [sys.executable, check, *tracked],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )

    assert done.returncode == 0, done.stdout
