"""Documents in, an index out: every page accounted for, and nothing lost when it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conftest import (
    HARUKAZE,
    KOMOREBI,
    PATIENCE_SECONDS,
    REPOSITORY,
    TINY_CORPUS,
    Guideqa,
    Outcome,
    environment_of,
    guideqa_command,
    pipeline_of,
)

from guideqa.encoder.protocol import Vectors
from guideqa.errors import DocumentError, InputError, NotFoundError
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import load_store
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from guideqa.types import DocumentKind
from ingest.pipeline import Request
from ingest.readers import read_document

ENCODER = BigramEncoder()
SENTENCE = "図書館の読み聞かせの会は、毎月第一水曜日の午後に、市民センターの和室でひらかれる。"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "var", corpus_dir=TINY_CORPUS)


def documents(settings: Settings) -> dict[str, DocumentKind]:
    store = load_store(IndexFolder(settings.index_dir).current())
    return {key: stored.document.kind for key, stored in store.documents.items()}


# What a report says


def test_every_page_is_indexed_empty_or_excluded_with_the_reason(settings: Settings) -> None:
    report = pipeline_of(settings, ENCODER).ingest(Request((HARUKAZE,))).record()
    harukaze = next(item for item in report["documents"] if item["id"] == "harukaze")

    assert harukaze["pages"] == 10 == harukaze["indexed"] + harukaze["empty"] + harukaze["excluded"]
    assert [(page["index"], page["label"]) for page in harukaze["details"]] == list(
        enumerate(["i", "ii", *"12345678"], start=1)
    )
    left_out = {page["label"]: page["reason"] for page in harukaze["details"] if page["status"] != "indexed"}
    assert set(left_out) >= {"ii", "2", "5"}
    assert not set(left_out) & {"1", "3", "4", "6", "7", "8"}
    assert all(left_out.values())


def test_the_report_for_a_person_names_every_page_that_is_not_indexed(settings: Settings) -> None:
    lines = "\n".join(pipeline_of(settings, ENCODER).ingest(Request((HARUKAZE,))).lines())

    assert "10ページ" in lines
    assert all(f"p.{label}（" in lines for label in ("ii", "2", "5"))


def test_the_command_prints_the_report(guideqa: Guideqa, settings: Settings) -> None:
    shown = guideqa("ingest", HARUKAZE, "--json", settings=settings)

    assert shown.code == 0
    assert {item["id"] for item in shown.json["documents"]} == {"harukaze", "komorebi-digest"}


def test_what_has_been_embedded_once_is_not_embedded_again(settings: Settings) -> None:
    first = pipeline_of(settings, ENCODER).ingest(Request((HARUKAZE,)))
    again = pipeline_of(settings, ENCODER).ingest(Request((HARUKAZE,), replace=True))

    assert first.embedded == first.passages > 0
    assert again.embedded == 0


# Digests and originals


def test_the_digest_gives_way_to_the_original_and_comes_back(settings: Settings) -> None:
    pipeline = pipeline_of(settings, ENCODER)
    pipeline.ingest(Request())
    assert documents(settings) == {"komorebi-digest": DocumentKind.DIGEST}

    report = pipeline.ingest(Request((KOMOREBI,)))
    assert documents(settings) == {"komorebi": DocumentKind.ORIGINAL}
    assert report.replaced == ("こもれび子育て支援の手引き",)

    pipeline.remove("komorebi")
    assert documents(settings) == {"komorebi-digest": DocumentKind.DIGEST}


def test_an_original_is_known_by_what_it_says_whatever_its_file_is_called(
    settings: Settings, tmp_path: Path
) -> None:
    scanned = tmp_path / "scan_001.txt"
    scanned.write_text(KOMOREBI.read_text(encoding="utf-8"), encoding="utf-8")
    pipeline_of(settings, ENCODER).ingest(Request((scanned,)))

    assert documents(settings) == {"komorebi": DocumentKind.ORIGINAL}


def test_a_user_can_say_which_work_a_file_is_the_original_of(guideqa: Guideqa, settings: Settings) -> None:
    assert guideqa("ingest", HARUKAZE, "--work", "komorebi", settings=settings).code == 0
    assert documents(settings) == {"komorebi": DocumentKind.ORIGINAL}
    assert "komorebi" in guideqa("ingest", HARUKAZE, "--work", "unknown", settings=settings).refused()


def test_documents_added_earlier_stay(settings: Settings, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(SENTENCE, encoding="utf-8")
    pipeline_of(settings, ENCODER).ingest(Request((HARUKAZE,)))
    pipeline_of(settings, ENCODER).ingest(Request((other,)))

    assert set(documents(settings)) == {"komorebi-digest", "harukaze", "other"}


def test_another_text_under_the_same_name_needs_to_be_asked_for(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(SENTENCE, encoding="utf-8")
    pipeline = pipeline_of(settings, ENCODER)
    pipeline.ingest(Request((path,)))
    path.write_text(SENTENCE + "雨の日は休む。", encoding="utf-8")

    with pytest.raises(InputError, match="--replace"):
        pipeline.ingest(Request((path,)))
    pipeline.ingest(Request((path,), replace=True))

    pages = load_store(IndexFolder(settings.index_dir).current()).documents["notes"].pages
    assert "雨の日は休む。" in pages[0].page.text


def test_originals_in_the_corpus_folder_are_read_without_being_named(
    tmp_path: Path, settings: Settings
) -> None:
    corpus = tmp_path / "corpus"
    (corpus / "originals").mkdir(parents=True)
    (corpus / "manifest.toml").write_text("works = []\n")
    (corpus / "originals" / "README.md").write_text("# how to add\n")
    (corpus / "originals" / "notes.txt").write_text(SENTENCE, encoding="utf-8")
    own = settings.model_copy(update={"corpus_dir": corpus})
    pipeline_of(own, ENCODER).ingest(Request())

    assert set(documents(own)) == {"notes"}


def test_the_command_takes_a_document_out_again(guideqa: Guideqa, settings: Settings) -> None:
    assert guideqa("ingest", KOMOREBI, settings=settings).code == 0
    assert guideqa("remove", "komorebi", settings=settings).code == 0

    assert documents(settings) == {"komorebi-digest": DocumentKind.DIGEST}
    assert "komorebi" in guideqa("remove", "komorebi", settings=settings).refused()


@pytest.mark.parametrize("file", ["manifest.json", "lexical.npz", "chroma/chroma.sqlite3"])
def test_an_index_is_built_again_only_where_it_cannot_be_opened(
    guideqa: Guideqa, settings: Settings, file: str
) -> None:
    folder = IndexFolder(settings.index_dir)
    assert guideqa("ingest", HARUKAZE, settings=settings).code == 0
    first = folder.current()
    assert guideqa("ingest", "--if-missing", settings=settings).code == 0
    assert folder.current() == first

    (first / file).write_text('{"format": 0}')
    again = guideqa("ingest", "--if-missing", settings=settings)
    assert again.code == 0
    assert "作り直します" in again.err
    assert folder.current() != first
    assert set(documents(settings)) == {"komorebi-digest", "harukaze"}


def test_an_index_of_another_model_is_built_again_with_the_documents_that_were_added(
    guideqa: Guideqa, settings: Settings
) -> None:
    pipeline_of(settings, ENCODER).ingest(Request((HARUKAZE,)))
    assert guideqa("ingest", "--if-missing", settings=settings).code == 0

    assert set(documents(settings)) == {"komorebi-digest", "harukaze"}
    assert guideqa("ask", "里親の世帯はいくつ？", settings=settings).code == 0


def test_a_document_that_is_not_there_cannot_be_removed(settings: Settings) -> None:
    pipeline = pipeline_of(settings, ENCODER)
    pipeline.ingest(Request())

    with pytest.raises(NotFoundError, match="komorebi-digest"):
        pipeline.remove("komorebi-digest")


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16", "iso2022_jp"])
def test_a_japanese_text_is_read_rightly_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes((SENTENCE + "\fｶﾀｶﾅと①のある、二枚目。").encode(encoding, errors="replace"))
    pages = [page.text for page in read_document(path).pages]

    assert pages[0] == SENTENCE
    assert len(pages) == 2
    assert pages[1].endswith("のある、二枚目。")


def test_a_shift_jis_text_is_answered_from(guideqa: Guideqa, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(SENTENCE.encode("cp932"))

    assert guideqa("ingest", path, settings=settings).code == 0
    reply = guideqa("ask", "読み聞かせの会はどこでひらかれる？", "--json", settings=settings).json
    assert "市民センターの和室" in reply["citations"][0]["quote"]


# Files that cannot be read


def encrypted_pdf(path: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(path)


def image_only_pdf(path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path))
    for _ in range(3):
        canvas.rect(10, 10, 300, 300, fill=1)
        canvas.showPage()
    canvas.save()


def broken_pdf(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7\n1 0 obj << nothing more")


def binary_text(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


def text_of_no_known_encoding(path: Path) -> None:
    path.write_bytes(b"\xff\xff\xfd\xa0\x80" * 50)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("locked.pdf", encrypted_pdf, "パスワード"),
        ("images.pdf", image_only_pdf, "OCR"),
        ("broken.pdf", broken_pdf, "PDFとして読めません"),
        ("binary.txt", binary_text, "テキストではない"),
        ("unknown.txt", text_of_no_known_encoding, "文字コード"),
        ("empty.txt", nothing, "文字のあるページがありません"),
        ("empty.md", nothing, "文字のあるページがありません"),
        ("empty.pdf", nothing, "PDFとして読めません"),
        ("picture.png", binary_text, "読めない形式"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, name: str, make: Callable[[Path], None], says: str
) -> None:
    path = tmp_path / name
    make(path)

    with pytest.raises(DocumentError, match=says) as refused:
        read_document(path)
    assert name in str(refused.value)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("missing.pdf", None),
        ("locked.pdf", encrypted_pdf),
        ("images.pdf", image_only_pdf),
        ("binary.txt", binary_text),
        ("folder", Path.mkdir),
    ],
)
def test_the_command_refuses_it_in_one_line_and_writes_nothing(
    guideqa: Guideqa, settings: Settings, tmp_path: Path, name: str, make: Callable[[Path], None] | None
) -> None:
    path = tmp_path / name
    if make:
        make(path)

    assert name in guideqa("ingest", path, settings=settings).refused()
    assert IndexFolder(settings.index_dir).current_name() is None


def test_where_no_file_can_be_read_the_index_stays_as_it_was(settings: Settings, tmp_path: Path) -> None:
    pipeline = pipeline_of(settings, ENCODER)
    pipeline.ingest(Request())
    before = IndexFolder(settings.index_dir).current()
    encrypted_pdf(tmp_path / "locked.pdf")

    with pytest.raises(InputError, match=r"locked\.pdf"):
        pipeline.ingest(Request((tmp_path / "locked.pdf",)))

    assert IndexFolder(settings.index_dir).current() == before
    assert [path.name for path in before.parent.iterdir()] == [before.name]


# Locks and full disks


class Interrupted(BigramEncoder):
    """An encoder that something else happens beside."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def encode_passages(self, texts: Sequence[str], /) -> Vectors:
        self._meanwhile()
        return super().encode_passages(texts)


