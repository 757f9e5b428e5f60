"""Conversations on the server: whose they are, how long they stay, and what is left of them afterwards."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import TINY_CORPUS, Guideqa, pipeline_of

from guideqa.citations import verify
from guideqa.errors import GuideqaError, InputError, NotFoundError
from guideqa.history.records import Exchange, KeptCitation
from guideqa.history.store import ConversationStore
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import OpenIndex, open_build
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from ingest.pipeline import Request

YAMADA, SUZUKI = "user:山田", "user:鈴木"
SECRET = "ひみつの事情のある家庭について"
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def exchange(question: str, key: str = "a1") -> Exchange:
    return Exchange(key, question, f"{question}への答え[1]", f"<p>{question}</p>")


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    return ConversationStore(tmp_path, days=30)


def questions(store: ConversationStore, owner: str, conversation: str) -> list[str]:
    return [item.question for item in store.get(owner, conversation).exchanges]


def titles(store: ConversationStore, owner: str, search: str = "") -> list[str]:
    return [item.title for item in store.listed(owner, search)[0]]


def test_a_conversation_is_named_by_its_first_question_and_comes_back_in_order(
    store: ConversationStore,
) -> None:
    store.add(YAMADA, "c1", exchange("ショートステイの\n料金は？", "a1"))
    store.add(YAMADA, "c2", exchange("里親は？", "a2"))
    store.add(YAMADA, "c1", exchange("送迎は？", "a3"))

    assert titles(store, YAMADA) == ["ショートステイの 料金は？", "里親は？"], "last used first"
    assert questions(store, YAMADA, "c1") == ["ショートステイの\n料金は？", "送迎は？"]


def test_nobody_sees_renames_deletes_or_continues_what_another_one_had(store: ConversationStore) -> None:
    store.add(YAMADA, "c1", exchange("料金は？"))

    assert store.listed(SUZUKI) == ([], 0)
    for attempt in (
        lambda: store.get(SUZUKI, "c1"),
        lambda: store.rename(SUZUKI, "c1", "別名"),
        lambda: store.forget(SUZUKI, "c1"),
        lambda: store.add(SUZUKI, "c1", exchange("横から")),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    store.forget_all(SUZUKI)
    assert titles(store, YAMADA) == ["料金は？"]
    assert questions(store, YAMADA, "c1") == ["料金は？"]


def test_a_question_asked_again_takes_the_place_of_what_came_after_it(store: ConversationStore) -> None:
    for number in range(4):
        store.add(YAMADA, "c1", exchange(f"質問{number}", f"a{number}"))

    store.add(YAMADA, "c1", exchange("言い直し", "b1"), instead_of="a1")

    assert questions(store, YAMADA, "c1") == ["質問0", "言い直し"]


def test_a_search_finds_each_word_wherever_in_the_conversation_and_however_it_is_written(
    store: ConversationStore,
) -> None:
    store.add(YAMADA, "c1", exchange("ショートステイの料金は？"))
    store.add(YAMADA, "c1", exchange("送迎はある？", "a2"))
    store.add(YAMADA, "c2", exchange("里親は？"))
    store.rename(YAMADA, "c2", "100%の会議_用")

    assert titles(store, YAMADA, "ｼｮｰﾄｽﾃｲ　送迎") == ["ショートステイの料金は？"]
    assert titles(store, YAMADA, "１００%") == ["100%の会議_用"]
    assert titles(store, YAMADA, "100_") == []
    assert len(titles(store, YAMADA, " ")) == 2


@pytest.mark.parametrize("name", ["", " \n", "\u200b "])
def test_a_name_is_one_short_line_and_not_empty(store: ConversationStore, name: str) -> None:
    store.add(YAMADA, "c1", exchange("料金は？"))
    with pytest.raises(InputError, match="名前が空"):
        store.rename(YAMADA, "c1", name)

    store.rename(YAMADA, "c1", "起案\u202e用\n" + "長" * 200)

    (title,) = titles(store, YAMADA)
    assert title.startswith("起案 用 長")
    assert len(title) <= 80


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_is_deleted_is_in_no_file_any_more(store: ConversationStore, tmp_path: Path) -> None:
    store.add(YAMADA, "c1", exchange(SECRET * 2000))
    store.add(YAMADA, "c2", exchange("料金は？"))
    store.rename(YAMADA, "c1", SECRET)
    assert SECRET.encode() in bytes_of(tmp_path)

    store.forget(YAMADA, "c1")

    assert SECRET.encode() not in bytes_of(tmp_path)
    assert titles(store, YAMADA) == ["料金は？"]
    with pytest.raises(NotFoundError, match="残っていません"):
        store.get(YAMADA, "c1")


def test_conversations_go_when_they_have_not_been_used_for_so_many_days(tmp_path: Path) -> None:
    ConversationStore(tmp_path, 30, lambda: NOW).add(YAMADA, "old", exchange(SECRET))
    ConversationStore(tmp_path, 30, lambda: NOW + timedelta(days=20)).add(YAMADA, "c2", exchange("料金は？"))

    late = ConversationStore(tmp_path, 30, lambda: NOW + timedelta(days=31))

    assert titles(late, YAMADA) == ["料金は？"]
    assert SECRET.encode() not in bytes_of(tmp_path)


def test_where_nothing_is_to_be_kept_nothing_is_written_and_what_was_kept_goes(tmp_path: Path) -> None:
    off = ConversationStore(tmp_path, days=0)
    off.add(YAMADA, "c1", exchange(SECRET))
    assert list(tmp_path.iterdir()) == []
    ConversationStore(tmp_path, days=30).add(YAMADA, "c1", exchange(SECRET))

    off.expire()

    assert SECRET.encode() not in bytes_of(tmp_path)
    assert not off.is_on


def test_a_user_who_is_removed_leaves_no_conversations_to_the_next_of_that_name(
    guideqa: Guideqa, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    settings.data_dir.mkdir()
    (settings.data_dir / "users.json").write_text(
        '{"山田": {"hash": "x", "admin": false, "created_at": "2026-11-25"}}', encoding="utf-8"
    )
    store = ConversationStore(settings.data_dir, days=30)
    store.add(YAMADA, "c1", exchange("料金は？"))

    assert guideqa("users", "remove", "山田", settings=settings).code == 0

    assert store.listed(YAMADA) == ([], 0)


WRITER = """
import sys
from pathlib import Path
from guideqa.history.records import Exchange
from guideqa.history.store import ConversationStore
store = ConversationStore(Path(sys.argv[1]), days=30)
for number in range(int(sys.argv[3])):
    store.add("user:山田", "c1", Exchange(f"{sys.argv[2]}-{number}", "質問", "答え", "答え"))
    print(f"{sys.argv[2]}-{number}", flush=True)
