"""Fifty members of staff at once, for locust: each asks, reads the page that is cited, thinks, and asks again.

Locust is no part of the program (its libraries patch Python's own): docs/operation.md says how to run this.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

from locust import HttpUser, between, task

QUESTIONS = Path(__file__).resolve().parents[1] / "eval" / "questions"
KEY = os.environ.get("LOAD_KEY", "")  # where the server asks for one
THINK_SECONDS = float(os.environ.get("LOAD_THINK_SECONDS", "10"))


def questions() -> list[dict[str, Any]]:
    """Every question of the suite: those with an answer, those without, and those that go on from others."""
    lines = (path.read_text(encoding="utf-8").splitlines() for path in sorted(QUESTIONS.glob("*.jsonl")))
    return [json.loads(line) for file in lines for line in file if line.strip()]


class Member(HttpUser):
    """One of the staff. Between two deeds they read and think: half as long to half as long again as is set."""

    wait_time = between(THINK_SECONDS / 2, THINK_SECONDS * 3 / 2)
    asked = questions()

    def on_start(self) -> None:
        """Show who one is."""
        if KEY:
            self.client.headers["Authorization"] = f"Bearer {KEY}"

    @task(6)
    def ask(self) -> None:
        """Ask a question and open the first page that its answer cites."""
        item = random.choice(self.asked)
        body = {"question": item["question"], "history": item["turns"], "filters": item["filters"]}
        answer = self.client.post("/v1/ask", json=body, name="ask").json()
        if answer.get("citations"):
            self.client.get(answer["citations"][0]["url"], name="page")

    @task(2)
    def ask_streaming(self) -> None:
        """Ask as a screen does that shows the answer as it grows; it must come to its end."""
        body = {"question": random.choice(self.asked)["question"], "stream": True}
        with self.client.post("/v1/ask", json=body, name="ask (stream)", catch_response=True) as answer:
            if "event: done" not in answer.text:
                answer.failure("the stream has no end")

    @task(2)
    def search(self) -> None:
        """Search without asking."""
        self.client.post("/v1/search", json={"query": random.choice(self.asked)["question"]}, name="search")

    @task(1)
    def open_the_chat(self) -> None:
        """Load the page that the chat stands on."""
        self.client.get("/", name="chat page")
