"""Everyday words find what documents write for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY, pipeline_of

from guideqa.assistant import Assistant
from guideqa.errors import SettingsError
from guideqa.retrieval.legs import kin_pages, lexical_notes
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from guideqa.text.terms import lexical_terms
from guideqa.text.thesaurus import Thesaurus
from guideqa.types import Question
from guideqa.wiring import build_assistant
from ingest.pipeline import Request

THESAURUS = Thesaurus.of(
    [
        (["お金を握っている課"], ["財政部局"]),
        (["お金"], ["経費", "財源"]),
        (["任せる"], ["委託"]),
        (["人がいない"], ["人材不足"]),
        (["親"], ["保護者"]),
    ]
)
BOOK = """# p.1 費用
財政部局との協議は前年の夏に始める。

# p.2 進め方
事業の運営は社会福祉法人に委託する。

# p.3 広報
町の広報紙に案内を載せ、窓口でも配る。
"""
GROUPS = """
[[groups]]
asked = ["任せる", "お願いする"]
written = ["委託", "外部委託"]
"""


def written_for(text: str) -> set[str]:
    return {form for kin in THESAURUS.kin_of(text) for form in kin.written}


def test_a_word_is_known_in_any_inflection() -> None:
    assert written_for("よその法人に任せたい") == {"委託"}


def test_of_a_phrase_and_a_word_in_it_the_phrase_counts() -> None:
    assert written_for("お金を握っている課を口説く") == {"財政部局"}
    assert written_for("お金はどこから") == {"経費", "財源"}


def test_a_phrase_of_which_little_is_left_is_known_only_as_it_is_written() -> None:
    assert written_for("うちには人がいない") == {"人材不足"}
    assert written_for("使う人はどんな人") == set()


def test_a_word_within_another_is_not_meant() -> None:
    assert written_for("里親の登録数") == set()
    assert written_for("親の集まり") == {"保護者"}


def test_a_missing_file_is_an_empty_thesaurus(tmp_path: Path) -> None:
    assert Thesaurus.read(tmp_path / "thesaurus.toml") == Thesaurus()


@pytest.mark.parametrize(
    "content",
    [
        "[[groups]\n",
        "[[groups]]\nasked = ['お金']\n",
        "[[groups]]\nasked = []\nwritten = ['経費']\n",
        "groups = 3\n",
    ],
)
def test_a_file_that_is_off_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "thesaurus.toml"
    path.write_text(content)

    with pytest.raises(SettingsError, match="thesaurus.toml"):
        Thesaurus.read(path)


def test_the_one_that_ships_is_sound() -> None:
    thesaurus = Thesaurus.read(REPOSITORY / "corpus" / "thesaurus.toml")

    assert any("財政部局" in kin.written for kin in thesaurus.kin_of("財布を握っている課に説明したい"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "manifest.toml").write_text("works = []\n")
    (tmp_path / "book.md").write_text(BOOK)
    settings = Settings(data_dir=tmp_path / "var", corpus_dir=tmp_path / "corpus")
    pipeline_of(settings, BigramEncoder()).ingest(Request((tmp_path / "book.md",)))
    return settings


def first_page(assistant: Assistant, text: str) -> str:
    return assistant.search(Question(text), 3).hits[0].passage.pages[0].label


def test_the_page_is_found_by_the_words_that_it_writes(settings: Settings) -> None:
    """The administrator's file decides; what was found through it is said."""
    question = "町で案内を配るのも任せられる？ だれかにお願いするには？"
    assert first_page(build_assistant(settings, BigramEncoder()), question) == "3"

    (settings.corpus_dir / "thesaurus.toml").write_text(GROUPS)
    assistant = build_assistant(settings, BigramEncoder())
    reply = assistant.search(Question(question), 3)
    of_page = {hit.passage.pages[0].label: assistant.explain(reply, hit) for hit in reply.hits}

    assert [part.detail for part in of_page["2"] if part.name == "日常の言葉の言い換え"] == ["委託"]
    assert all(part.name != "日常の言葉の言い換え" for part in of_page["3"])
    assert first_page(assistant, "任せるには") == "2"


def test_a_form_that_the_question_holds_itself_counts_once(settings: Settings) -> None:
    index = build_assistant(settings, BigramEncoder()).index
    kin = Thesaurus.of([(["任せる"], ["委託"])]).kin_of("任せる")

    assert kin_pages(index, kin, lexical_terms("任せる"))[1] > 0
    assert not kin_pages(index, kin, lexical_terms("委託に任せる")).any()


def test_a_word_that_the_pages_say_otherwise_is_not_unfamiliar(settings: Settings) -> None:
    def unfamiliar() -> float:
        assistant = build_assistant(settings, BigramEncoder())
        return assistant.search(Question("運営をお願いする"), 1).query.unfamiliar

    before = unfamiliar()
    (settings.corpus_dir / "thesaurus.toml").write_text(GROUPS)

    assert before > unfamiliar() == 0


def test_of_the_texts_about_a_page_the_best_counts(tiny_assistant: Assistant) -> None:
    index = tiny_assistant.index
    number = next(place for place, item in enumerate(index.store.expansions) if len(item.text) > 12)
    note = index.store.expansions[number]

    found = lexical_notes(index, lexical_terms(note.text))

    assert found.shape == (len(index.pages),)
    assert np.argmax(found) == index.page_numbers[note.page]
    assert 0 < found.max() <= 1