"""


def test_nothing_acknowledged_is_lost_when_writers_meet_and_one_is_killed(tmp_path: Path) -> None:
    def writer(name: str, count: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER, str(tmp_path), name, str(count)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    with writer("killed", 100_000) as killed, writer("calm", 30) as calm:
        assert killed.stdout is not None
        assert calm.stdout is not None
        said = [killed.stdout.readline().strip() for _ in range(20)]
        killed.send_signal(signal.SIGKILL)
        said += killed.stdout.read().split() + calm.stdout.read().split()

    kept = [item.id for item in ConversationStore(tmp_path, days=30).get(YAMADA, "c1").exchanges]
    assert len(said) >= 50
    assert set(said) <= set(kept)
    assert len(kept) == len(set(kept))


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "conversations.sqlite").mkdir()

    with pytest.raises(GuideqaError, match=r"会話の履歴.*conversations\.sqlite"):
        ConversationStore(tmp_path, days=30).add(YAMADA, "c1", exchange("料金は？"))


def test_half_a_character_does_not_keep_a_question_from_being_kept(store: ConversationStore) -> None:
    store.add(YAMADA, "c1", exchange("料金\ud83dは？"))

    assert questions(store, YAMADA, "c1") == ["料金?は？"]


def index_of(folder: Path, text: str) -> OpenIndex:
    """An index of one document of two pages, made anew in the same data folder."""
    settings = Settings(data_dir=folder / "data", corpus_dir=TINY_CORPUS)
    document = folder / "youkou.txt"
    document.write_text(text, encoding="utf-8")
    pipeline_of(settings, BigramEncoder()).ingest(Request((document,), replace=True))
    return open_build(IndexFolder(settings.index_dir).current(), None)


@pytest.mark.parametrize(
    ("after", "stands"),
    [
        ("はじめに\n改めた文です。\f利用料は\n２，０００円とする。", True),
        ("はじめに\n前の文です。\f利用料は2,500円とする。", False),
        ("はじめに\n利用料は2,000円とする。", False),
    ],
    ids=["wrapped in another way", "another fee", "the page is gone"],
)
def test_a_citation_is_found_again_after_a_re_ingest_or_is_of_an_older_edition(
    tmp_path: Path, after: str, stands: bool
) -> None:
    quote = "利用料は2,000円とする。"
    before = index_of(tmp_path, f"はじめに\n前の文です。\f{quote}")
    (passage,) = [item for item in before.passages if quote in item.text]
    page = before.store.page_at(passage.pages[-1])
    citation = verify(1, quote, page, passage, {passage.id})
    kept = KeptCitation.of(citation, before.store.document(page.ref.document_id).document)
    assert kept.stands_in(before.store)

    now = index_of(tmp_path, after)

    assert kept.stands_in(now.store) is stands
    assert (kept.page_in(now.store) is None) == (len(after.split("\f")) == 1)
    assert not replace(kept, document="gone").stands_in(now.store)
