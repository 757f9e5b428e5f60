"""What readers say of answers is kept once, and is still there after a kill -9."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import PATIENCE_SECONDS
from serving import served

from guideqa.api.app import create_app
from guideqa.assistant import Assistant
from guideqa.errors import GuideqaError
from guideqa.feedback import Feedback, FeedbackStore, PagePlace, Verdict
from guideqa.settings import Settings

WRONG_PAGE: dict[str, Any] = {
    "answer_id": "a1",
    "verdict": "wrong_page",
    "question": "里親は何世帯？",
    "cited": [{"document": "harukaze", "label": "3"}],
    "right_page": {"document": "harukaze", "label": "4"},
}


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def api(tiny_assistant: Assistant, tiny_settings: Settings, data_dir: Path) -> Iterator[httpx.Client]:
    settings = tiny_settings.model_copy(update={"data_dir": data_dir})
    with served(create_app(tiny_assistant, settings)) as client:
        yield client


def test_the_same_feedback_sent_twice_is_kept_once(api: httpx.Client, data_dir: Path) -> None:
    for _ in range(2):
        assert api.post("/v1/feedback", json=WRONG_PAGE).json() == {"status": "recorded"}

    assert FeedbackStore(data_dir).all() == [
        Feedback(
            "a1",
            Verdict.WRONG_PAGE,
            "里親は何世帯？",
            (PagePlace("harukaze", "3"),),
            PagePlace("harukaze", "4"),
        )
    ]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"verdict": "perhaps"}, 422),
        ({"answer_id": ""}, 422),
        ({"question": "\0"}, 422),
        ({"right_page": {"document": "harukaze", "label": "999"}}, 404),
        ({"right_page": {"document": "nothing", "label": "1"}}, 404),
        ({"right_page": "4"}, 422),
    ],
)
def test_feedback_that_cannot_be_meant_is_refused_and_not_kept(
    api: httpx.Client, data_dir: Path, change: dict[str, Any], status: int
) -> None:
    response = api.post("/v1/feedback", json=WRONG_PAGE | change)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert FeedbackStore(data_dir).all() == []


def test_what_was_acknowledged_outlives_a_killed_process(data_dir: Path) -> None:
    script = (
        "import os, signal; from pathlib import Path; from guideqa.feedback import *\n"
        f"store = FeedbackStore(Path({str(data_dir)!r}))\n"
        "for n in range(20): store.add(Feedback(str(n), Verdict.USEFUL, 'q'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=PATIENCE_SECONDS)

    assert done.returncode == -9
    assert [item.answer_id for item in FeedbackStore(data_dir).all()] == [str(n) for n in range(20)]


def test_a_data_folder_that_is_no_folder_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(GuideqaError, match="記録できませんでした"):
        FeedbackStore(tmp_path / "file" / "data").add(Feedback("a", Verdict.USEFUL, "q"))
