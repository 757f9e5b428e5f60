"""Documents belong to collections, are described in one place, and newer ones take the place of older ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import HARUKAZE, KOMOREBI, TINY_CORPUS, Guideqa, pipeline_of
from docx import Document as WordDocument
from openpyxl import Workbook

from guideqa.api.compatible import ChatRequest
from guideqa.api.document_schemas import DocumentOut
from guideqa.errors import InputError, NotFoundError, SettingsError
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import load_store, open_build
from guideqa.index.store import StoredDocument
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from guideqa.types import Document, DocumentKind, Filters, Question
from guideqa.wiring import build_assistant
from ingest.description import Description, is_date
from ingest.manifest import Manifest
from ingest.naming import own_id
from ingest.pipeline import Pipeline, Request
from ingest.readers import read_document, word

ENCODER = BigramEncoder()
OLD = "見守りの会の年会費は五百円とする。会員は町に住む者とする。"
NEW = "見守りの会の年会費は八百円とする。会員は町で働く者も含める。"
QUESTION = "見守りの会の年会費はいくら？"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "var", corpus_dir=TINY_CORPUS)


@pytest.fixture
def pipeline(settings: Settings) -> Pipeline:
    return pipeline_of(settings, ENCODER)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An index of a digest, a document of the town's own, and an outline in two editions. For reading only."""
    folder = tmp_path_factory.mktemp("rules")
    settings = Settings(data_dir=folder / "var", corpus_dir=TINY_CORPUS)
    pipeline = pipeline_of(settings, ENCODER)
    pipeline.ingest(Request((HARUKAZE,)))
    old, new = written(folder, "会則.txt", OLD), written(folder, "会則2027.txt", NEW)
    given = Description(collection="要綱", title="見守りの会 会則", date="令和8年3月", publisher="見守りの町")
    pipeline.ingest(Request((old,), description=given))
    pipeline.ingest(Request((new,), description=replace(given, date="2027-03-31", supersedes="会則")))
    return settings


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def stored(settings: Settings) -> dict[str, StoredDocument]:
    return load_store(IndexFolder(settings.index_dir).current()).documents


def described(settings: Settings, document_id: str) -> Document:
    return stored(settings)[document_id].document


# Filters


def found(settings: Settings, text: str = "会", **filters: tuple[str, ...]) -> set[str]:
    """The documents of everything that a search finds."""
    question = Question(text, filters=Filters(**filters))
    hits = build_assistant(settings, ENCODER).search(question, 100).hits
    return {hit.passage.document_id for hit in hits}


def test_a_document_that_is_added_is_the_users_own_and_a_work_a_guidebook(rules: Settings) -> None:
    assert described(rules, "harukaze").collection == "own"
    assert described(rules, "komorebi-digest").collection == "guidebook"


@pytest.mark.parametrize("leg", ["both", "dense", "lexical"])
def test_a_collection_keeps_the_others_out_of_every_leg(rules: Settings, leg: str) -> None:
    weights = {} if leg == "both" else {f"{other}_weight": 0.0 for other in {"dense", "lexical"} - {leg}}
    own = rules.model_copy(update=weights)

    assert found(own, "読み聞かせの会", collection=("own",)) == {"harukaze"}
    assert found(own, "読み聞かせの会", collection=("guidebook",)) == {"komorebi-digest"}
    assert found(own, "読み聞かせの会", collection=("own", "guidebook")) == {"harukaze", "komorebi-digest"}


def test_a_collection_and_a_document_narrow_each_other(rules: Settings) -> None:
    assert found(rules, collection=("own",), document=("komorebi-digest",)) == set()
    assert found(rules, collection=("nothing of the kind",)) == set()


def test_the_vectors_carry_the_collection_for_other_programs(rules: Settings) -> None:
    index = open_build(IndexFolder(rules.index_dir).current(), ENCODER.identity)
    vector = ENCODER.encode_queries(["読み聞かせの会"])[0]
    nearest = index.vectors.nearest(vector, 100, Filters(collection=("要綱",)))

    assert {index.passages[index.positions[key]].document_id for key, _ in nearest} == {"会則", "会則2027"}


