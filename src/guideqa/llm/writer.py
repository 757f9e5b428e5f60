"""The answer that a model writes: each sentence given as soon as it is verified, the extractive answer behind it."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from guideqa.answer.task import Task
from guideqa.llm.completion import Draught, completed
from guideqa.llm.drafts import Draft, DraftReader
from guideqa.llm.model import ChatModel, Deadline, LanguageModelError, Message, Trouble
from guideqa.llm.prompt import NO_REPAIR, NOTHING, messages, numbered, repair
from guideqa.llm.support import Support
from guideqa.llm.verification import Material, Rejected, Verifier
from guideqa.text.lexicon import Lexicon
from guideqa.text.normalization import comparable
from guideqa.types import Answer, Statement

_log = logging.getLogger(__name__)
MAX_SENTENCES = 12
_CLAIMS_NOTHING = re.compile(
    rf"^(?:{NOTHING}|{NO_REPAIR})[。.]?$|(?:記載|記述|情報|説明)(?:は|が)?(?:あり?ません|ない|なし|見当たりません|見つかりません)"
)
_DECLINES = re.compile(
    r"申し訳|お答えでき|お答えすること|(?:回答|お答え)(?:を|は)?(?:差し)?控え|回答(?:は|が)?でき|お手伝いでき|sorry|I can(?:'|no)t|as an ai",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Round:
    """One reply of the model's, as it comes in."""

    verifier: Verifier
    said: list[Statement]  # of all rounds: what has been given to the reader
    rejected: list[Rejected] = field(default_factory=list)
    reply: str = ""
    drafts: int = 0
    marked: int = 0

    def check(self, drafts: Iterator[Draft]) -> Iterator[Statement]:
        """The drafts that are verified; the others are kept for the next round."""
        for draft in drafts:
            repeated = any(comparable(draft.text) == comparable(given.text) for given in self.said)
            if (
                repeated
                or self.drafts == MAX_SENTENCES
                or (not draft.marks and _CLAIMS_NOTHING.search(draft.text))
            ):
                continue
            self.drafts += 1
            self.marked += bool(draft.marks)
            number = 1 + sum(len(statement.citations) for statement in self.said)
            judged = self.verifier.check(draft, number)
            if isinstance(judged, Rejected):
                self.rejected.append(judged)
                continue
            self.said.append(judged)
            yield judged


class Writer:
    """Lets a model write and gives what can be verified. One instance serves any number of threads."""

    def __init__(self, model: ChatModel, seconds: float, lexicon: Lexicon) -> None:
        """`seconds`: how long a reader waits at most, both rounds together."""
        self._model = model
        self._lexicon = lexicon
        self._seconds = seconds

    def write(self, task: Task) -> Iterator[Statement | Answer]:
        """Each statement of the answer, in order, and then the answer. Nothing is ever taken back."""
        deadline = Deadline.after(self._seconds)
        passages = numbered(task.hits, task.extractive)
        titles = {key: stored.document.title for key, stored in task.index.store.documents.items()}
        asked = messages(task.query.text, passages, titles)
        retrieved = frozenset(hit.passage.id for hit in task.hits)
        material = Material(passages, retrieved, task.index.store.page_at)
        bodies = task.query.mentions.bodies
        names = " ".join(titles.values())
        support = Support(task.index.entities, names, bodies, task.query.text, self._lexicon)
        verifier = Verifier(material, support)
        first = _Round(verifier, [])
        trouble = yield from self._first(first, asked, deadline)
        second = _Round(verifier, first.said)
        if trouble is None and first.rejected:
            yield from self._second(second, repair(asked, first.reply, first.rejected), deadline)
        repaired = second.drafts - len(second.rejected)
        draught = Draught(first.said, first.rejected, second.rejected, repaired, trouble)
        yield from completed(draught, task.extractive, task.index.store.page_at, task.hits)

    def _first(
        self, first: _Round, asked: Sequence[Message], deadline: Deadline
    ) -> Generator[Statement, None, LanguageModelError | None]:
        try:
            yield from self._round(first, asked, deadline)
        except LanguageModelError as error:
            _log.warning("%s", error)
            return error
        if first.marked:
            return None
        if _DECLINES.search(first.reply):
            return LanguageModelError(Trouble.DECLINED)
        return None if first.drafts else LanguageModelError(Trouble.NOT_FOUND)

    def _second(
        self, second: _Round, asked: Sequence[Message], deadline: Deadline
    ) -> Generator[Statement, None, None]:
        """What was wrong, asked for once more. If that fails, what has been verified stands."""
        try:
            yield from self._round(second, asked, deadline)
        except LanguageModelError as error:
            _log.warning("%s", error)

    def _round(
        self, current: _Round, asked: Sequence[Message], deadline: Deadline
    ) -> Generator[Statement, None, None]:
        reader = DraftReader()
        with closing(self._model.stream(asked, deadline)) as pieces:
            for piece in pieces:
                current.reply += piece
                yield from current.check(reader.feed(piece))
        yield from current.check(reader.finish())
