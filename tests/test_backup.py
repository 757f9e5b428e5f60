"""The data folder as one file: written and put back while others read and write."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import HARUKAZE, PATIENCE_SECONDS, TINY_CORPUS, pipeline_of

from guideqa.access.identity import Scope
from guideqa.access.keys import KeyStore
from guideqa.access.sessions import FILE as SESSION_KEY
from guideqa.access.users import FILE as USERS
from guideqa.errors import GuideqaError, InputError
from guideqa.feedback import Feedback, FeedbackStore, Verdict
from guideqa.history.records import Exchange
from guideqa.history.store import ConversationStore
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import open_build
from guideqa.operation.audit import AuditLog, Caller, Deed, Entry
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.backup import CONTENTS, restore_backup, write_backup
from ingest.pipeline import Pipeline, Request

USER = {"山田": {"hash": "$argon2id$x", "admin": False, "created_at": "2026-11-25"}}


def settings_in(folder: Path) -> Settings:
    return Settings(data_dir=folder, corpus_dir=TINY_CORPUS)


def pipeline(settings: Settings) -> Pipeline:
    return pipeline_of(settings, BigramEncoder())


def restored(source: Path, settings: Settings, *, replace: bool = False) -> list[str]:
    return restore_backup(
        settings, source, lambda path: pipeline(settings).take_over(path, replace=True), replace=replace
    )


@pytest.fixture
def lived_in(tmp_path: Path) -> Settings:
    """A data folder with something of everything."""
    settings = settings_in(tmp_path / "here")
    pipeline(settings).ingest(Request((HARUKAZE,)))
    FeedbackStore(settings.data_dir).add(Feedback("a1", Verdict.USEFUL, "里親は何世帯？"))
    KeyStore(settings.data_dir).create("庁内ポータル", {Scope.ASK})
    exchange = Exchange("a1", "里親は何世帯？", "42世帯[1]", "<p>42世帯</p>")
    ConversationStore(settings.data_dir, days=30).add("user:山田", "c1", exchange)
    (settings.data_dir / USERS).write_text(json.dumps(USER), encoding="utf-8")
    (settings.data_dir / SESSION_KEY).write_bytes(b"x" * 32)
    AuditLog(settings.data_dir / "audit").write(Entry(Caller("user:山田", "", "r"), Deed.ASK))
    return settings


def test_another_machine_has_everything_back_but_what_signs_sessions(
    lived_in: Settings, tmp_path: Path
) -> None:
    package, there = tmp_path / "backup.zip", settings_in(tmp_path / "there")
    write_backup(lived_in, package)

    restored(package, there)

    index = open_build(IndexFolder(there.index_dir).current(), BigramEncoder().identity)
    assert set(index.store.documents) == {"komorebi-digest", "harukaze"}
    assert (there.data_dir / "originals" / "harukaze" / HARUKAZE.name).read_bytes() == HARUKAZE.read_bytes()
    assert [item.answer_id for item in FeedbackStore(there.data_dir).all()] == ["a1"]
    assert [key.name for key in KeyStore(there.data_dir).all()] == ["庁内ポータル"]
    kept = ConversationStore(there.data_dir, days=30).get("user:山田", "c1")
    assert [item.question for item in kept.exchanges] == ["里親は何世帯？"]
    assert json.loads((there.data_dir / USERS).read_text(encoding="utf-8")) == USER
    assert [path.read_bytes() for path in (there.data_dir / "audit").iterdir()] == [
        path.read_bytes() for path in (lived_in.data_dir / "audit").iterdir()
    ]
    assert not (there.data_dir / SESSION_KEY).exists()
    for secret in (
        package,
        *(there.data_dir / name for name in (USERS, "keys.sqlite", "conversations.sqlite")),
    ):
        assert secret.stat().st_mode & 0o077 == 0, secret


def test_what_is_there_is_replaced_only_when_that_is_asked(lived_in: Settings, tmp_path: Path) -> None:
    package = tmp_path / "backup.zip"
    write_backup(lived_in, package)
    KeyStore(lived_in.data_dir).create("later", {Scope.ASK})
    pipeline(lived_in).remove("harukaze")

    with pytest.raises(InputError, match=r"索引、感想、会話、鍵、利用者.*--replace"):
        restored(package, lived_in)
    assert len(KeyStore(lived_in.data_dir).all()) == 2

    restored(package, lived_in, replace=True)

    assert [key.name for key in KeyStore(lived_in.data_dir).all()] == ["庁内ポータル"]
    index = open_build(IndexFolder(lived_in.index_dir).current(), None)
    assert "harukaze" in index.store.documents
    left_over = [path.name for path in lived_in.data_dir.iterdir() if path.name.startswith(".")]
    assert left_over == []


def test_a_backup_is_whole_though_others_write_and_a_restore_reaches_who_has_the_file_open(
    lived_in: Settings, tmp_path: Path
) -> None:
    script = (
        "import sys; from pathlib import Path; from guideqa.feedback import *\n"
        f"store = FeedbackStore(Path({str(lived_in.data_dir)!r}))\n"
        "for n in range(60): store.add(Feedback(str(n), Verdict.USEFUL, 'q'))"
    )
    writer = subprocess.Popen([sys.executable, "-c", script])
    package = tmp_path / "backup.zip"
    write_backup(lived_in, package)
    assert writer.wait(PATIENCE_SECONDS) == 0
    reader = sqlite3.connect(lived_in.data_dir / "feedback.sqlite")
    assert reader.execute("SELECT count(*) FROM feedback").fetchone() == (61,)
    reader.rollback()

    restored(package, lived_in, replace=True)

    (count,) = reader.execute("SELECT count(*) FROM feedback").fetchone()
    assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    reader.close()
    given = [item.answer_id for item in FeedbackStore(lived_in.data_dir).all()]
    assert len(given) == count
    assert given == ["a1", *map(str, range(count - 1))], "the first so many, none left out"


def test_the_audit_log_that_is_there_is_never_replaced(lived_in: Settings, tmp_path: Path) -> None:
    package = tmp_path / "backup.zip"
    write_backup(lived_in, package, with_index=False)
    log = AuditLog(lived_in.data_dir / "audit")
    log.write(Entry(Caller("user:山田", "", "later"), Deed.ASK))

    assert "index.zip" not in restored(package, lived_in, replace=True)

    (path,) = (lived_in.data_dir / "audit").iterdir()
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_a_running_ingest_is_waited_for(lived_in: Settings, tmp_path: Path) -> None:
    with (
        IndexFolder(lived_in.index_dir).exclusively(),
        pytest.raises(GuideqaError, match="書き込み中"),
    ):
        write_backup(lived_in, tmp_path / "backup.zip")

    assert list(tmp_path.iterdir()) == [lived_in.data_dir]


@pytest.mark.parametrize("spoil", ["text", "empty", "strange", "damaged", "missing", "none"])
def test_what_is_no_backup_changes_nothing(lived_in: Settings, tmp_path: Path, spoil: str) -> None:
    package, there = tmp_path / "backup.zip", settings_in(tmp_path / "there")
    write_backup(lived_in, package, with_index=False)
    with zipfile.ZipFile(package) as whole:
        files = {name: whole.read(name) for name in whole.namelist()}
    contents = json.loads(files[CONTENTS])
    if spoil == "strange":
        files["../outside"] = b"x"
        contents["files"]["../outside"] = "0" * 64
    if spoil == "damaged":
        files[USERS] = b"{}"
    if spoil == "missing":
        del files[USERS]
    files[CONTENTS] = json.dumps(contents).encode()
    with zipfile.ZipFile(package, "w") as changed:
        for name, content in files.items() if spoil != "empty" else ():
            changed.writestr(name, content)
    if spoil == "text":
        package.write_text("no backup", encoding="utf-8")
    if spoil == "none":
        package.unlink()

    with pytest.raises(InputError, match=r"backup\.zip"):
        restored(package, there)

    assert list(there.data_dir.iterdir()) == []
    assert not (tmp_path / "outside").exists()
