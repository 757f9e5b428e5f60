"""Why a hit stands where it stands: the points that each leg and each rule gave it, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guideqa.index.opened import OpenIndex
from guideqa.retrieval.query import Query
from guideqa.retrieval.ranking import Features, body_features, population_features
from guideqa.text.terms import NAME_MARK, PAIR_MARK
from guideqa.types import Hit

SHOWN_WORDS = 6
_RERANKED = "CrossEncoderによる並べ替え"
# Differences below this are of rounding alone.
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Part:
    """What one leg or rule added to a hit's score, or took from it."""

    name: str
    points: float
    detail: str = ""


def explain(
    index: OpenIndex, query: Query, hit: Hit, weights: Features, *, is_reranked: bool = False
) -> tuple[Part, ...]:
    """The parts of a hit's score, which add up to it. `weights` are those it was weighed with."""
    same, names, other = body_features(hit.passage, query.mentions.bodies)
    same_population, other_population = population_features(hit.passage, query.mentions)
    body, band = hit.passage.facets.body, hit.passage.facets.population
    parts = [
        Part("ページの語句", weights.page_terms * hit.page_terms, _shared(index, query, hit)),
        Part("ページについての文の語句", weights.note_terms * hit.note_terms),
        Part("日常の言葉の言い換え", weights.page_kin * hit.page_kin, _kin(index, query, hit)),
        Part("段落の語句", weights.passage_terms * hit.lexical_score, _rank(hit.lexical_rank)),
        Part("段落の意味の近さ", weights.passage_cosine * hit.passage_cosine, _dense(hit)),
        Part("ページについての文の意味の近さ", weights.page_cosine * hit.page_cosine),
        Part("質問の自治体の事例", weights.same_body * same, body),
        Part("質問の自治体を本文で挙げている", weights.names_body * names),
        Part("ほかの自治体の事例", weights.other_body * other, body),
        Part("質問の人口規模の事例", weights.same_population * same_population, band),
        Part("ほかの人口規模の事例", weights.other_population * other_population, band),
    ]
    moved = hit.score - sum(part.points for part in parts)
    stood_back = "同じページ（一覧では同じ自治体）の2件目以降"
    parts.append(Part(f"{_RERANKED}、{stood_back}" if is_reranked else stood_back, moved))
    return tuple(part for part in parts if abs(part.points) > _NOTHING)


def lines_of(parts: Sequence[Part]) -> Iterator[str]:
    """For the terminal."""
    for part in parts:
        yield f"{part.points:+6.2f}  {part.name}" + (f"（{part.detail}）" if part.detail else "")


def _shared(index: OpenIndex, query: Query, hit: Hit) -> str:
    """The words that question and page share, the rarest first; pairs of characters are not shown."""
    numbers = [index.page_numbers[page] for page in hit.passage.pages]
    shared = {
        term: points
        for number in numbers
        for term, points in index.page_lexical.shares(query.terms, number).items()
        if not term.startswith((PAIR_MARK, NAME_MARK))
    }
    words = sorted(shared, key=lambda term: -shared[term])
    return "、".join(words[:SHOWN_WORDS]) + ("など" if len(words) > SHOWN_WORDS else "")


def _kin(index: OpenIndex, query: Query, hit: Hit) -> str:
    """The written forms on the page that stand for words of the question."""
    lexical = index.page_lexical
    numbers = [index.page_numbers[page] for page in hit.passage.pages]
    found = [
        form
        for kin in query.kin
        for form, terms in zip(kin.written, kin.alternatives, strict=True)
        if any(len(lexical.shares(terms, number)) == len(terms) > 0 for number in numbers)
    ]
    return "、".join(dict.fromkeys(found[:SHOWN_WORDS]))


def _rank(rank: int | None) -> str:
    return f"語句の検索で{rank}位" if rank else ""


def _dense(hit: Hit) -> str:
    return f"ベクトルの検索で{hit.dense_rank}位、類似度{hit.cosine:.2f}" if hit.dense_rank else "50位より下"
