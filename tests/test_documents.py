"""`guideqa documents`: what has been added is kept, and can be removed, replaced and read again."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from conftest import HARUKAZE, KOMOREBI, TINY_CORPUS, Guideqa, pipeline_of

from guideqa.errors import InputError, NotFoundError
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import load_store
from guideqa.page_images import FOLDER
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.difference import Change, difference
from ingest.ledger import FILE, Ledger, State
from ingest.pipeline import Pipeline, Request

PAGES = (
    "窓口は市役所の二階にある。開いているのは平日の九時から五時までである。",
    "利用料は一回五百円とする。生活保護を受けている世帯からは徴収しない。",
    "申し込みは電話でも受ける。前の日の正午までに連絡するものとする。",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "var", corpus_dir=TINY_CORPUS)


@pytest.fixture
def pipeline(settings: Settings) -> Pipeline:
    return pipeline_of(settings, BigramEncoder())


def written(folder: Path, name: str, *pages: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\f".join(pages), encoding="utf-8")
    return folder / name


def kept(settings: Settings) -> dict[str, list[str]]:
    """The kept files by document."""
    root = settings.data_dir / FOLDER
    return {folder.name: sorted(path.name for path in folder.iterdir()) for folder in root.iterdir()}


def text_of(settings: Settings, document_id: str) -> list[str]:
    stored = load_store(IndexFolder(settings.index_dir).current()).documents[document_id]
    return [page.page.text for page in stored.pages]


# Files are kept


def test_a_file_that_is_added_is_kept_with_the_page_numbers_beside_it(
    settings: Settings, pipeline: Pipeline
) -> None:
    pipeline.ingest(Request((HARUKAZE,)))

    assert kept(settings) == {"harukaze": ["harukaze.pages.json", "harukaze.txt"]}
    assert (settings.data_dir / FOLDER / "harukaze" / "harukaze.txt").read_bytes() == HARUKAZE.read_bytes()


def test_a_kept_file_goes_with_its_document(settings: Settings, pipeline: Pipeline) -> None:
    pipeline.ingest(Request((HARUKAZE, KOMOREBI)))
    pipeline.remove("harukaze")

    assert set(kept(settings)) == {"komorebi"}


def test_a_file_out_of_a_zip_is_kept_by_itself(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as package:
        package.writestr("notes/fees.txt", "\f".join(PAGES))
    pipeline.ingest(Request((tmp_path / "all.zip",)))

    assert kept(settings) == {"fees": ["fees.txt"]}


def test_where_the_ingest_fails_the_kept_files_stay_as_they_were(
    settings: Settings, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = written(tmp_path / "old", "fees.txt", *PAGES)
    new = written(tmp_path / "new", "fees.txt", *PAGES[:2])
    pipeline.ingest(Request((old,)))
    monkeypatch.setattr("ingest.pipeline.write_build", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pipeline.ingest(Request((new,), replace=True))

    assert kept(settings) == {"fees": ["fees.txt"]}
    assert (settings.data_dir / FOLDER / "fees" / "fees.txt").read_bytes() == old.read_bytes()


def test_what_a_kill_right_after_the_switch_has_left_is_put_into_place_by_the_next_ingest(
    settings: Settings, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.ingest(Request((written(tmp_path / "old", "fees.txt", *PAGES),)))
    new = written(tmp_path / "new", "fees.txt", *PAGES[:2])
    with monkeypatch.context() as killed:
        killed.setattr(Pipeline, "_settle", lambda self: None)
        pipeline.ingest(Request((new,), replace=True))
    pipeline.ingest(Request())

    assert kept(settings) == {"fees": ["fees.txt"]}
    assert (settings.data_dir / FOLDER / "fees" / "fees.txt").read_bytes() == new.read_bytes()


def test_where_the_index_is_damaged_its_documents_come_from_the_kept_files(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    pipeline.ingest(Request((HARUKAZE, written(tmp_path, "fees.txt", *PAGES))))
    before = text_of(settings, "harukaze")
    current = IndexFolder(settings.index_dir).current()
    (current / "corpus.jsonl").write_bytes(b"\xff no corpus")
    (settings.data_dir / FOLDER / "fees" / "fees.txt").unlink()
    report = pipeline.ingest(Request())

    assert text_of(settings, "harukaze") == before
    assert report.lost == ("fees",)
    assert any("fees" in line for line in report.lines())


# Ids


@pytest.mark.parametrize("name", ["...txt", "..-.txt", "a b／c.txt", "-.txt"])
def test_an_id_never_leads_out_of_the_folder(
    settings: Settings, pipeline: Pipeline, tmp_path: Path, name: str
) -> None:
    pipeline.ingest(Request((written(tmp_path / "files", name, *PAGES),)))

    (only,) = kept(settings)
    assert not only.startswith(".")
    assert kept(settings)[only] == [name]


# Replace and read again


def test_another_edition_takes_the_place_of_a_document_and_its_changes_are_listed(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    pipeline.ingest(Request((written(tmp_path, "fees.txt", *PAGES),)))
    changed = PAGES[1].replace("五百円", "六百円")
    new = written(tmp_path, "fees-2027.txt", PAGES[0], "送迎はしていない。", changed)
    report = pipeline.replace("fees", new)

    assert text_of(settings, "fees") == [PAGES[0], "送迎はしていない。", changed]
    assert kept(settings) == {"fees": ["fees-2027.txt"]}
    (document,) = [item for item in report.documents if item.stored.document.id == "fees"]
    assert [(page.change, page.before, page.after) for page in document.differences] == [
        (Change.SAME, "1", "1"),
        (Change.ADDED, "", "2"),
        (Change.CHANGED, "2", "3"),
        (Change.REMOVED, "3", ""),
    ]
    lines = "\n".join(report.lines())
    assert "変更: 2 → 3" in lines
    assert "削除: 3" in lines


def test_only_the_changed_pages_of_an_edition_are_embedded(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.ingest(Request((written(tmp_path, "fees.txt", *PAGES),)))
    report = pipeline.replace(
        "fees", written(tmp_path, "fees.txt", PAGES[0], PAGES[1] + "減免がある。", PAGES[2])
    )

    assert report.embedded == 1


def test_documents_are_read_again_from_the_kept_files(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    path = written(tmp_path, "fees.txt", *PAGES)
    pipeline.ingest(Request((path, HARUKAZE)))
    path.unlink()
    report = pipeline.reingest()

    assert {item.stored.document.id: item.change for item in report.documents[1:]} == {
        "fees": "変更なし",
        "harukaze": "変更なし",
    }
    assert text_of(settings, "fees") == list(PAGES)
    assert report.embedded == 0


def test_what_is_not_there_cannot_be_replaced_or_read_again(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    path = written(tmp_path, "fees.txt", *PAGES)
    pipeline.ingest(Request((path,)))
    (settings.data_dir / FOLDER / "fees" / "fees.txt").unlink()

    with pytest.raises(NotFoundError, match="unknown"):
        pipeline.replace("unknown", path)
    with pytest.raises(NotFoundError, match="unknown"):
        pipeline.reingest(["unknown"])
    with pytest.raises(NotFoundError, match="残っていません"):
        pipeline.reingest(["fees"])
    with pytest.raises(InputError, match=r"empty\.txt"):
        pipeline.replace("fees", written(tmp_path, "empty.txt", ""))
    assert text_of(settings, "fees") == list(PAGES)


def test_a_file_that_is_known_is_not_read_again(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "fees.txt", *PAGES)
    pipeline.ingest(Request((path,)))
    monkeypatch.setattr("ingest.adding.read_isolated", lambda *_: 1 / 0)
    report = pipeline.ingest(Request((path,)))
    assert report.documents[-1].change == "変更なし"

    written(tmp_path, "fees.txt", *PAGES[:2])
    with pytest.raises(ZeroDivisionError):
        pipeline.ingest(Request((path,), replace=True))


def test_where_nothing_has_changed_the_index_stays_as_it_is(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    path = written(tmp_path, "fees.txt", *PAGES)
    folder = IndexFolder(settings.index_dir)
    pipeline.ingest(Request((path,)))
    before = folder.current()
    again = pipeline.ingest(Request((path,), if_changed=True))
    assert not again.has_changed
    assert folder.current() == before
    assert [build.name for build in before.parent.iterdir()] == [before.name]
    assert kept(settings) == {"fees": ["fees.txt"]}

    (before / "lexical.npz").write_bytes(b"damaged")
    assert pipeline.ingest(Request((path,), if_changed=True)).has_changed


@pytest.mark.parametrize("what", ["text", "model", "kept file", "documents", "asked"])
def test_where_anything_has_changed_it_is_built_anew(
    settings: Settings, pipeline: Pipeline, tmp_path: Path, what: str
) -> None:
    path = written(tmp_path, "fees.txt", *PAGES)
    pipeline.ingest(Request((path,)))
    if what == "text":
        written(tmp_path, "fees.txt", *PAGES[:2])
    elif what == "model":
        pipeline = pipeline_of(settings, BigramEncoder("another"))
    elif what == "kept file":
        (settings.data_dir / FOLDER / "fees" / "fees.txt").unlink()
    more = (path, HARUKAZE) if what == "documents" else (path,)
    report = pipeline.ingest(Request(more, replace=True, if_changed=what != "asked"))

    assert report.has_changed
    assert kept(settings)["fees"] == ["fees.txt"]


def test_pages_that_have_only_moved_are_the_same(pipeline: Pipeline, tmp_path: Path) -> None:
    pages = [f"{word}の窓口は{word}課である。詳しくは{word}係に問い合わせる。" for word in "春夏秋冬"]
    first = pipeline.ingest(Request((written(tmp_path, "moved.txt", *pages),))).documents[-1].stored
    again = pipeline.replace("moved", written(tmp_path, "moved.txt", "新しいまえがき。", *pages))

    changes = difference(first, again.documents[-1].stored)
    assert [page.change for page in changes] == [Change.ADDED, *[Change.SAME] * 4]
    assert [str(page) for page in changes] == ["1", "1 → 2", "2 → 3", "3 → 4", "4 → 5"]


# The ledger


def test_the_ledger_has_one_state_for_each_page_of_each_document(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    garbled = written(tmp_path, "garbled.txt", PAGES[0], " ", "登録は24世帯である（R9/TT/T 時点）。")
    pipeline.ingest(Request((HARUKAZE, garbled)))
    ledger = json.loads((settings.data_dir / FILE).read_text(encoding="utf-8"))
    documents = {item["id"]: item for item in ledger["documents"]}

    assert set(documents) == {"komorebi-digest", "harukaze", "garbled"}
    assert [page["state"] for page in documents["garbled"]["pages"]] == ["indexed", "empty", "suspicious"]
    assert all(page["reason"] for page in documents["garbled"]["pages"][1:])
    for item in documents.values():
        assert sum(item["counts"].values()) == item["page_count"] == len(item["pages"])
    totals = ledger["totals"]
    assert totals["pages"] == sum(totals[state] for state in State) == 3 + 10 + 3


def test_a_ledger_that_does_not_add_up_is_an_error(settings: Settings, pipeline: Pipeline) -> None:
    ledger = pipeline.ingest(Request((HARUKAZE,))).ledger
    first, second = ledger.documents
    lacking = Ledger(ledger.build, (first, type(second)(**fields(second) | {"pages": second.pages[1:]})))

    with pytest.raises(Exception, match="ページの数が合いません"):
        lacking.check()


def fields(item: object) -> dict[str, object]:
    return {name: getattr(item, name) for name in type(item).__dataclass_fields__}  # type: ignore[attr-defined]


def test_the_report_ends_with_a_table_that_adds_up(pipeline: Pipeline) -> None:
    lines = list(pipeline.ingest(Request((HARUKAZE,))).lines())
    begin = next(number for number, line in enumerate(lines) if line.startswith("文書 "))
    rows = [line.split() for line in lines[begin + 1 :] if len(line.split()) == 7]

    assert [row[0] for row in rows] == ["komorebi-digest", "harukaze", "合計"]
    for row in rows:
        pages, *states, _ = map(int, row[1:])
        assert pages == sum(states)


def test_a_file_that_could_not_be_added_stands_in_the_ledger(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing more")
    pipeline.ingest(Request((HARUKAZE, broken)))

    (reason,) = json.loads((settings.data_dir / FILE).read_text(encoding="utf-8"))["not_added"]
    assert "broken.pdf" in reason


# The commands


def test_the_commands_list_replace_read_again_and_remove(
    guideqa_here: Guideqa, settings: Settings, tmp_path: Path
) -> None:
    old = written(tmp_path, "fees.txt", *PAGES)
    new = written(tmp_path, "fees-2027.txt", *PAGES[:2])
    assert guideqa_here("ingest", old, settings=settings).code == 0

    listed = guideqa_here("documents", "list", "--json", settings=settings).json["documents"]
    assert {item["id"] for item in listed} == {"komorebi-digest", "fees"}
    assert guideqa_here("documents", "--json", settings=settings).json["documents"] == listed
    assert "削除: 3" in guideqa_here("documents", "replace", "fees", new, settings=settings).out
    assert guideqa_here("documents", "reingest", "fees", settings=settings).code == 0
    assert "fees" in guideqa_here("documents", "reingest", "other", settings=settings).refused()
    assert "nothing.txt" in guideqa_here("documents", "replace", "fees", "nothing.txt").refused()
    assert guideqa_here("documents", "remove", "fees", settings=settings).code == 0
    assert "fees" in guideqa_here("documents", "remove", "fees", settings=settings).refused()
