"""Documents are added, removed and proven over HTTP, in processes of their own, while the server answers."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections import namedtuple
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import HARUKAZE, KOMOREBI, eventually, pipeline_of
from looking_after import CLUB, CLUB_QUESTION, accepted, copied, documents_of, held_up, job_of, over, sent
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas
from serving import served

from guideqa.api.app import create_app
from guideqa.documents import desk
from guideqa.documents.desk import FOLDER
from guideqa.documents.jobs import JobStore
from guideqa.documents.uploads import SUFFIXES
from guideqa.encoder.nano import NanoEncoder
from guideqa.index.folder import IndexFolder
from guideqa.page_images import FOLDER as ORIGINALS
from guideqa.settings import Settings
from guideqa.wiring import build_assistant
from ingest import readers
from ingest.description import Description
from ingest.pipeline import Request


@pytest.fixture
def settings(tiny_settings: Settings, tmp_path: Path) -> Settings:
    return copied(tiny_settings, tmp_path / "var")


@pytest.fixture
def api(settings: Settings, encoder: NanoEncoder) -> Iterator[httpx.Client]:
    with served(create_app(build_assistant(settings, encoder), settings)) as client:
        yield client


def problem(response: httpx.Response, status: int) -> str:
    """What a refusal says."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    detail: str = response.json()["detail"]
    return detail


def left_over(settings: Settings) -> list[Path]:
    """What lies about of uploads."""
    root = settings.data_dir / FOLDER
    return list(root.iterdir()) if root.is_dir() else []


def current(settings: Settings) -> str | None:
    return IndexFolder(settings.index_dir).current_name()


def audited(settings: Settings) -> list[tuple[str, str, list[str]]]:
    """What was done to documents, what came of it, and to which."""
    lines = [
        json.loads(line)
        for path in sorted((settings.data_dir / "audit").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [(line["did"], line["outcome"], line["documents"]) for line in lines if "documents" in line]


def locked_pdf() -> bytes:
    plain, locked = BytesIO(), BytesIO()
    canvas = Canvas(plain)
    canvas.drawString(72, 720, "secret")
    canvas.save()
    writer = PdfWriter(clone_from=PdfReader(plain))
    writer.encrypt("password")
    writer.write(locked)
    return locked.getvalue()


def test_an_uploaded_document_answers_without_a_restart_and_no_more_once_it_is_removed(
    api: httpx.Client, settings: Settings
) -> None:
    response = sent(api, ("星の会.txt", CLUB), title="星の会のきまり", collection="要綱", date="令和8年3月")
    assert response.headers["location"] == f"/v1/jobs/{response.json()['id']}"
    added = over(api, response)

    assert (added["state"], added["message"]) == ("done", "『星の会のきまり』を索引に入れました。")
    (document,) = added["result"]["documents"]
    assert (document["id"], document["change"], document["pages"]) == ("星の会", "追加", 2)
    assert sum(document["counts"].values()) == 2
    answer = api.post("/v1/ask", json={"question": CLUB_QUESTION}).json()
    assert "四百円" in answer["answer"]
    entry = api.get("/v1/ledger/星の会").raise_for_status().json()
    assert (entry["collection"], entry["date"], entry["file"]) == ("要綱", "令和8年3月", "星の会.txt")
    assert [page["state"] for page in entry["page_states"]] == ["indexed", "indexed"]
    assert entry["added_at"] >= added["created_at"][:19]
    assert (settings.data_dir / ORIGINALS / "星の会" / "星の会.txt").read_text(encoding="utf-8") == CLUB

    removed = over(api, api.delete("/v1/documents/星の会"))

    assert removed["state"] == "done"
    assert "星の会" not in documents_of(api)
    assert not (settings.data_dir / ORIGINALS / "星の会").exists()
    assert left_over(settings) == []
    assert audited(settings) == [
        ("documents_add", "accepted", ["星の会.txt"]),
        ("documents_add", "done", ["星の会"]),
        ("documents_remove", "accepted", ["星の会"]),
        ("documents_remove", "done", ["星の会"]),
    ]


def test_files_that_cannot_be_read_are_told_apart_and_stop_no_other(
    api: httpx.Client, settings: Settings
) -> None:
    done = over(
        api,
        sent(
            api,
            ("星の会.txt", CLUB),
            ("壊れた.pdf", b"%PDF-1.7 and no more"),
            ("鍵.pdf", locked_pdf()),
            ("写真.docx", b"\x89PNG\r\n\x1a\n and no more"),
            ("harukaze.txt", "別の文書です。"),
        ),
    )

    assert done["state"] == "done"
    assert "4個のファイルは加えられませんでした" in done["message"]
    told = "\n".join(done["result"]["failures"])
    for words in ("壊れた.pdf", "パスワード", "中身は画像です", "「差し替える」"):
        assert words in told
    assert str(settings.data_dir) not in json.dumps(done, ensure_ascii=False)
    assert documents_of(api) == {"komorebi-digest", "harukaze", "星の会"}


def test_where_nothing_can_be_read_the_index_stays_as_it_is(api: httpx.Client, settings: Settings) -> None:
    before = current(settings)

    failed = over(api, sent(api, ("壊れた.pdf", b"%PDF-1.7 and no more")))

    assert failed["state"] == "failed"
    assert failed["message"].endswith(": 壊れた.pdf")
    assert current(settings) == before
    assert left_over(settings) == []
    assert audited(settings)[-1] == ("documents_add", "failed", ["壊れた.pdf"])


def test_the_same_name_takes_the_place_of_the_document_where_that_is_wanted(api: httpx.Client) -> None:
    text = HARUKAZE.read_text(encoding="utf-8").replace("2,000円", "2,500円")

    done = over(api, sent(api, ("harukaze.txt", text), replace="true"))

    (document,) = done["result"]["documents"]
    assert document["change"] == "差し替え"
    assert document["differences"]["changed"] == 1
    assert "2,500円" in api.get("/v1/documents/harukaze/pages/3").json()["text"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["../../climb.txt"], "使えない文字"),
        (["a\\b.txt"], "使えない文字"),
        ([".hidden.txt"], "使えない文字"),
        (["a\u202etxt.exe"], "使えない文字"),
        (["a.exe"], "読めない形式"),
        (["a"], "読めない形式"),
        (["長" * 61 + ".txt"], "長すぎます"),
        (["a.txt", "a.txt"], "同じ名前のファイルが2つ"),
        ([], "ファイルが選ばれていません"),
    ],
)
def test_a_name_that_cannot_be_kept_is_refused_before_anything_is_done(
    api: httpx.Client, settings: Settings, names: list[str], words: str
) -> None:
    response = sent(api, *((name, CLUB) for name in names), replace="false")

    assert words in problem(response, 422)
    assert left_over(settings) == []
    assert api.get("/v1/jobs").json() == {"jobs": []}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"replace": "maybe"}, "/replace: true か false"),
        ({"colour": "red"}, "/colour: 知らない項目"),
        ({"title": "長" * 201}, "/title: 長すぎます"),
    ],
)
def test_a_field_that_is_off_is_named(api: httpx.Client, fields: dict[str, str], words: str) -> None:
    assert words in problem(sent(api, ("a.txt", CLUB), **fields), 422)