def test_the_command_line_searches_and_asks_within_filters(
    guideqa_here: Guideqa, tiny_settings: Settings
) -> None:
    hits = guideqa_here("search", "里親", "--collection", "guidebook", "--json").json["hits"]
    assert {hit["document"]["id"] for hit in hits} == {"komorebi-digest"}
    asked = guideqa_here("ask", "里親の世帯はいくつ？", "--municipality", "星見町", "--json").json
    assert {item["document"]["id"] for item in asked["citations"]} == {"harukaze"}

    refused = guideqa_here("ask", "里親の世帯はいくつ？", "--collection", "要綱").refused()
    assert "要綱" in refused
    assert "own" in refused


def test_clients_of_openai_can_narrow_a_question_too() -> None:
    request = ChatRequest.model_validate(
        {"messages": [{"role": "user", "content": QUESTION}], "filters": {"collection": ["要綱"]}}
    )

    assert request.question().filters == Filters(collection=("要綱",))


# Superseded documents


def test_an_older_edition_answers_only_where_it_is_named(rules: Settings) -> None:
    assistant = build_assistant(rules, ENCODER)
    by_default = assistant.ask(Question(QUESTION)).answer
    named = assistant.ask(Question(QUESTION, filters=Filters(document=("会則",)))).answer

    assert "八百円" in by_default.markdown
    assert "五百円" not in by_default.markdown
    assert "五百円" in named.markdown
    assert "会則" not in found(rules)
    assert "会則" not in found(rules, collection=("要綱",))


def test_an_older_edition_stays_listed_as_one(rules: Settings, guideqa_here: Guideqa) -> None:
    old, new = described(rules, "会則"), described(rules, "会則2027")
    listed = {
        item["id"]: item for item in guideqa_here("documents", "--json", settings=rules).json["documents"]
    }

    assert (old.status_label, new.status_label) == ("原文・旧版", "原文")
    assert listed["会則"]["superseded_by"] == "会則2027"
    assert listed["会則2027"] | {"passages": 0} == listed["会則2027"] | {
        "passages": 0,
        "collection": "要綱",
        "title": "見守りの会 会則",
        "date": "2027-03-31",
        "publisher": "見守りの町",
        "supersedes": "会則",
        "superseded_by": "",
    }
    for_a_person = guideqa_here("documents", settings=rules).out
    assert "旧版" in for_a_person
    assert "要綱" in for_a_person


