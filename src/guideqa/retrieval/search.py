"""The retriever: understand the question, ask every leg, weigh what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from guideqa.encoder.protocol import Encoder
from guideqa.entities import place_names
from guideqa.index.opened import OpenIndex
from guideqa.retrieval.balance import balanced
from guideqa.retrieval.explanation import Part, explain
from guideqa.retrieval.familiarity import is_named, unfamiliar
from guideqa.retrieval.legs import (
    DenseLeg,
    PageLeg,
    Scores,
    allowed,
    best_of,
    dense_pages,
    dense_passages,
    kin_pages,
    lexical_notes,
    lexical_pages,
    lexical_passages,
)
from guideqa.retrieval.query import Query, on_one_line
from guideqa.retrieval.ranking import (
    DENSE,
    LEXICAL,
    WEIGHTS,
    Features,
    body_features,
    population_features,
    weighted,
)
from guideqa.retrieval.reranking import Reranker
from guideqa.retrieval.scope import scoped
from guideqa.retrieval.spelling import repaired
from guideqa.text.lexicon import Lexicon
from guideqa.text.terms import bare_names
from guideqa.text.thesaurus import Thesaurus
from guideqa.types import Filters, Hit, PageRef

# How deep each leg is read before they are weighed.
PASSAGE_DEPTH = 50
EXPANSION_DEPTH = 100
PAGE_DEPTH = 25
_NO_FILTERS = Filters()
_NO_ALIASES = Lexicon()
_NO_KIN = Thesaurus()


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """Multipliers of the legs; 0 switches one off."""

    dense: float = 1.0
    lexical: float = 1.0


@dataclass(frozen=True, slots=True)
class Legs:
    """What every leg found for one question."""

    dense: DenseLeg
    pages: PageLeg
    lexical: Scores
    page_lexical: Scores
    notes: Scores
    kin: Scores


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages by number, and their features in the same order."""

    numbers: Sequence[int]
    features: Sequence[Features]
    legs: Legs


class Retriever:
    """Finds passages in an open index. Holds no state of its own but the encoder."""

    def __init__(
        self,
        encoder: Encoder,
        weights: FusionWeights,
        lexicon: Lexicon = _NO_ALIASES,
        features: Features = WEIGHTS,
        reranker: Reranker | None = None,
        thesaurus: Thesaurus = _NO_KIN,
    ) -> None:
        """`encoder` must be the one that the index was built with; `features` holds the weight of each."""
        self._reranker = reranker
        self._lexicon = lexicon
        self._thesaurus = thesaurus
        self._features = features
        self._encoder = encoder
        self._weights = weights

    def search(self, index: OpenIndex, query: str, count: int, filters: Filters | None = None) -> list[Hit]:
        """The best `count` passages for a query, best first; spellings of one query give the same hits."""
        return self.find(index, self.understand(index, query), count, filters or _NO_FILTERS)

    def understand(self, index: OpenIndex, text: str) -> Query:
        """A question as the legs of this index see it."""
        query = Query.of(self.meant(index, text), index.entities, self._lexicon, self._thesaurus)
        unknown = [name for name in place_names(query.text) if not is_named(index, name)]
        terms = dict.fromkeys([*query.terms, *bare_names(query.text, index.lexical.names)])
        return replace(
            query,
            terms=tuple(terms),
            unknown_bodies=tuple(dict.fromkeys(unknown)),
            unfamiliar=unfamiliar(index, query),
        )

    def meant(self, index: OpenIndex, text: str) -> str:
        """A question on one line, its slips repaired as far as the words of this index tell what was meant."""
        return repaired(on_one_line(text), index.page_lexical, index.entities)

    def find(self, index: OpenIndex, query: Query, count: int, filters: Filters = _NO_FILTERS) -> list[Hit]:
        """The best `count` passages for a question that has been understood."""
        if not index.passages or count < 1:
            return []
        candidates = self.candidates(index, query, max(PASSAGE_DEPTH, count), filters)
        scores = weighted(candidates.features, self._weights.dense, self._weights.lexical, self._features)
        order = np.argsort(-scores, kind="stable")[: max(count, PASSAGE_DEPTH)]
        hits = [_hit(index, candidates, int(place), float(scores[place])) for place in order]
        if self._reranker is not None:
            hits = self._reranker.reordered(query.text, hits)
        return balanced(hits, query)[:count]

    def explain(self, index: OpenIndex, query: Query, hit: Hit) -> tuple[Part, ...]:
        """What each leg and rule gave a hit that `find` has found for the query, or took from it."""
        legs = dict.fromkeys(DENSE, self._weights.dense) | dict.fromkeys(LEXICAL, self._weights.lexical)
        scaled = {name: getattr(self._features, name) * factor for name, factor in legs.items()}
        weights = replace(self._features, **scaled)
        return explain(index, query, hit, weights, is_reranked=self._reranker is not None)

    def candidates(
        self, index: OpenIndex, query: Query, depth: int = PASSAGE_DEPTH, filters: Filters = _NO_FILTERS
    ) -> Candidates:
        """What the legs propose, with what each says of it; nothing of a document that is not to be asked."""
        filters = scoped(index, filters)
        legs = self._ask_legs(index, query, depth, filters)
        numbers = _candidates(index, legs, depth, filters)
        return Candidates(numbers, [_features(index, legs, query, number) for number in numbers], legs)

    def _ask_legs(self, index: OpenIndex, query: Query, depth: int, filters: Filters) -> Legs:
        lexical, page_lexical = lexical_passages(index, query.terms), lexical_pages(index, query.terms)
        if filters:
            lexical = np.where(allowed(index.passages, filters), lexical, 0)
        notes, kin = lexical_notes(index, query.terms), kin_pages(index, query.kin, query.terms)
        if not self._weights.dense:
            return Legs(DenseLeg({}), PageLeg({}, 0.0), lexical, page_lexical, notes, kin)
        vector = self._encoder.encode_queries([query.text])[0]
        dense = dense_passages(index, vector, depth, filters)
        pages = dense_pages(index, vector, EXPANSION_DEPTH, filters)
        if not self._weights.lexical:
            return Legs(
                dense,
                pages,
                np.zeros_like(lexical),
                np.zeros_like(page_lexical),
                np.zeros_like(notes),
                np.zeros_like(kin),
            )
        return Legs(dense, pages, lexical, page_lexical, notes, kin)


