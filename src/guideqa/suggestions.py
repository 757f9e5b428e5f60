"""Questions that come next: made from the headings of related pages, and offered only where they are answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from guideqa.assistant import AnswerReply, Assistant
from guideqa.errors import GuideqaError
from guideqa.text.normalization import comparable
from guideqa.types import AnswerStatus, Filters, PageRef, Passage, Question

COUNT = 3
# Each that is tried costs as much as a question.
MAX_TRIED = 8
HITS = 30
# A heading that names an aspect: a noun, no date, no number, no sentence.
_NAMES_ASPECT = re.compile(r"^[^\d【】（）()「」:：、。？?|｜…\s]{2,22}$")
_PROGRAMMES = "事業の"  # 「子育て短期支援事業の事業の実施体制」
_IS_QUESTION = re.compile(r"^.{6,40}[？?]$")


@dataclass(frozen=True, slots=True)
class RelatedQuestion:
    """A question that the documents answer, and a page that its answer cites."""

    text: str
    page: PageRef


def related_questions(
    assistant: Assistant, asked: Question, reply: AnswerReply, count: int = COUNT
) -> tuple[RelatedQuestion, ...]:
    """Up to `count` questions near one that has been answered. Each has been asked, and cites its page."""
    if reply.answer.status is not AnswerStatus.ANSWERED:
        return ()
    text = reply.answer.rewritten_question or asked.text
    found: list[RelatedQuestion] = []
    pages: set[PageRef] = set()
    for tried, candidate in enumerate(_candidates(text, reply)):
        if tried == MAX_TRIED or len(found) == count:
            break
        if candidate.page not in pages and _is_answered(assistant, candidate, asked.filters):
            found.append(candidate)
            pages.add(candidate.page)
    return tuple(found)


def _is_answered(assistant: Assistant, candidate: RelatedQuestion, filters: Filters) -> bool:
    try:
        answer = assistant.ask(Question(candidate.text, filters=filters), written=False).answer
    except GuideqaError:
        return False
    return candidate.page in {citation.page for citation in answer.citations}


def _candidates(text: str, reply: AnswerReply) -> Iterator[RelatedQuestion]:
    """Questions about the passages near an answer: those of its own subject first, none that was asked."""
    cited = {citation.passage_id for citation in reply.answer.citations}
    passages = [hit.passage for hit in reply.hits[:HITS]]
    subjects = {_subject(passage) for passage in passages if passage.id in cited}
    near = sorted(passages, key=lambda passage: _subject(passage) not in subjects)
    offered = {comparable(text)}
    for passage in near:
        for heading, question in _questions(passage):
            folded = comparable(question)
            if folded in offered or comparable(heading) in comparable(text):
                continue
            offered.add(folded)
            yield RelatedQuestion(question, passage.pages[0])


def _questions(passage: Passage) -> Iterator[tuple[str, str]]:
    """Each heading of a passage with the question that it answers."""
    subject = _subject(passage)
    for heading in _headings(passage):
        name = heading.rstrip("：:")
        if _IS_QUESTION.match(heading):
            yield heading, heading
        elif subject and not _repeats(name, passage) and _NAMES_ASPECT.match(name):
            yield name, f"{subject}の{name.removeprefix(_PROGRAMMES)}は？"


def _repeats(name: str, passage: Passage) -> bool:
    """Whether a heading says again whom or what the passage is about: 「玉東町の玉東町の概要」."""
    body = passage.facets.body
    return name in _subject(passage) or bool(body and body in name)


def _headings(passage: Passage) -> Iterable[str]:
    return dict.fromkeys([*passage.topics, passage.facets.section])


def _subject(passage: Passage) -> str:
    """Whom and what a passage is about: 「喜多方市の親子関係形成支援事業」."""
    facets = passage.facets
    return "の".join(part for part in (facets.body, facets.programme) if part)
