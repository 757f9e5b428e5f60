"""A PDF's page as a picture, with the quotation's box where the words are printed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from conftest import pipeline_of
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas
from serving import served

from guideqa.api.app import create_app
from guideqa.encoder.nano import NanoEncoder
from guideqa.page_images import FOLDER, PageImages
from guideqa.settings import Settings
from guideqa.wiring import build_assistant
from ingest.pipeline import Request

WIDTH, HEIGHT = A4
SIZE = 14
# From the left and from the top of the page, in points.
LEFT, TOP = 72, 300
LINES = ("風車の丘の学童は夕方六時半まで開いており、", "迎えが遅れる日は電話で知らせる。")


def write_pdf(path: Path, rotation: int = 0) -> Path:
    """Two pages; on the second a sentence of two lines at a known place."""
    registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setTitle("風車の丘だより")
    for lines in (("風車の丘だよりは毎月一日に町の家庭へ届けられる。",), LINES):
        canvas.setFont("HeiseiKakuGo-W5", SIZE)
        for number, line in enumerate(lines):
            canvas.drawString(LEFT, HEIGHT - TOP - number * 2 * SIZE, line)
        canvas.setPageRotation(rotation)
        canvas.showPage()
    canvas.save()
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> PageImages:
    folder = tmp_path_factory.mktemp("originals")
    for name, rotation in (("kazaguruma", 0), ("turned", 90)):
        (folder / name).mkdir()
        write_pdf(folder / name / "file.pdf", rotation)
    (folder / "broken").mkdir()
    (folder / "broken" / "file.pdf").write_bytes(b"%PDF-1.7 nothing")
    return PageImages(folder)


def test_right_after_a_switch_the_new_file_is_shown_though_it_only_lies_ready(tmp_path: Path) -> None:
    originals = tmp_path / "originals"
    (originals / "rules").mkdir(parents=True)
    before = write_pdf(originals / "rules" / "old.pdf")
    (originals / ".ready-second" / "rules").mkdir(parents=True)
    after = write_pdf(originals / ".ready-second" / "rules" / "new.pdf")
    images = PageImages(originals)

    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "CURRENT").write_text("first")
    assert images.pdf_of("rules") == before
    (tmp_path / "index" / "CURRENT").write_text("second")
    assert images.pdf_of("rules") == after


def test_a_quotation_is_boxed_line_by_line_where_it_is_printed(images: PageImages) -> None:
    picture = images.look("kazaguruma", 2, "".join(LINES))

    assert picture is not None
    assert picture.ratio == pytest.approx(HEIGHT / WIDTH, rel=1e-3)
    assert len(picture.boxes) == 2
    for number, (box, line) in enumerate(zip(picture.boxes, LINES, strict=True)):
        baseline = (TOP + number * 2 * SIZE) / HEIGHT
        assert box.left == pytest.approx(LEFT / WIDTH, abs=0.01)
        assert box.top < baseline < box.top + box.height + 0.005
        assert box.width == pytest.approx(len(line) * SIZE / WIDTH, rel=0.06)


def test_a_quotation_across_lines_in_another_order_is_boxed_in_pieces(images: PageImages) -> None:
    picture = images.look("kazaguruma", 2, LINES[1] + LINES[0])

    assert picture is not None
    assert len(picture.boxes) == 2


def test_a_turned_page_is_boxed_as_it_is_shown(images: PageImages) -> None:
    picture = images.look("turned", 2, LINES[0])

    assert picture is not None
    # Turned by a quarter, the line runs downwards: its characters stand below each other.
    tops = [box.top for box in picture.boxes]
    assert tops == sorted(tops)
    assert tops[0] == pytest.approx(LEFT / HEIGHT, abs=0.01)
    assert len({round(box.left, 2) for box in picture.boxes}) == 1


def test_what_is_not_on_the_page_is_not_boxed(images: PageImages) -> None:
    picture = images.look("kazaguruma", 1, "別の資料に書かれている長い文である。")

    assert picture is not None
    assert picture.boxes == ()


@pytest.mark.parametrize("document", ["nothing", "", ".", "..", "../kazaguruma", "a\0b", "broken"])
def test_where_there_is_no_readable_pdf_there_is_no_picture(images: PageImages, document: str) -> None:
    assert images.look(document, 1) is None


def test_pages_are_drawn_by_many_threads_at_once(images: PageImages) -> None:
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda n: images.draw("kazaguruma", 1 + n % 2, 300 + n), range(16)))

    assert [Image.open(io.BytesIO(content)).width for content in drawn] == list(range(300, 316))


@pytest.fixture
def api(tmp_path: Path, encoder: NanoEncoder, tiny_settings: Settings) -> Iterator[httpx.Client]:
    settings = Settings(data_dir=tmp_path / "data", corpus_dir=tiny_settings.corpus_dir)
    pdf = write_pdf(tmp_path / "kazaguruma.pdf")
    pipeline_of(settings, encoder).ingest(Request((pdf,)))
    kept = settings.data_dir / FOLDER / "kazaguruma"
    kept.mkdir(parents=True, exist_ok=True)
    (kept / "kazaguruma.pdf").write_bytes(pdf.read_bytes())
    with served(create_app(build_assistant(settings, encoder), settings)) as client:
        yield client


def test_the_api_serves_the_picture_of_a_page_that_came_from_a_pdf(api: httpx.Client) -> None:
    page = api.get("/v1/documents/kazaguruma/pages/2").raise_for_status().json()

    picture = api.get(page["image"], params={"width": 400}).raise_for_status()

    assert picture.headers["content-type"] == "image/png"
    width, height = Image.open(io.BytesIO(picture.content)).size
    assert width == 400
    assert height == pytest.approx(400 * HEIGHT / WIDTH, abs=2)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("komorebi-digest/images/1", 404),
        ("kazaguruma/images/99", 404),
        ("..%2Fkazaguruma/images/1", 404),
        ("kazaguruma/images/1?width=99999", 422),
        ("kazaguruma/images/1?width=x", 422),
    ],
)
def test_a_picture_that_there_is_not_is_a_problem(api: httpx.Client, path: str, status: int) -> None:
    response = api.get(f"/v1/documents/{path}")

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_a_page_without_a_pdf_has_no_picture(api: httpx.Client) -> None:
    assert api.get("/v1/documents/komorebi-digest/pages/1").json()["image"] is None
