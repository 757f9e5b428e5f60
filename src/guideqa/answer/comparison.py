"""Comparison: for each aspect and each of the compared the sentences that speak of it, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from guideqa.answer.aspects import CONTENT, Aspect, aspect_of_heading, aspects_of, is_about_nothing_else
from guideqa.answer.evidence import Evidence, QuestionTerms, rank_evidence
from guideqa.answer.expectation import Expectation
from guideqa.retrieval.query import Query
from guideqa.text.normalization import normalize
from guideqa.types import Hit

# Of each of the compared so many passages are read.
HITS_OF_ONE = 12
MAX_ROWS = 5
CELL_CHARS, CELL_SENTENCES = 150, 3
# What the small heading above a sentence, or that of its section, adds where it names the aspect.
HEADING_BONUS = 6.0
VALUE_FACTOR = 2.0
# 「委託先の検討」 tells how it came about, not what it is.
_PREPARES = re.compile("検討|準備")
_KEYWORDS = "•"  # between the keywords of a page, which say nothing
_NOTHING = Expectation.of("")
# A further sentence of a cell scores at most so much less than its first.
CELL_MARGIN = 6.0
# The part of a document that a cell is from covers this share of what the best part about the body covers.
ABOUT_SHARE = 0.5
# A sentence of the row without an aspect covers at least so much of the question.
ABOUT_COVERAGE = 0.12


@dataclass(frozen=True, slots=True)
class Cell:
    """What is said of one of the compared with regard to one aspect."""

    aspect: str
    body: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A comparison: the names of its rows and columns, and those of its cells that hold something."""

    aspects: tuple[str, ...]
    bodies: tuple[str, ...]
    cells: tuple[Cell, ...]


def compare(query: Query, terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]) -> Grid:
    """The grid of a question that compares; rows in its order, columns likewise."""
    columns = {name: _about(name, query, hits) for name in query.compared}
    aspects = _aspects(query, columns)
    cells = []
    for aspect in aspects or (None,):
        for name, of_one in columns.items():
            evidence = _cell(aspect, terms, wanted, of_one)
            if evidence:
                cells.append(Cell(aspect.label if aspect else CONTENT, name, tuple(evidence)))
    return Grid(tuple(aspect.label for aspect in aspects) or (CONTENT,), tuple(columns), tuple(cells))


def _about(name: str, query: Query, hits: Iterable[Hit]) -> list[Hit]:
    """The hits about one of the compared; where the question names a programme, none about another one."""
    if name in query.mentions.bodies:
        programmes = query.mentions.programmes
        found = [hit for hit in hits if hit.passage.facets.body == name]
        found = [hit for hit in found if not programmes or hit.passage.facets.programme in (*programmes, "")]
    else:
        bodies = query.mentions.bodies or ("",)
        of_programme = [hit for hit in hits if hit.passage.facets.programme == name]
        found = [hit for hit in of_programme if hit.passage.facets.body in bodies] or of_programme
    return found[:HITS_OF_ONE]


def _aspects(query: Query, columns: Mapping[str, Sequence[Hit]]) -> tuple[Aspect, ...]:
    """Those that the question names; where it asks for nothing in particular, the small headings shared by all."""
    rest = query.mentions.without(query.text)
    headings = [topic for hits in columns.values() for hit in hits for topic in hit.passage.topics]
    named = aspects_of(rest, headings)
    if named or not is_about_nothing_else(rest):
        return named[:MAX_ROWS]
    counts = Counter(
        topic for hits in columns.values() for topic in {t for hit in hits for t in hit.passage.topics}
    )
    shared = dict.fromkeys(topic for topic in headings if counts[topic] == len(columns))
    return tuple(map(aspect_of_heading, shared))[:MAX_ROWS]


def _cell(
    aspect: Aspect | None, terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]
) -> list[Evidence]:
    """The sentences of a cell, best first; none where nothing speaks of the aspect."""
    ranked = rank_evidence(terms, aspect.wanted if aspect and aspect.wanted != _NOTHING else wanted, hits)
    reach: dict[tuple[str, ...], float] = {}
    for item in ranked:
        reach[_part(item)] = max(reach.get(_part(item), 0.0), _reach(item))
    enough = ABOUT_SHARE * max(reach.values(), default=0.0)
    near = [item for item in ranked if reach[_part(item)] >= enough]
    if aspect is None:
        fitting = [item for item in near if _own(item) >= ABOUT_COVERAGE]
    else:
        fitting = sorted(
            (_weighed(item, aspect) for item in near if _speaks_of(item, aspect)),
            key=lambda item: -item.score,
        )
    return _within(fitting)


def _part(item: Evidence) -> tuple[str, ...]:
    """The part of the document that a sentence belongs to: all that is said of a body's programme is one."""
    facets, passage = item.hit.passage.facets, item.hit.passage
    return (facets.body, facets.programme) if facets.programme else passage.headings


def _reach(item: Evidence) -> float:
    return item.features.passage_coverage + item.features.context_coverage


def _own(item: Evidence) -> float:
    return max(item.features.coverage, item.features.word_coverage)


def _speaks_of(item: Evidence, aspect: Aspect) -> bool:
    """Whether a sentence, its small heading or its section names the aspect, and the sentence has its value."""
    if _KEYWORDS in item.sentence or (aspect.needs and not aspect.needs.search(item.unit.normal)):
        return False
    return _names_above(item, aspect) or bool(aspect.said.search(item.unit.normal))


def _names_above(item: Evidence, aspect: Aspect) -> bool:
    """Whether what stands above a sentence names the aspect: its small heading, or else its section."""
    topic = item.unit.topic
    if topic and not _PREPARES.search(topic):
        return bool(aspect.asked.search(topic) or aspect.said.search(topic))
    return not topic and aspect.is_named_by(item.hit.passage.facets.section)


def _weighed(item: Evidence, aspect: Aspect) -> Evidence:
    """What stands straight under a heading is its value; what follows may have gone on to something else.

    A heading that holds the value itself, 【事業開始：平成28年】, is a sentence of its own and lends none its weight.
    """
    if aspect.needs and aspect.needs.search(normalize(item.unit.topic)):
        return item
    bonus = HEADING_BONUS * _names_above(item, aspect) * (VALUE_FACTOR if item.unit.follows_topic else 1.0)
    named = aspect.asked.match(item.unit.normal)
    if named and item.unit.normal[named.end() :].startswith(":"):  # 「委託先:社会福祉法人…」
        bonus += HEADING_BONUS
    return replace(item, score=item.score + bonus)


def _within(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The best sentence, and those that stand beside it in one run under the same small heading."""
    if not evidence:
        return []
    best, *others = evidence
    chosen = [best]
    for item in others:
        fits = sum(len(other.sentence) for other in (*chosen, item)) <= CELL_CHARS
        if fits and item.score >= best.score - CELL_MARGIN and _is_beside(item, chosen):
            chosen.append(item)
    return sorted(chosen[:CELL_SENTENCES], key=lambda item: item.place)


def _is_beside(item: Evidence, chosen: Sequence[Evidence]) -> bool:
    return any(
        item.hit.passage.id == other.hit.passage.id
        and item.unit.topic == other.unit.topic
        and abs(item.place - other.place) == 1
        for other in chosen
    )
