"""A server goes on answering while ingests switch the index under it: no error, no mixture, no stale answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import httpx
import pytest
from conftest import PATIENCE_SECONDS, TINY_CORPUS, pipeline_of
from killing import Forks, forks
from serving import served

from guideqa.api.app import create_app
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from guideqa.wiring import build_assistant
from ingest.pipeline import Request

ENCODER = BigramEncoder()
SUBJECTS = ("菜園", "合唱", "書道", "将棋", "陶芸", "登山")
CLIENTS = 4


def page_text(edition: int, subject: str) -> str:
    """Every sentence of an edition names it, so that a reply from two of them gives itself away."""
    return (
        f"{subject}の会のきまり（第{edition}版）\n\n"
        f"{subject}の会の会費は、第{edition}版から年に{edition}千円とする。\n"
        f"{subject}の会の集まりは、第{edition}版から毎月第{edition % 4 + 1}土曜日にひらく。"
    )


def write_edition(path: Path, edition: int) -> None:
    path.write_text("\f".join(page_text(edition, subject) for subject in SUBJECTS), encoding="utf-8")


def editions_in(texts: list[str]) -> set[int]:
    return {int(number) for text in texts for number in re.findall(r"第(\d+)版", text)}


class Reader(Thread):
    """One client: searches, asks and opens pages until it is told to stop; writes down what is wrong."""

    def __init__(self, address: str, subject: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.latest = 0
        self.replies = 0
        self.stopping = False
        self.changed = Condition()
        self._address = address
        self._subject = subject

    def run(self) -> None:
        try:
            with httpx.Client(base_url=self._address, timeout=PATIENCE_SECONDS) as client:
                while not (self.stopping or self.faults):
                    for look in (self._search, self._ask, self._open):
                        self._enter(look(client))
        except Exception as error:
            self.faults.append(repr(error))
        with self.changed:
            self.changed.notify_all()

    def wait_for(self, edition: int) -> None:
        """Until a reply was of this edition."""
        with self.changed:
            seen = self.changed.wait_for(lambda: self.faults or self.latest >= edition, PATIENCE_SECONDS)
        assert self.faults == []
        assert seen, f"still at edition {self.latest} after {self.replies} replies"

    def _enter(self, editions: set[int]) -> None:
        if len(editions) != 1 or min(editions) < self.latest:
            self.faults.append(f"editions {sorted(editions)} after {self.latest}")
        with self.changed:
            self.latest = max(self.latest, *editions)
            self.replies += 1
            self.changed.notify_all()

    def _search(self, client: httpx.Client) -> set[int]:
        found = answer_of(client.post("/v1/search", json={"query": f"{self._subject}の会の会費", "k": 10}))
        return editions_in([hit["text"] for hit in found["hits"] if hit["document"]["id"] == "rules"])

    def _ask(self, client: httpx.Client) -> set[int]:
        reply = answer_of(client.post("/v1/ask", json={"question": f"{self._subject}の会の会費はいくら？"}))
        for citation in reply["citations"]:
            (edition,) = editions_in([citation["quote"]])
            if citation["quote"] not in page_text(edition, SUBJECTS[int(citation["page"]["label"]) - 1]):
                self.faults.append(f"not on its page: {citation}")
        return editions_in([citation["quote"] for citation in reply["citations"]])

    def _open(self, client: httpx.Client) -> set[int]:
        number = SUBJECTS.index(self._subject) + 1
        text: str = answer_of(client.get(f"/v1/documents/rules/pages/{number}"))["text"]
        editions = editions_in([text])
        if text.strip() != page_text(min(editions), self._subject):
            self.faults.append(f"not a page of any edition: {text}")
        return editions


def answer_of(response: httpx.Response) -> Any:
    """The JSON of a reply that is in order."""
    assert response.status_code == 200, response.text
    return response.json()


@contextmanager
def reading(address: str) -> Iterator[list[Reader]]:
    """Clients that read for as long as the block lasts."""
    readers = [Reader(address, subject) for subject in SUBJECTS[:CLIENTS]]
    for reader in readers:
        reader.start()
    try:
        yield readers
    finally:
        for reader in readers:
            reader.stopping = True
            reader.join()


@pytest.fixture(scope="module")
def forking() -> Iterator[Forks]:
    with forks() as process:
        yield process


def test_readers_under_load_see_one_whole_index_after_the_other(forking: Forks, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var", corpus_dir=TINY_CORPUS)
    rules = tmp_path / "rules.txt"
    write_edition(rules, 1)
    pipeline_of(settings, ENCODER).ingest(Request((rules,)))
    app = create_app(build_assistant(settings, ENCODER), settings)

    def switch_to(edition: int) -> None:
        write_edition(rules, edition)
        assert forking.run(settings, "ingest", rules, "--replace") == 0

    with served(app) as client, reading(str(client.base_url)) as readers:
        question = {"question": "陶芸の会の会費はいくら？"}
        for edition in range(2, 6):
            switch_to(edition)
            assert f"{edition}千円" in answer_of(client.post("/v1/ask", json=question))["answer"]
            for reader in readers:
                reader.wait_for(edition)
        for edition in range(6, 9):
            switch_to(edition)  # one after the other, whether they have been seen or not
        for reader in readers:
            reader.wait_for(8)
    assert [reader.faults for reader in readers] == [[]] * CLIENTS
