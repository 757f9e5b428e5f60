"""The documents that staff have: each format is read with citations that fit it."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from docx import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl import Workbook
from PIL import Image, ImageDraw, ImageFont
from pptx import Presentation
from pptx.util import Inches
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from guideqa.errors import DocumentError
from guideqa.text.normalization import comparable
from guideqa.types import Document, DocumentKind, Passage
from ingest.readers import SUFFIXES, ocr, read_document, word
from ingest.readers.archives import unpacked
from ingest.source import Source
from ingest.understanding import understand

SENTENCE = "会員は毎週木曜日に公民館に集まり、前の週の見守りの様子を一人ずつ話すことにしている。"
JAPANESE_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


def passages_of(source: Source) -> list[Passage]:
    document = Document("own", source.title, DocumentKind.ORIGINAL, "own")
    return list(understand(document, source).passages)


def every_line_stands_on_its_page(source: Source) -> bool:
    """What an answer quotes must be found on the page that it names."""
    stored = understand(Document("own", "own", DocumentKind.ORIGINAL, "own"), source)
    texts = {page.page.ref: comparable(page.page.text) for page in stored.pages}
    return all(
        any(comparable(line) in texts[page] for page in passage.pages) or len(passage.pages) > 1
        for passage in stored.passages
        for line in passage.text.split("\n")
    )


# Word


def word_document(path: Path, paragraphs: int = 3) -> Path:
    document = WordDocument()
    document.core_properties.title = "見守りの会の手引き"
    section = document.sections[0]
    section.header.paragraphs[0].text = "内部資料につき取扱注意"
    section.footer.paragraphs[0].text = "見守りの会"
    document.add_heading("集まり", 1)
    paragraph = document.add_paragraph("会員は毎週木曜日に")
    ruby = "<w:ruby><w:rubyPr><w:hps w:val='10'/></w:rubyPr><w:rt><w:r><w:t>こうみんかん</w:t></w:r></w:rt>"
    base = "<w:rubyBase><w:r><w:t>公民館</w:t></w:r></w:rubyBase></w:ruby>"
    paragraph._p.append(parse_xml(f"<w:r {nsdecls('w')}>{ruby}{base}</w:r>"))
    paragraph.add_run("に集まる。")
    deleted = "<w:del w:id='1' w:author='a'><w:r><w:delText>消した文</w:delText></w:r></w:del>"
    paragraph._p.append(parse_xml(deleted.replace("<w:del ", f"<w:del {nsdecls('w')} ", 1)))
    document.add_paragraph("当番が鍵を開ける", style="List Bullet")
    for number in range(paragraphs):
        document.add_paragraph(f"{number}番目の話である。{SENTENCE}")
    document.add_heading("会費", 1)
    table = document.add_table(3, 2)
    for row, texts in enumerate([("区分", "金額"), ("一般", "500円"), ("学生", "200円")]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    document.save(str(path))
    return path


@pytest.fixture
def without_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "rendered_as_pdf", lambda path: None)


@pytest.mark.usefixtures("without_renderer")
def test_a_word_document_without_a_renderer_is_cited_by_heading_and_says_so(tmp_path: Path) -> None:
    source = read_document(word_document(tmp_path / "a.docx"))

    assert source.title == "見守りの会の手引き"
    assert [page.label for page in source.pages] == ["「集まり」", "「会費」"]
    assert all("LibreOffice" in page.note and "見出し" in page.note for page in source.pages)


@pytest.mark.usefixtures("without_renderer")
def test_a_word_document_gives_its_text_without_ruby_deletions_headers_and_footers(tmp_path: Path) -> None:
    text = "\n".join(
        passage.text for passage in passages_of(read_document(word_document(tmp_path / "a.docx")))
    )

    assert "会員は毎週木曜日に公民館に集まる。" in text
    for unseen in ("こうみんかん", "消した文", "取扱注意"):
        assert unseen not in text


@pytest.mark.usefixtures("without_renderer")
def test_each_row_of_a_table_can_be_read_without_the_table(tmp_path: Path) -> None:
    source = read_document(word_document(tmp_path / "a.docx"))

    assert "区分: 学生、金額: 200円" in passages_of(source)[-1].text
    assert every_line_stands_on_its_page(source)


@pytest.mark.usefixtures("without_renderer")
def test_footnotes_stand_where_the_text_refers_to_them(tmp_path: Path) -> None:
    path = word_document(tmp_path / "a.docx")
    xml = f"<w:footnotes {nsdecls('w')}><w:footnote w:id='2'><w:p><w:r><w:t>昭和の末に始まった。</w:t></w:r></w:p></w:footnote></w:footnotes>"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    noted = tmp_path / "noted.docx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(noted, "w") as target:
        for part in source.namelist():
            content = source.read(part).decode() if part.endswith((".xml", ".rels")) else source.read(part)
            if part == "word/document.xml" and isinstance(content, str):
                reference = "<w:r><w:footnoteReference w:id='2'/></w:r>"
                content = content.replace(
                    "<w:t>に集まる。</w:t></w:r>", f"<w:t>に集まる。</w:t></w:r>{reference}"
                )
            if part == "word/_rels/document.xml.rels" and isinstance(content, str):
                relation = f'<Relationship Id="rIdN" Type="{kind}" Target="footnotes.xml"/></Relationships>'
                content = content.replace("</Relationships>", relation)
            target.writestr(part, content)
        target.writestr("word/footnotes.xml", xml)

    assert "注: 昭和の末に始まった。" in passages_of(read_document(noted))[0].text


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_word_document_has_the_pages_that_libreoffice_renders(tmp_path: Path) -> None:
    source = read_document(word_document(tmp_path / "a.docx", paragraphs=60))

    assert [page.label for page in source.pages] == [str(n) for n in range(1, len(source.pages) + 1)]
    assert len(source.pages) > 2
    assert all("LibreOffice" in page.note for page in source.pages)
    passages = passages_of(source)
    assert passages[-1].headings == ("会費",)
    assert passages[-1].pages[0].label == [page for page in source.pages if page.text][-1].label
    assert "会員は毎週木曜日に公民館に集まる。" in passages[0].text
    assert {passage.headings for passage in passages[:-1]} == {("集まり",)}
    assert "取扱注意" not in "".join(page.text for page in source.pages)
    whole = comparable("".join(page.text for page in source.pages))
    assert all(f"{number}番目の話である。" in whole for number in range(60))


# Slides and sheets


def test_slides_are_cited_by_number_with_titles_tables_and_notes(tmp_path: Path) -> None:
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "会の進め方"
    slide.placeholders[1].text = "毎週集まる\n当番が鍵を開ける"
    slide.notes_slide.notes_text_frame.text = "鍵の話を先にする。"
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "会費"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for row, texts in enumerate([("区分", "金額"), ("一般", "500円")]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    presentation.save(str(tmp_path / "a.pptx"))

    source = read_document(tmp_path / "a.pptx")
    passages = passages_of(source)

    assert [str(passage.pages[0]) for passage in passages] == ["スライド1", "スライド1", "スライド2"]
    assert passages[0].headings == ("会の進め方",)
    assert passages[1].headings == ("会の進め方", "発表者ノート")
    assert "区分: 一般、金額: 500円" in passages[2].text
    assert every_line_stands_on_its_page(source)


def test_sheets_are_cited_by_ranges_and_rows_say_their_columns(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "利用料"
    sheet.append(["令和8年度の利用料"])
    sheet.append(["区分", "金額", "減免", "改定日"])
    for number in range(30):
        sheet.append([f"第{number}区分", 1500 + number, 0.25, date(2026, 4, 1)])
        sheet.cell(sheet.max_row, 2).number_format = "#,##0"
        sheet.cell(sheet.max_row, 3).number_format = "0%"
    workbook.create_sheet("控え")
    workbook.save(tmp_path / "a.xlsx")

    source = read_document(tmp_path / "a.xlsx")
    first = passages_of(source)[0]

    assert [page.label for page in source.pages] == ["利用料!A1:D27", "利用料!A28:D32", "控え!A1"]
    assert first.headings == ("利用料", "令和8年度の利用料")
    assert first.text.startswith("区分: 第0区分、金額: 1,500、減免: 25%、改定日: 2026年4月1日")
    assert str(first.pages[0]) == "利用料!A1:D27"
    assert every_line_stands_on_its_page(source)


# Web pages and Markdown's own marks


def test_a_web_page_is_cited_by_heading_without_its_furniture(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        "<html><head><meta charset='shift_jis'><title>案内</title></head><body><nav>メニュー</nav>"
        "<header>サイト名</header><main><h1>集まり</h1><p>会員は<ruby>公民館<rt>こうみんかん</rt></ruby>に\n"
        "集まる。</p><ul><li>鍵を開ける</li></ul><h2>会費/年額</h2><table><tr><th>区分</th><th>金額</th></tr>"
        "<tr><td>一般</td><td>500円</td></tr></table></main><script>計算()</script></body></html>",
        encoding="cp932",
    )

    source = read_document(tmp_path / "a.html")
    passages = passages_of(source)

    assert [page.label for page in source.pages] == ["「集まり」", "「会費／年額」"]
    assert passages[0].text == "会員は公民館に集まる。\n鍵を開ける"
    assert passages[1].text == "区分: 一般、金額: 500円"
    assert all("/" not in quote(page.label) for page in source.pages)


def test_marks_of_markdown_in_a_document_stay_text(tmp_path: Path) -> None:
    body = "<h1>記号</h1><p># 番号の印</p><p>- 横棒の印 **強い** `符号` a|b</p>"
    (tmp_path / "a.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")

    source = read_document(tmp_path / "a.html")
    texts = comparable("".join(passage.text for passage in passages_of(source)))

    assert comparable("# 番号の印- 横棒の印 **強い** `符号` a|b") == texts
    assert every_line_stands_on_its_page(source)


# PDF


@pytest.fixture(scope="module", autouse=True)
def _fonts() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))


def pdf_page(canvas: Canvas, lines: Sequence[tuple[float, float, str]], size: float = 11) -> None:
    canvas.setFont("HeiseiMin-W3", size)
    for x, y, text in lines:
        canvas.drawString(x, y, text)


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=A4)
    left = [f"左の{number}行目で会員の話が続いている。" for number in range(6)]
    right = [f"右の{number}行目で会費の話が続いている。" for number in range(6)]
    for number, (one, other) in enumerate(zip(left, right, strict=True)):
        pdf_page(canvas, [(60, 780 - 20 * number, one), (320, 780 - 20 * number, other)])
    canvas.save()

    assert comparable(read_document(tmp_path / "a.pdf").pages[0].text) == comparable("".join(left + right))


def test_ruby_does_not_cut_the_sentence_that_it_stands_over(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=A4)
    pdf_page(canvas, [(60, 780, "会員は")], size=12)
    pdf_page(canvas, [(96, 792, "こうみんかん")], size=6)
    pdf_page(canvas, [(96, 780, "公民館に集まることにしている。")], size=12)
    canvas.save()

    assert read_document(tmp_path / "a.pdf").pages[0].text == "会員は公民館に集まることにしている。"


def test_vertical_lines_are_read_from_top_to_bottom_and_right_to_left(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=A4)
    for column, text in enumerate(["会員は公民館に集まる。", "当番が鍵を開けている。"]):
        pdf_page(
            canvas, [(500 - 20 * column, 780 - 11 * row, character) for row, character in enumerate(text)]
        )
    canvas.save()

    assert read_document(tmp_path / "a.pdf").pages[0].text.split() == [
        "会員は公民館に集まる。",
        "当番が鍵を開けている。",
    ]


def test_headers_footers_and_page_numbers_of_a_pdf_stay_out_of_passages(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=A4)
    for number in range(1, 7):
        body = [(60, 700, f"{number}つ目の集まりでは、会員が畑の様子を話した。")]
        pdf_page(canvas, [(60, 800, "見守りの会 年報"), *body, (280, 40, f"- {number} -")])
        canvas.showPage()
    canvas.save()

    source = read_document(tmp_path / "a.pdf")

    assert [page.label for page in source.pages] == [str(number) for number in range(1, 7)]
    assert [passage.text for passage in passages_of(source)] == [
        f"{number}つ目の集まりでは、会員が畑の様子を話した。" for number in range(1, 7)
    ]


def scanned_pdf(path: Path) -> Path:
    """A page of text and a page that is a picture of text."""
    image = Image.new("L", (1200, 500), 255)
    font = (
        ImageFont.truetype(str(JAPANESE_FONT), 56) if JAPANESE_FONT.exists() else ImageFont.load_default(56)
    )
    ImageDraw.Draw(image).text((80, 120), "会員は毎週公民館に集まる。", font=font, fill=0)
    ImageDraw.Draw(image).text((80, 260), "当番が朝に鍵を開ける。", font=font, fill=0)
    picture = io.BytesIO()
    image.save(picture, format="PNG")
    (path.parent / "scan.png").write_bytes(picture.getvalue())
    canvas = Canvas(str(path), pagesize=A4)
    pdf_page(canvas, [(60, 780, SENTENCE)])
    canvas.showPage()
    canvas.drawImage(str(path.parent / "scan.png"), 20, 300, width=555, height=231)
    canvas.showPage()
    canvas.save()
    return path


def test_a_scanned_page_without_ocr_is_listed_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "languages", lambda: frozenset())

    source = read_document(scanned_pdf(tmp_path / "a.pdf"))
    stored = understand(Document("own", "own", DocumentKind.ORIGINAL, "own"), source)

    assert [page.status for page in stored.pages] == ["indexed", "empty"]
    assert "tesseract-ocr-jpn" in stored.pages[1].reason


@pytest.mark.skipif(
    not ocr.languages() or not JAPANESE_FONT.exists(), reason="tesseract (jpn) is not installed"
)
def test_a_scanned_page_is_read_by_ocr_and_says_so(tmp_path: Path) -> None:
    page = read_document(scanned_pdf(tmp_path / "a.pdf")).pages[1]

    assert "に集まる。" in page.text
    assert "当番が朝に" in page.text
    assert "OCR" in page.note
    assert "原本" in page.note


# Zip files


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        for name, content in members.items():
            package.writestr(name, content)
    return path


def test_a_zip_file_stands_for_the_documents_in_it(tmp_path: Path) -> None:
    path = zip_of(
        tmp_path / "a.zip",
        {
            "要綱/第一.txt": SENTENCE.encode(),
            "第二.md": b"# p.1 \xe8\xa9\xb1\n\n\xe8\xa9\xb1\xe3\x81\xa7\xe3\x81\x82\xe3\x82\x8b\xe3\x80\x82\n",
            "__MACOSX/._第一.txt": b"x",
            "写真.png": b"x",
        },
    )

    with unpacked([path], SUFFIXES, tmp_path / "unpacked") as files:
        found = {file.name: read_document(file).pages[0].text for file, error in files if error is None}

    assert set(found) == {"第一.txt", "第二.md"}
    assert found["第一.txt"] == SENTENCE


def test_names_that_japanese_windows_wrote_into_a_zip_file_can_be_read(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"XXXX.txt": SENTENCE.encode()})
    path.write_bytes(path.read_bytes().replace(b"XXXX", "要綱".encode("cp932")))

    with unpacked([path], SUFFIXES, tmp_path / "unpacked") as files:
        assert [file.name for file, _ in files] == ["要綱.txt"]


def test_a_zip_file_without_documents_says_so(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"写真.png": b"x"})

    with unpacked([path], SUFFIXES, tmp_path / "unpacked") as files:
        assert isinstance(files[0][1], DocumentError)
