"""Ask every question, keep what came back as it comes, and go on where an interrupted run stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from eval.errors import RecordError
from eval.invariance import variants_of
from eval.outcome import CitedPage, Outcome
from eval.questions import EvalQuestion
from eval.systems import System
from eval.text import stands_in
from guideqa.types import Question

# As deep as the deepest metric, and what an answer is made from.
SEARCH_DEPTH = 20
# Passages that a variant of a question must find alike.
SAME_DEPTH = 10

Progress = Callable[[int, int], None]


class Journal:
    """Outcomes on disk, one line each, under the fingerprint of the run that they belong to."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        """Keeps the lines of an earlier run with the same fingerprint; others are dropped.

        Raises:
            RecordError: the file cannot be written.
        """
        self._path = path
        self.outcomes: dict[str, Outcome] = {}
        with self._write_errors():
            if not self._read(fingerprint):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps({"fingerprint": fingerprint}) + "\n", encoding="utf-8")

    def add(self, outcome: Outcome) -> None:
        """Write one outcome; after this, a killed run does not ask that question again."""
        with (
            self._write_errors(),
            self._path.open("a", encoding="utf-8", errors="surrogatepass") as file,
        ):
            file.write(outcome.json() + "\n")
        self.outcomes[outcome.question_id] = outcome

    def close(self) -> None:
        """The run is complete: nothing is left to resume."""
        self._path.unlink(missing_ok=True)

    @contextmanager
    def _write_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RecordError(f"記録を書き込めません（{error.strerror}）: {self._path}") from error

    def _read(self, fingerprint: str) -> bool:
        try:
            first, *lines = self._path.read_text(encoding="utf-8", errors="surrogatepass").splitlines()
            if json.loads(first).get("fingerprint") != fingerprint:
                return False
        except (FileNotFoundError, ValueError):
            return False
        whole: list[str] = [first]
        for line in lines:
            try:
                outcome = Outcome.of_record(json.loads(line))
            except (ValueError, KeyError, TypeError):
                break  # the line that was being written when the run was killed
            whole.append(line)
            self.outcomes[outcome.question_id] = outcome
        text = "\n".join(whole) + "\n"
        self._path.write_text(text, encoding="utf-8", errors="surrogatepass")
        return True


@dataclass(frozen=True, slots=True)
class Plan:
    """How questions are asked. Ids are of samples: what costs much is not done for all."""

    varied: frozenset[str] = frozenset()  # searched in other spellings
    timed: frozenset[str] = frozenset()  # asked alone, first; only these have times
    workers: int = 1  # how many of the others are asked at once


def run(
    questions: Sequence[EvalQuestion],
    system: System,
    journal: Journal,
    plan: Plan,
    progress: Progress = lambda done, of: None,
) -> list[Outcome]:
    """The outcomes of all questions, in order.

    Raises:
        SystemUnderTestError: the server died; what it had answered is kept, and the next run goes on there.
    """
    waiting = [question for question in questions if question.id not in journal.outcomes]
    alone = [question for question in waiting if plan.workers == 1 or question.id in plan.timed]
    together = [question for question in waiting if question not in alone]

    def ask(question: EvalQuestion) -> Outcome:
        return outcome_of(question, system, question.id in plan.varied)

    untimed = (replace(outcome, timing=None) for outcome in _at_once(ask, together, plan.workers))
    for outcome in chain(map(ask, alone), untimed):
        journal.add(outcome)
        progress(len(journal.outcomes), len(questions))
    return [journal.outcomes[question.id] for question in questions]


def _at_once(
    ask: Callable[[EvalQuestion], Outcome], questions: Sequence[EvalQuestion], workers: int
) -> Iterator[Outcome]:
    """Outcomes as they come; when one fails, no further question is asked."""
    pool = ThreadPoolExecutor(workers)
    try:
        for future in as_completed([pool.submit(ask, question) for question in questions]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def outcome_of(question: EvalQuestion, system: System, is_varied: bool = False) -> Outcome:
    """Ask one question, and search for it where the answer does not bring what it was made from.

    It is asked first: so the time of the answer is that of a new question.
    """
    asked = question.asked()
    reply = system.ask(asked)
    hits = system.search(asked, SEARCH_DEPTH) if reply.hits is None else reply.hits[:SEARCH_DEPTH]
    alone = question.written_out()
    return Outcome(
        question_id=question.id,
        refused=reply.refused,
        answer=reply.answer,
        confidence=reply.confidence,
        citations=tuple(checked(citation, system) for citation in reply.citations),
        hits=hits,
        rewritten=reply.rewritten,
        timing=reply.timing,
        standalone_hits=system.search(alone, SEARCH_DEPTH) if alone else None,
        variants=_variants(asked, system) if is_varied else None,
    )


def checked(citation: CitedPage, system: System) -> CitedPage:
    """The citation with the verdict on its quotation; None where the cited page does not exist."""
    text = system.page_text(citation.document, citation.page)
    return replace(citation, exact=None if text is None else stands_in(citation.quote, text))


def _variants(asked: Question, system: System) -> dict[str, bool]:
    wanted = [hit.passage_id for hit in system.search(asked, SAME_DEPTH)]
    return {
        kind: [hit.passage_id for hit in system.search(replace(asked, text=text), SAME_DEPTH)] == wanted
        for kind, text in variants_of(asked.text)
    }