def _candidates(index: OpenIndex, legs: Legs, depth: int, filters: Filters) -> list[int]:
    """The numbers of the passages that any leg proposes, each once."""
    proposed = [*legs.dense.cosines, *best_of(legs.lexical, depth)]
    pages = [*legs.pages.cosines, *(index.pages[number] for number in best_of(legs.page_lexical, PAGE_DEPTH))]
    proposed += _passages_of(index, pages)
    unique = dict.fromkeys(proposed)
    return [number for number in unique if not filters or filters.keeps(index.passages[number])]


def _passages_of(index: OpenIndex, pages: Iterable[PageRef]) -> list[int]:
    return [number for page in pages for number in index.passages_of_page.get(page, ())]


def _features(index: OpenIndex, legs: Legs, query: Query, number: int) -> Features:
    passage = index.passages[number]
    cosine = legs.dense.cosine(number)
    same_body, names_body, other_body = body_features(passage, query.mentions.bodies)
    same_population, other_population = population_features(passage, query.mentions)
    return Features(
        passage_cosine=index.background.standardized(cosine),
        page_cosine=_page_cosine(index, legs.pages, passage.pages, cosine),
        passage_terms=float(legs.lexical[number]),
        page_terms=max(float(legs.page_lexical[index.page_numbers[page]]) for page in passage.pages),
        note_terms=_note_terms(index, legs, number),
        page_kin=max(float(legs.kin[index.page_numbers[page]]) for page in passage.pages),
        same_body=same_body,
        names_body=names_body,
        other_body=other_body,
        same_population=same_population,
        other_population=other_population,
    )


def _note_terms(index: OpenIndex, legs: Legs, number: int) -> float:
    """That of the best text about any of the pages; where only other documents have such texts, the passage's own."""
    pages = index.passages[number].pages
    if pages[0].document_id not in index.expanded_documents:
        return float(legs.lexical[number]) if index.expanded_documents else 0.0
    return max(float(legs.notes[index.page_numbers[page]]) for page in pages)


def _page_cosine(index: OpenIndex, leg: PageLeg, pages: Sequence[PageRef], own: float) -> float:
    """The cosine of the nearest text about any of the pages.

    Where no document has such texts there is nothing to weigh; where only others have, the passage's own
    cosine stands in.
    """
    if pages[0].document_id not in index.expanded_documents:
        return index.background.standardized(own) if index.expanded_documents else 0.0
    return index.background.standardized(max(leg.cosines.get(page, leg.floor) for page in pages))


def _hit(index: OpenIndex, candidates: Candidates, place: int, score: float) -> Hit:
    number, legs = candidates.numbers[place], candidates.legs
    lexical_score = float(legs.lexical[number])
    return Hit(
        passage=index.passages[number],
        score=score,
        dense_rank=legs.dense.rank(number),
        lexical_rank=int((legs.lexical > lexical_score).sum()) + 1 if lexical_score > 0 else None,
        cosine=legs.dense.cosines.get(number, 0.0),
        lexical_score=lexical_score,
        page_terms=candidates.features[place].page_terms,
        note_terms=candidates.features[place].note_terms,
        page_kin=candidates.features[place].page_kin,
        passage_cosine=candidates.features[place].passage_cosine,
        page_cosine=candidates.features[place].page_cosine,
    )