def test_what_only_one_document_can_be_is_refused_for_several(api: httpx.Client) -> None:
    refused = sent(api, ("a.txt", CLUB), ("b.txt", CLUB), title="両方")

    assert "題名は、文書のファイルを1つだけ" in problem(refused, 422)


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "multipart/form-data", "application/json"]
)
def test_what_is_no_form_with_files_is_refused(api: httpx.Client, kind: str) -> None:
    response = api.post("/v1/documents", content=b'{"files": []}', headers={"Content-Type": kind})

    assert "ファイル" in problem(response, 422)


def test_an_empty_file_is_refused(api: httpx.Client) -> None:
    assert "空です: a.txt" in problem(sent(api, ("a.txt", "")), 422)


def test_more_than_the_settings_allow_at_once_is_refused(settings: Settings, encoder: NanoEncoder) -> None:
    limited = settings.model_copy(update={"upload_mb": 2})
    with served(create_app(build_assistant(limited, encoder), limited)) as api:
        assert "上限は2MB" in problem(sent(api, ("a.txt", b"a" * 2_000_001)), 413)
        with held_up(limited):
            job = accepted(sent(api, ("a.txt", b"a" * 1_500_000)))  # more than any other request may bring
            api.delete(f"/v1/jobs/{job}")
            assert eventually(lambda: job_of(api, job)["state"] == "cancelled")


def test_where_there_is_no_room_nothing_is_taken(
    api: httpx.Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 10**6))

    assert "空き容量が足りません" in problem(sent(api, ("a.txt", CLUB)), 507)
    assert left_over(settings) == []


def test_a_disk_that_fills_up_while_files_are_kept_leaves_nothing(
    api: httpx.Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)

    assert "ファイルを置けませんでした" in problem(sent(api, ("a.txt", CLUB)), 507)
    assert left_over(settings) == []
    assert api.get("/v1/jobs").json() == {"jobs": []}


def test_jobs_wait_for_each_other_are_seen_from_any_server_and_can_be_called_off(
    api: httpx.Client, settings: Settings, encoder: NanoEncoder
) -> None:
    with held_up(settings):
        unwanted, wanted = accepted(sent(api, ("a.txt", CLUB))), accepted(sent(api, ("b.txt", CLUB)))
        with served(create_app(build_assistant(settings, encoder), settings)) as other:
            assert [job["state"] for job in other.get("/v1/jobs").json()["jobs"]] == ["waiting", "waiting"]
            assert other.delete(f"/v1/jobs/{unwanted}").status_code == 202
        assert eventually(lambda: job_of(api, unwanted)["state"] == "cancelled")
        assert "取りやめました" in job_of(api, unwanted)["message"]
        assert "もう終わっています" in problem(api.delete(f"/v1/jobs/{unwanted}"), 409)
        assert api.post("/v1/ask", json={"question": CLUB_QUESTION}).status_code == 200

    assert eventually(lambda: job_of(api, wanted)["state"] == "done")
    assert documents_of(api) >= {"harukaze", "b"}
    assert "a" not in documents_of(api)
    assert ("job_cancel", "add", ["a.txt"]) in audited(settings)


