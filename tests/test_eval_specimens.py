"""The thirty answers that are read critically: of the tuning half alone, of the digest alone, printed by a command."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from conftest import REPOSITORY, pipeline_of

from eval.errors import QuestionSetError
from eval.questions import Split, default_files, load_questions
from eval.specimens import IDS, document_of
from guideqa.assistant import Assistant
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from guideqa.wiring import build_assistant
from ingest.pipeline import Request


def test_thirty_questions_of_every_kind_and_none_of_the_report_half() -> None:
    kinds = {item.id: item.type for item in load_questions(default_files(), Split.TUNE)}

    assert len(set(IDS)) == 30
    assert {kinds[key] for key in IDS} == set(kinds.values())


def test_a_verdict_is_of_one_of_them() -> None:
    text = (REPOSITORY / "eval" / "specimens.toml").read_text(encoding="utf-8")

    assert set(tomllib.loads(text)["verdicts"]) <= set(IDS)


def test_the_document_has_each_question_with_its_answer_and_its_verdict(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    pipeline_of(settings, BigramEncoder()).ingest(Request(()))

    document = document_of(build_assistant(settings, BigramEncoder()))

    assert document.count("\n### ") == 30
    assert document.count("**評**") == 30


def test_no_answers_are_printed_of_an_original(tiny_assistant: Assistant) -> None:
    with pytest.raises(QuestionSetError, match="要約だけ"):
        document_of(tiny_assistant)
