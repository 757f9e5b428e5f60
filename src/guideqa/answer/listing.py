"""Which bodies something holds for: one line for each, and only for those of which a sentence says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from guideqa.answer.evidence import Evidence, QuestionTerms, rank_evidence
from guideqa.answer.expectation import Expectation
from guideqa.answer.focus import Focus
from guideqa.retrieval.query import Query
from guideqa.types import Facets, Hit

# Of each body so many passages are read.
HITS_OF_ONE = 8
# A body is listed where its best sentence covers this share of what the best of all covers.
LISTED_SHARE = 0.6
LINE_CHARS = 80
# A sentence that scores so little less than a longer one is preferred.
NEARLY_AS_GOOD = 4.0
# What the words of the question that a sentence covers weigh beside its score.
SAYS_WEIGHT = 20.0
# A second sentence is said where it covers so much more of the question.
WORTH_ADDING = 0.12
# Nouns that ask for a list, and say nothing of what is to be listed.
_ASKING = re.compile(
    r"^(?:自治体|市町村|市区町村|都道府県|市町|事例|一覧|全部|すべて|話|取組|取り組み|例|名前|掲載|県|市|町|区)$"
)
# What is to be, or is not: at the end of a sentence, for 「検討を依頼」 is something that was done.
_NOT_YET = re.compile(
    r"(?:検討(?:している|中|する|段階)?|予定(?:である|している|です)?|したい|目指(?:す|している))(?:と考えている)?[。)]*$"
    r"|(?:して|行って|至って)いない"
)
_ASKS_FOR_PLANS = re.compile(r"検討|予定|これから|今後|していない|やめ")
_EITHER = re.compile(r"自治体|[市町]も|県も|ところ|所は|事例")
_PREFECTURES = re.compile(r"県(?:は|を|って|が|で|の|、|\?|$)|都道府県")
_MUNICIPALITIES = re.compile(r"市町村|市区町村|[市町](?:は|を|って|が|で|の|、|\?|$)|まち")


def bodies_listed(
    query: Query, terms: QuestionTerms, wanted: Expectation, hits: Sequence[Hit]
) -> list[Evidence]:
    """The line of each body, in the order of the document."""
    found: dict[str, list[Hit]] = {}
    for hit in hits:
        if _is_asked_for(hit.passage.facets, query):
            found.setdefault(hit.passage.facets.body, []).append(hit)
    is_plan = bool(_ASKS_FOR_PLANS.search(query.text))
    focus = Focus.of([forms for forms in query.nouns if not _ASKING.search(forms[0])], terms)
    top = max((hit.score for hit in hits), default=0.0)
    ranked = [rank_evidence(terms, wanted, of_one[:HITS_OF_ONE], top) for of_one in found.values()]
    lines = [_line(focus, [item for item in of_one if _is_fact(item, is_plan)]) for of_one in ranked]
    said = [focus.coverage(line) for line in lines]
    enough = LISTED_SHARE * max(said, default=0.0)
    listed = [line for line, share in zip(lines, said, strict=True) if line and share >= enough]
    return [item for line in sorted(listed, key=_place) for item in line]


def _place(line: Sequence[Evidence]) -> int:
    return line[0].hit.passage.pages[0].index


def _is_asked_for(facets: Facets, query: Query) -> bool:
    """Whether a question for municipalities, or for prefectures, or for those of a size, can mean this body."""
    text = query.text
    if not facets.body or _is_of_another_size(facets, query):
        return False
    if _EITHER.search(text):
        return True
    asks = _MUNICIPALITIES if facets.municipality else _PREFECTURES
    other = _PREFECTURES if facets.municipality else _MUNICIPALITIES
    return bool(asks.search(text)) or not other.search(text)


def _is_of_another_size(facets: Facets, query: Query) -> bool:
    """A municipality of another band of population than the question names; a prefecture has none."""
    named = query.mentions.populations
    if facets.municipality:
        return bool(named and facets.population) and facets.population not in named
    return bool(named) and not _PREFECTURES.search(query.text)


def _line(focus: Focus, ranked: Sequence[Evidence]) -> list[Evidence]:
    """What says of a body most of what is asked: a sentence, and one beside it that says what it leaves out."""
    weighed = [replace(item, score=item.score + SAYS_WEIGHT * focus.coverage([item])) for item in ranked]
    best = max((item.score for item in weighed), default=0.0)
    good = [item for item in weighed if item.score >= best - NEARLY_AS_GOOD]
    first = min(good, key=lambda item: max(0, len(item.sentence) - LINE_CHARS), default=None)
    if first is None:
        return []
    others = [item for item in weighed if item.hit is first.hit and item.unit is not first.unit]
    more = max(others, key=lambda item: focus.coverage([first, item]), default=first)
    adds = focus.coverage([first, more]) - focus.coverage([first])
    return sorted([first, more], key=lambda item: item.place) if adds >= WORTH_ADDING else [first]


def _is_fact(item: Evidence, is_plan: bool) -> bool:
    """Whether a sentence says what is so; where the question asks for plans, also what is to be."""
    is_said = not item.features.is_short and "•" not in item.sentence
    return is_said and (is_plan or not _NOT_YET.search(item.unit.normal))