def test_a_second_ingest_says_who_holds_the_lock(guideqa: Guideqa, settings: Settings) -> None:
    said: list[str] = []

    def ingest_too() -> None:
        said.append(guideqa("ingest", KOMOREBI, settings=settings).refused())

    pipeline_of(settings, Interrupted(ingest_too)).ingest(Request())

    assert said
    assert all(f"プロセス {os.getpid()}）" in line for line in said)


SmallDisk = Callable[..., Outcome]


@pytest.fixture
def small_disk(tmp_path: Path, tiny_settings: Settings) -> SmallDisk:
    """Run the command line with its data folder on a file system that only it sees, and that goes with it.

    Before the command runs, `prepare` may change the disk, $DISK, with $INDEX the tiny index at hand.
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a file system of one's own needs root: unshare --mount")

    def run(size: str, prepare: str, *arguments: object) -> Outcome:
        script = f'mount -t tmpfs -o size={size} tmpfs "$DISK"; {prepare}; exec "$@"'
        command = ["unshare", "--mount", "sh", "-ec", script, "sh", *guideqa_command(*arguments)]
        settings = Settings(data_dir=disk / "var", corpus_dir=TINY_CORPUS)
        places = {"DISK": str(disk), "INDEX": str(tiny_settings.data_dir)}
        done = subprocess.run(
            command,
            env=environment_of(settings, **places),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


def test_a_full_disk_is_said_in_one_line(small_disk: SmallDisk) -> None:
    assert "空き容量" in small_disk("256k", "true", "ingest", HARUKAZE).refused()


def test_wherever_the_disk_becomes_full_the_index_before_stays_and_the_next_ingest_succeeds(
    tmp_path: Path,
) -> None:
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a file system of one's own needs root: unshare --mount")
    script = Path(__file__).with_name("full_disk.py")
    command = ["unshare", "--mount", sys.executable, str(script), str(tmp_path)]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 0, done.stderr
    attempts = json.loads(done.stdout)

    wrong = [item for item in attempts if item["changed"] or item["faults"] or item["lost"]]
    assert wrong == []
    refused = [item["said"] for item in attempts if item["said"]]
    assert len(set(refused)) >= 3  # no room for the file, for the documents, for the vectors, …
    assert len(refused) < len(attempts)
    assert all("空き容量" in said for said in refused)


@pytest.mark.parametrize(
    ("arguments", "says"), [(("ingest", HARUKAZE), "書き込めません"), (("ask", "里親"), "権限")]
)
def test_a_read_only_disk_is_said_in_one_line(
    small_disk: SmallDisk, arguments: tuple[object, ...], says: str
) -> None:
    read_only = 'cp -r "$INDEX" "$DISK/var"; mount -o remount,ro "$DISK"'

    assert says in small_disk("64m", read_only, *arguments).refused()


def test_the_documents_of_a_read_only_disk_can_be_listed(small_disk: SmallDisk) -> None:
    read_only = 'cp -r "$INDEX" "$DISK/var"; mount -o remount,ro "$DISK"'

    assert "harukaze" in small_disk("64m", read_only, "documents").out