def test_where_the_newer_edition_goes_the_older_one_answers_again(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    pipeline.ingest(Request((written(tmp_path, "会則.txt", OLD),)))
    report = pipeline.ingest(
        Request((written(tmp_path, "新会則.txt", NEW),), description=Description(supersedes="会則"))
    )
    assert any("旧版" in line and "新会則" in line for line in report.lines())
    assert found(settings, QUESTION) >= {"新会則"}
    pipeline.remove("新会則")

    assert described(settings, "会則").superseded_by == ""
    assert "会則" in found(settings, QUESTION)


def test_a_newer_book_supersedes_the_digest_and_the_original_of_the_older_one(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    newer = written(tmp_path, "手引き2027.txt", NEW)
    pipeline.ingest(Request((newer,), description=Description(supersedes="komorebi")))
    assert described(settings, "komorebi-digest").superseded_by == "手引き2027"
    pipeline.ingest(Request((KOMOREBI,)))

    assert described(settings, "komorebi").superseded_by == "手引き2027"


def test_what_cannot_be_superseded_is_refused(settings: Settings, pipeline: Pipeline, tmp_path: Path) -> None:
    first, second = written(tmp_path, "first.txt", OLD), written(tmp_path, "second.txt", NEW)
    pipeline.ingest(Request((first,)))
    for older in ("nothing", "second"):
        with pytest.raises(InputError, match=f"旧版として指定された文書がありません: {older}"):
            pipeline.ingest(Request((second,), description=Description(supersedes=older)))
    pipeline.ingest(Request((second,), description=Description(supersedes="first")))
    with pytest.raises(InputError, match="輪"):
        pipeline.ingest(Request((first,), description=Description(supersedes="second")))

    assert described(settings, "first").superseded_by == "second"


# What is said of a document


def test_what_is_said_of_a_document_stays_with_it_and_can_be_said_anew(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    path = written(tmp_path, "会則.txt", OLD)
    given = Description(collection="要綱", title="会の決まり", date="令和8年3月", licence="庁内限り")
    pipeline.ingest(Request((path,), description=given))
    pipeline.reingest()
    pipeline.replace("会則", written(tmp_path, "会則2027.txt", NEW), description=Description(date="2027"))
    (IndexFolder(settings.index_dir).current() / "corpus.jsonl").write_bytes(b"\xff")
    pipeline.ingest(Request())  # from the kept file, as the index cannot be read

    kept = described(settings, "会則")
    assert (kept.title, kept.collection, kept.date, kept.licence) == (
        "会の決まり",
        "要綱",
        "2027",
        "庁内限り",
    )
    assert "八百円" in stored(settings)["会則"].pages[0].page.text


def test_the_same_file_with_other_words_about_it_changes_these_alone(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    path = written(tmp_path, "会則.txt", OLD)
    pipeline.ingest(Request((path,)))
    report = pipeline.ingest(Request((path,), description=Description(title="会の決まり"), if_changed=True))

    assert (report.has_changed, report.documents[-1].change) == (True, "題名や分類などを変更")
    assert stored(settings)["会則"].passages[0].headings == ("会の決まり",)
    again = pipeline.ingest(Request((path,), if_changed=True))
    assert not again.has_changed


def test_what_the_manifest_describes_is_described_nowhere_else(pipeline: Pipeline) -> None:
    with pytest.raises(InputError, match=r"manifest\.toml"):
        pipeline.ingest(Request((KOMOREBI,), description=Description(date="2026")))


def test_the_command_line_describes_what_it_adds(
    guideqa_here: Guideqa, settings: Settings, tmp_path: Path
) -> None:
    path = written(tmp_path, "会則.txt", OLD)
    options = ("--collection", "要綱", "--title", "会の決まり", "--date", "令和8年3月", "--publisher", "町")
    assert guideqa_here("ingest", path, *options, settings=settings).code == 0
    (listed,) = [
        item
        for item in guideqa_here("documents", "--json", settings=settings).json["documents"]
        if item["id"] == "会則"
    ]

    assert (listed["collection"], listed["title"], listed["publisher"]) == ("要綱", "会の決まり", "町")
    assert "--title" in guideqa_here("ingest", path, HARUKAZE, "--title", "二つ", settings=settings).refused()


def test_an_index_of_the_form_before_is_built_again_with_its_documents(
    guideqa_here: Guideqa, settings: Settings, pipeline: Pipeline
) -> None:
    pipeline.ingest(Request((HARUKAZE,)))
    build = IndexFolder(settings.index_dir).current()
    without_what_was_not_known(build)
    assert guideqa_here("ingest", "--if-missing", settings=settings).code == 0

    assert IndexFolder(settings.index_dir).current() != build
    assert {key: item.document.collection for key, item in stored(settings).items()} == {
        "komorebi-digest": "guidebook",
        "harukaze": "own",
    }


def without_what_was_not_known(build: Path) -> None:
    """Make a build what format 4 was."""
    import hashlib

    corpus, manifest = build / "corpus.jsonl", json.loads((build / "manifest.json").read_text())
    lines = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    new = ("collection", "date", "licence", "supersedes", "superseded_by")
    kept = [{key: value for key, value in line.items() if key not in new} for line in lines]
    corpus.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
    manifest["sha256"]["corpus.jsonl"] = hashlib.sha256(corpus.read_bytes()).hexdigest()
    (build / "manifest.json").write_text(json.dumps(manifest | {"format": 4}))


# Citations


@pytest.mark.parametrize(
    ("edition", "date", "issue"),
    [
        ("", "", ""),
        ("第2版", "", "第2版"),
        ("", "令和8年3月", "令和8年3月"),
        ("第2版", "令和8年3月", "第2版（令和8年3月）"),
        ("令和8年3月", "令和8年3月", "令和8年3月"),
    ],
)
def test_a_citation_has_edition_and_date_each_once(edition: str, date: str, issue: str) -> None:
    document = Document("id", "題名", DocumentKind.ORIGINAL, "id", edition=edition, date=date)

    assert document.issue == issue


def test_an_answer_for_a_document_names_title_date_and_page(rules: Settings) -> None:
    from guideqa.citing import plain_text

    assistant = build_assistant(rules, ENCODER)
    old = Filters(document=("会則",))

    assert "（『見守りの会 会則』2027-03-31, p.1）" in plain_text(assistant.ask(Question(QUESTION)))
    assert "令和8年3月, p.1、旧版）" in plain_text(assistant.ask(Question(QUESTION, filters=old)))


def test_the_documents_route_has_the_whole_description(rules: Settings) -> None:
    fields = set(DocumentOut.from_stored(stored(rules)["会則"]).model_dump())

    assert {"collection", "title", "edition", "publisher", "date", "licence", "supersedes"} <= fields


# Ids


@pytest.mark.parametrize(
    ("name", "held", "document_id"),
    [
        ("要綱.docx", {}, "要綱"),
        ("要綱.xlsx", {"要綱": "要綱.docx"}, "要綱-xlsx"),
        ("要綱.docx", {"要綱": "要綱.docx"}, "要綱"),  # the same file, or a newer one
        ("要綱.XLSX", {"要綱": "要綱.docx", "要綱-xlsx": "要綱.xlsx"}, "要綱-xlsx"),
        ("要綱.xlsx", {"要綱-xlsx": "要綱.xlsx"}, "要綱-xlsx"),  # the other one has gone
        ("要綱.xlsx", {"要綱": "要綱.docx", "要綱-xlsx": "要綱-xlsx.txt"}, "要綱-xlsx-2"),
        ("要綱.xlsx", {"要綱": ""}, "要綱"),  # of an index that does not know its files
        ("要綱.docx", {"要綱": "要綱2027.docx"}, "要綱"),  # it has been replaced by a file of another name
        ("guidebook.txt", {}, "guidebook-txt"),  # the id of a work, whose original this is not
        ("...txt", {}, "document"),
    ],
)
def test_a_file_has_the_same_id_for_ever_and_no_other_files(
    name: str, held: dict[str, str], document_id: str
) -> None:
    assert own_id(Path(name), held, {"guidebook", "guidebook-digest"}) == document_id


def word_file(path: Path, text: str) -> Path:
    document = WordDocument()
    document.add_paragraph(text)
    document.save(str(path))
    return path


def sheet_file(path: Path, text: str) -> Path:
    book = Workbook()
    book.active["A1"], book.active["A2"] = "会費", text
    book.save(path)
    return path


@pytest.mark.parametrize("order", [1, -1])
def test_two_kinds_of_file_of_one_name_are_two_documents(
    settings: Settings, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: int
) -> None:
    monkeypatch.setattr(word, "rendered_as_pdf", lambda path: None)
    monkeypatch.setattr("ingest.adding.read_isolated", read_document)
    files = (word_file(tmp_path / "要綱.docx", OLD), sheet_file(tmp_path / "要綱.xlsx", NEW))[::order]
    report = pipeline.ingest(Request(files))

    first, second = "要綱", f"要綱-{files[1].suffix.removeprefix('.')}"
    assert [item.change for item in report.documents[1:]] == ["追加", "追加"]
    assert set(stored(settings)) == {"komorebi-digest", first, second}
    again = pipeline.ingest(Request(files[::-1], replace=True))
    assert [item.change for item in again.documents[1:]] == ["変更なし", "変更なし"]
    pipeline.remove(first)
    changed = (sheet_file if order == 1 else word_file)(files[1], "会費はない。")
    pipeline.ingest(Request((changed,), replace=True))
    assert set(stored(settings)) == {"komorebi-digest", second}


def test_a_file_that_only_has_the_name_of_a_work_leaves_its_digest_alone(
    settings: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    pipeline.ingest(Request((written(tmp_path, "komorebi.txt", OLD),)))

    assert set(stored(settings)) == {"komorebi-digest", "komorebi-txt"}


# The manifest

ENTRY = '[[works]]\nid = "fire"\ntitle = "消防の手引き"\n'


def corpus(folder: Path, manifest: str) -> Path:
    folder.mkdir()
    (folder / "manifest.toml").write_text(manifest, encoding="utf-8")
    return folder


def test_a_guidebook_of_another_field_needs_an_entry_and_no_code(tmp_path: Path) -> None:
    more = (
        'collection = "消防"\ndate = 2026-03-31\nlicence = "CC BY 4.0"\nfiles = ["shobo*.txt"]\n'
        'digest = "notes"\nsupersedes = "fire-2020"\n'
    )
    folder = corpus(tmp_path / "corpus", ENTRY + more)
    (folder / "notes").mkdir()
    (folder / "notes" / "1.md").write_text("# p.1 訓練\n\n訓練は春と秋に行う。\n", encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "var", corpus_dir=folder)
    pipeline = pipeline_of(settings, ENCODER)
    report = pipeline.ingest(Request())
    assert described(settings, "fire-digest").collection == "消防"
    assert any("fire-2020" in line for line in report.lines())

    pipeline.ingest(Request((written(tmp_path, "shobo_v3.txt", "訓練は年に二回行う。"),)))
    original = described(settings, "fire")
    assert (original.title, original.date, original.licence) == ("消防の手引き", "2026-03-31", "CC BY 4.0")


def test_a_change_in_the_manifest_reaches_documents_that_are_there(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "corpus", ENTRY + 'files = ["fire.txt"]\n')
    settings = Settings(data_dir=tmp_path / "var", corpus_dir=folder)
    pipeline_of(settings, ENCODER).ingest(Request((written(tmp_path, "fire.txt", OLD),)))
    text = ENTRY.replace("消防の", "新しい消防の") + 'files = ["fire.txt"]\ncollection = "消防"\n'
    (folder / "manifest.toml").write_text(text, encoding="utf-8")
    report = pipeline_of(settings, ENCODER).ingest(Request(if_changed=True))

    assert report.has_changed
    changed = stored(settings)["fire"]
    assert (changed.document.title, changed.document.collection) == ("新しい消防の手引き", "消防")
    assert changed.passages[0].headings == ("新しい消防の手引き",)


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (ENTRY + 'publsher = "町"\n', "1番目の publsher は知らない項目です"),
        (ENTRY + ENTRY.replace("fire", "a").replace("title", "titel"), "2番目の titel は知らない"),
        ('[[works]]\nid = "fire"\n', "title がありません"),
        (ENTRY + 'date = "3月"\n', "date は 2026-03-31 か 令和8年3月31日"),
        (ENTRY + "date = 2026\n", "date は文字列で"),
        (ENTRY + 'edition = "a\\nb"\n', "edition は200文字までの1行"),
        (ENTRY + 'collection = ""\n', "collection が空です"),
        (ENTRY + 'marks = "一つ"\n', "marks は文字列の並び"),
        (ENTRY + "marks = [1]\n", "marks は文字列の並び"),
        (ENTRY.replace('"fire"', '"../fire"'), "id に使えるのは"),
        (ENTRY + ENTRY, "id が重なっています: fire"),
        (ENTRY + ENTRY.replace('"fire"', '"fire-digest"'), "id が重なっています: fire-digest"),
        (ENTRY + 'supersedes = "fire"\n', "supersedes が自分"),
        ("works = 1\n", "works は"),
        ("book = []\n", "book は知らない項目です"),
        ("[[works\n", "TOMLとして読めません"),
    ],
)
def test_what_is_off_in_the_manifest_is_named_by_its_key(tmp_path: Path, manifest: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Manifest.read(corpus(tmp_path / "corpus", manifest))


@pytest.mark.parametrize(
    "text",
    [
        "2026",
        "2026-03",
        "2026-03-31",
        "令和8年3月",
        "令和８年３月３１日",
        "令和元年",
        "平成31年4月",
        "2026年3月",
    ],
)
def test_dates_are_accepted_as_people_write_them(text: str) -> None:
    assert is_date(text)
    assert Description(date=text).date == text


@pytest.mark.parametrize(
    "text",
    ["3月", "令和8", "令和0年", "2026-13", "2026-02-30", "令和8年2月30日", "2026/3/1", "きのう", "8年3月"],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert not is_date(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [("date", "いつか"), ("title", "二行\nの題名"), ("collection", " 要綱"), ("licence", "長" * 201)],
)
def test_what_cannot_be_shown_is_refused_by_its_key(key: str, value: str) -> None:
    with pytest.raises(InputError, match=key):
        Description(**{key: value})


def test_an_unknown_document_cannot_be_replaced_by_a_described_file(pipeline: Pipeline) -> None:
    with pytest.raises(NotFoundError):
        pipeline.replace("nothing", HARUKAZE, description=Description(date="2026"))