def test_a_job_waits_for_whoever_writes_the_index_from_the_command_line(
    api: httpx.Client, settings: Settings
) -> None:
    with IndexFolder(settings.index_dir).exclusively():
        job = accepted(api.delete("/v1/documents/harukaze"))
        assert eventually(lambda: job_of(api, job)["progress"]["stage"] == "blocked")
        assert api.delete(f"/v1/jobs/{job}").status_code == 202
        assert eventually(lambda: job_of(api, job)["state"] == "cancelled")

    assert "harukaze" in documents_of(api)
    assert left_over(settings) == []


def test_a_job_whose_process_is_killed_is_over_and_the_server_goes_on(
    api: httpx.Client, settings: Settings
) -> None:
    before = current(settings)
    with held_up(settings):
        job = accepted(sent(api, ("a.txt", CLUB)))
        process = JobStore(settings.data_dir).get(job).process
        assert process is not None
        os.kill(process, signal.SIGKILL)
        assert eventually(lambda: job_of(api, job)["state"] == "failed")

    assert "途中で止まりました" in job_of(api, job)["message"]
    assert current(settings) == before
    assert left_over(settings) == []
    assert audited(settings)[-1] == ("documents_add", "failed", ["a.txt"])


def test_too_many_jobs_at_once_are_refused_in_words(
    api: httpx.Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MAX_UNFINISHED", 2)
    with held_up(settings):
        waiting = [accepted(api.post("/v1/index/verify")) for _ in range(2)]
        assert "作業が待っています" in problem(api.post("/v1/index/verify"), 409)
        for job in waiting:
            api.delete(f"/v1/jobs/{job}")
        assert eventually(lambda: all(job_of(api, job)["state"] == "cancelled" for job in waiting))


def test_an_index_is_proven_and_what_is_off_is_named(api: httpx.Client, settings: Settings) -> None:
    sound = over(api, api.post("/v1/index/verify"))
    (settings.data_dir / ORIGINALS / "harukaze" / "harukaze.txt").write_text("changed", encoding="utf-8")
    faulty = over(api, api.post("/v1/index/verify"))

    assert sound["message"].startswith("問題ありません。文書 2、ページ 13（索引 9、空 2、除外 2）")
    assert faulty["message"] == "索引に1件の問題があります。"
    assert "元のファイルが変わっています: harukaze.txt" in faulty["result"]["faults"][0]


def test_the_ledger_says_what_becomes_of_each_document_when_it_goes(
    settings: Settings, encoder: NanoEncoder, tmp_path: Path
) -> None:
    club = tmp_path / "星の会.txt"
    club.write_text(CLUB, encoding="utf-8")
    pipeline = pipeline_of(settings, encoder)
    pipeline.ingest(Request((KOMOREBI,)))
    pipeline.ingest(Request((club,), description=Description(supersedes="harukaze")))
    with served(create_app(build_assistant(settings, encoder), settings)) as api:
        listed: list[dict[str, Any]] = api.get("/v1/ledger").raise_for_status().json()["documents"]

    removal = {item["id"]: " ".join(item["removal"]) for item in listed}
    assert "『はるかぜ自治体事例集』の10ページ" in removal["harukaze"]
    assert "要約から答えます" in removal["komorebi"]
    assert "旧版の『はるかぜ自治体事例集』から、また答える" in removal["星の会"]
    for item in listed:
        assert item["pages"] == item["indexed_pages"] + item["empty_pages"] + item["excluded_pages"]


def test_a_digest_and_what_is_not_there_cannot_be_removed(api: httpx.Client) -> None:
    assert "要約は外せません" in problem(api.delete("/v1/documents/komorebi-digest"), 422)
    for path in ("/v1/documents/no-such", "/v1/jobs/no-such"):
        problem(api.delete(path), 404)
    problem(api.get("/v1/ledger/no-such"), 404)


def test_the_description_of_the_api_has_all_of_it_with_examples(api: httpx.Client) -> None:
    schema = api.get("/openapi.json").raise_for_status().json()

    paths = schema["paths"]
    body = paths["/v1/documents"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert {"files", "replace", "title", "date", "supersedes"} <= set(body["properties"])
    assert body["properties"]["date"]["examples"] == ["令和8年3月"]
    assert {"get", "delete"} <= set(paths["/v1/jobs/{job_id}"])
    assert {"delete"} <= set(paths["/v1/documents/{document_id}"])
    assert {"/v1/jobs", "/v1/ledger", "/v1/ledger/{document_id}", "/v1/index/verify"} <= set(paths)
    assert schema["components"]["schemas"]["JobOut"]["properties"]["message"]["examples"]


def test_what_is_taken_is_what_the_readers_read() -> None:
    assert set(SUFFIXES) == set(readers.SUFFIXES)
