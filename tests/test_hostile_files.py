"""Files that are broken or meant to break: each is refused in words, within limits, and stops no other."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HARUKAZE, TINY_CORPUS, Guideqa, pipeline_of
from docx import Document as WordDocument
from reportlab.pdfgen.canvas import Canvas

from guideqa.errors import DocumentError
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.pipeline import Request
from ingest.readers import SUFFIXES
from ingest.readers.archives import unpack
from ingest.readers.isolation import Limits, read_isolated

SENTENCE = "会員は毎週木曜日に公民館に集まることにしている。"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", corpus_dir=TINY_CORPUS)


def word_file(path: Path) -> Path:
    document = WordDocument()
    document.add_heading("集まり", 1)
    document.add_paragraph(SENTENCE)
    document.save(str(path))
    return path


def repacked(source: Path, target: Path, change: Callable[[str, bytes], bytes], **more: bytes) -> Path:
    """A package with each part changed and more parts added."""
    with zipfile.ZipFile(source) as package, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in package.namelist():
            changed.writestr(name, change(name, package.read(name)))
        for name, content in more.items():
            changed.writestr(name.replace("__", "/"), content)
    return target


# Packages


def test_a_word_file_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    bomb = repacked(
        word_file(tmp_path / "a.docx"),
        tmp_path / "bomb.docx",
        lambda name, content: content,
        word__media=b"\0" * 60_000_000,
    )

    with pytest.raises(DocumentError, match="展開すると大きくなりすぎます"):
        read_isolated(bomb)


def test_a_zip_bomb_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("a.txt", b"0" * 60_000_000)

    with pytest.raises(DocumentError, match="展開すると大きくなりすぎます"):
        unpack(tmp_path / "bomb.zip", tmp_path / "out", SUFFIXES)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["../../climb.txt", "/etc/climb.txt", "..\\climb.txt", "C:/climb.txt"])
def test_a_zip_file_whose_names_climb_out_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        package.writestr(name, SENTENCE)

    with pytest.raises(DocumentError, match="フォルダーの外"):
        unpack(tmp_path / "a.zip", tmp_path / "out" / "in", SUFFIXES)
    assert list(tmp_path.rglob("climb.txt")) == []


def test_a_zip_file_with_a_link_in_it_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        package.writestr(link, "/etc/passwd")

    with pytest.raises(DocumentError, match="リンク"):
        unpack(tmp_path / "a.zip", tmp_path / "out", SUFFIXES)


def test_xml_that_declares_entities_is_refused(tmp_path: Path) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'

    def with_entities(name: str, content: bytes) -> bytes:
        return laughs + content.split(b"?>", 1)[1] if name == "word/document.xml" else content

    path = repacked(word_file(tmp_path / "a.docx"), tmp_path / "b.docx", with_entities)

    with pytest.raises(DocumentError, match="実体宣言"):
        read_isolated(path)


def test_a_file_with_macros_gives_its_text_and_runs_nothing(tmp_path: Path) -> None:
    macro = b"application/vnd.ms-word.document.macroEnabled.main+xml"
    plain = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    path = repacked(
        word_file(tmp_path / "a.docx"),
        tmp_path / "b.docm",
        lambda name, content: content.replace(plain, macro),
        word__vbaProject=b"Sub AutoOpen()",
    )

    text = "".join(page.text for page in read_isolated(path).pages)

    assert SENTENCE in text
    assert "AutoOpen" not in text


# Files that are not what they say


def lying_files(folder: Path) -> dict[str, tuple[Path, str]]:
    word = word_file(folder / "a.docx")
    canvas = Canvas(str(folder / "a.pdf"))
    canvas.drawString(60, 700, "x")
    canvas.save()
    (folder / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    (folder / "program.pdf").write_bytes(b"MZ" + b"\0" * 600)
    (folder / "word.xlsx").write_bytes(word.read_bytes())
    (folder / "word.pdf").write_bytes(word.read_bytes())
    (folder / "pdf.docx").write_bytes((folder / "a.pdf").read_bytes())
    (folder / "pdf.txt").write_bytes((folder / "a.pdf").read_bytes())
    (folder / "text.xlsx").write_text(SENTENCE, encoding="utf-8")
    (folder / "zip.docx").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    return {
        "old.docx": (folder / "old.docx", "古い形式"),
        "program.pdf": (folder / "program.pdf", "プログラム"),
        "word.xlsx": (folder / "word.xlsx", "Word文書"),
        "word.pdf": (folder / "word.pdf", "Word文書"),
        "pdf.docx": (folder / "pdf.docx", "PDF"),
        "pdf.txt": (folder / "pdf.txt", "PDF"),
        "text.xlsx": (folder / "text.xlsx", "テキスト"),
        "zip.docx": (folder / "zip.docx", "壊れて"),
    }


@pytest.mark.parametrize(
    "name",
    ["old.docx", "program.pdf", "word.xlsx", "word.pdf", "pdf.docx", "pdf.txt", "text.xlsx", "zip.docx"],
)
def test_a_file_that_lies_about_its_type_is_told_what_it_is(tmp_path: Path, name: str) -> None:
    path, says = lying_files(tmp_path)[name]

    with pytest.raises(DocumentError, match=says):
        read_isolated(path)


# PDF


def pdf_of(path: Path, objects: dict[int, str]) -> Path:
    """A PDF of these objects; 1 is the catalogue."""
    body = b"%PDF-1.7\n"
    places = {}
    for number, content in objects.items():
        places[number] = len(body)
        body += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = len(body)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    body += b"".join(f"{places[number]:010d} 00000 n \n".encode() for number in sorted(objects))
    body += f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF".encode()
    path.write_bytes(body)
    return path


def test_a_pdf_whose_page_tree_is_a_loop_comes_to_an_end(tmp_path: Path) -> None:
    path = pdf_of(
        tmp_path / "loop.pdf",
        {
            1: "<</Type/Catalog/Pages 2 0 R>>",
            2: "<</Type/Pages/Kids[3 0 R]/Count 1000000>>",
            3: "<</Type/Pages/Kids[2 0 R]/Count 1000000/Parent 2 0 R>>",
        },
    )

    with pytest.raises(DocumentError):
        read_isolated(path, Limits(seconds=60))


def test_a_pdf_that_nests_forms_in_each_other_comes_to_an_end(tmp_path: Path) -> None:
    form = "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 4 0 R>>>>/Length 5>>stream\n/F Do\nendstream"
    path = pdf_of(
        tmp_path / "nested.pdf",
        {
            1: "<</Type/Catalog/Pages 2 0 R>>",
            2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 5 0 R/Resources<</XObject<</F 4 0 R>>>>>>",
            4: form,
            5: "<</Length 5>>stream\n/F Do\nendstream",
        },
    )

    with pytest.raises(DocumentError):
        read_isolated(path, Limits(seconds=60))


def test_a_pdf_of_many_objects_is_read_or_refused_within_its_limits(tmp_path: Path) -> None:
    objects = {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>",
    } | dict.fromkeys(range(4, 100_000), "<<>>")

    with pytest.raises(DocumentError):  # its one page is empty
        read_isolated(pdf_of(tmp_path / "many.pdf", objects), Limits(seconds=60))


@pytest.fixture(scope="module")
def long_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "long.pdf"
    canvas = Canvas(str(path))
    for number in range(1, 3001):
        for line in range(8):
            canvas.drawString(60, 780 - 20 * line, f"Line {line} of page {number} says what it says.")
        canvas.showPage()
    canvas.save()
    return path


def test_three_thousand_pages_are_read(long_pdf: Path) -> None:
    assert len(read_isolated(long_pdf).pages) == 3000


# Limits


def test_a_file_that_keeps_its_reader_waiting_is_given_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "never.txt")  # opening it waits for a writer, and nobody writes

    with pytest.raises(DocumentError, match="1秒で終わらない"):
        read_isolated(tmp_path / "never.txt", Limits(seconds=1))


def test_a_file_that_keeps_the_processor_busy_is_given_up(long_pdf: Path) -> None:
    with pytest.raises(DocumentError, match="1秒で終わらない"):
        read_isolated(long_pdf, Limits(processor_seconds=1))


def test_a_file_that_takes_too_much_memory_is_given_up(long_pdf: Path) -> None:
    with pytest.raises(DocumentError, match="途中で止まりました"):
        read_isolated(long_pdf, Limits(memory_bytes=150 * 1024**2))


def test_a_file_over_the_limit_of_size_is_not_opened(long_pdf: Path) -> None:
    with pytest.raises(DocumentError, match="大きすぎます"):
        read_isolated(long_pdf, Limits(file_bytes=1000))


def test_a_text_of_too_many_characters_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(SENTENCE * 1000, encoding="utf-8")

    with pytest.raises(DocumentError, match="文字数が多すぎます"):
        read_isolated(tmp_path / "a.txt", Limits(characters=1000))


# One bad file among good ones


def test_one_bad_file_never_stops_the_others(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"MZ" + b"\0" * 100)
    word_file(tmp_path / "good.docx")

    paths = (tmp_path / "bad.pdf", HARUKAZE, tmp_path / "good.docx")
    report = pipeline_of(settings, BigramEncoder()).ingest(Request(paths))

    added = {document.stored.document.id for document in report.documents}
    assert {"harukaze", "good"} <= added
    assert len(report.failures) == 1
    assert "bad.pdf" in report.failures[0]


def test_the_command_adds_the_good_files_names_the_bad_ones_and_ends_with_1(
    guideqa_here: Guideqa, settings: Settings, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as package:
        package.writestr("good.txt", SENTENCE)
        package.writestr("bad.pdf", b"MZ" + b"\0" * 100)

    done = guideqa_here("ingest", tmp_path / "all.zip", settings=settings)

    assert done.code == 1
    assert "good" in done.out
    assert "bad.pdf" in done.err
    assert "Traceback" not in done.err


def test_two_files_of_one_name_do_not_take_each_others_place(settings: Settings, tmp_path: Path) -> None:
    for folder, text in (("east", SENTENCE), ("west", "会費は年に五百円とする。")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rules.txt").write_text(text, encoding="utf-8")

    paths = (tmp_path / "east" / "rules.txt", tmp_path / "west" / "rules.txt")
    report = pipeline_of(settings, BigramEncoder()).ingest(Request(paths, replace=True))

    assert len(report.failures) == 1
    assert "rules.txt" in report.failures[0]
