"""What each part of the retrieval is worth: the same questions with one part taken away at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from guideqa.assistant import ANSWER_HITS
from guideqa.encoder.protocol import Encoder
from guideqa.entities import Entities
from guideqa.index.fields import lexical_fields, note_fields, page_fields
from guideqa.index.lexical import LexicalIndex
from guideqa.index.opened import OpenIndex
from guideqa.retrieval.balance import spread
from guideqa.retrieval.query import Query
from guideqa.retrieval.ranking import WEIGHTS, Features
from guideqa.retrieval.search import FusionWeights, Retriever
from guideqa.settings import Settings
from guideqa.text.lexicon import Lexicon
from guideqa.text.terms import PAIR_MARK
from guideqa.types import Filters, Passage
from guideqa.wiring import read_lexicon, read_thesaurus

COUNT = 10
# Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet …", SIGIR 2009.
RRF_K = 60
_NO_ENTITIES = Entities((), (), ())


@dataclass(frozen=True, slots=True)
class Variant:
    """The retrieval with something taken away. Weights are not refitted to what is left."""

    name: str
    weights: Features = WEIGHTS
    entities: bool = True  # else names of bodies are words like any other
    lexicon: bool = True
    pairs: bool = True  # character pairs in the lexical legs
    spread: bool = True  # pages behind one another, as search shows them
    by_ranks: bool = False  # the two passage legs by reciprocal ranks instead


def _without(*names: str) -> Features:
    return replace(WEIGHTS, **dict.fromkeys(names, 0.0))


def _only(*names: str) -> Features:
    return _without(*(field.name for field in fields(Features) if field.name not in names))


BODIES = ("same_body", "names_body", "other_body")
VARIANTS = (
    Variant("as it is"),
    Variant("passage vectors alone", _only("passage_cosine"), entities=False, spread=False),
    Variant("passage words alone", _only("passage_terms"), entities=False, spread=False),
    Variant("both by reciprocal ranks, equal weights", entities=False, spread=False, by_ranks=True),
    Variant("passage vectors and bodies", _only("passage_cosine", *BODIES)),
    Variant("passage words and bodies", _only("passage_terms", *BODIES)),
    Variant("without vectors", _without("passage_cosine", "page_cosine")),
    Variant("without words", _without("passage_terms", "page_terms", "note_terms", "page_kin")),
    Variant("without vectors of the notes", _without("page_cosine")),
    Variant("without page words", _without("page_terms")),
    Variant("without both of the page", _without("page_cosine", "page_terms")),
    Variant("without words of the notes by themselves", _without("note_terms")),
    Variant("without the thesaurus", _without("page_kin")),
    Variant("without passage words", _without("passage_terms")),
    Variant("without body features", _without(*BODIES)),
    Variant("names as words, no body features", entities=False),
    Variant("without the lexicon", lexicon=False),
    Variant("without character pairs", pairs=False),
    Variant("without spreading over pages", spread=False),
)


class Ablated:
    """A variant over one index."""

    def __init__(self, variant: Variant, index: OpenIndex, settings: Settings, encoder: Encoder) -> None:
        """`encoder` is the one that the index was built with."""
        self._variant = variant
        known = index if variant.entities else replace(index, entities=_NO_ENTITIES)
        self._index = known if variant.pairs else without_pairs(known)
        legs = FusionWeights(settings.dense_weight, settings.lexical_weight)
        lexicon = read_lexicon(settings) if variant.lexicon else Lexicon()
        self._retriever = Retriever(
            encoder, legs, lexicon, variant.weights, thesaurus=read_thesaurus(settings)
        )

    def search(self, text: str, filters: Filters, count: int = COUNT) -> list[Passage]:
        """The best passages for a question that stands alone."""
        query = self._retriever.understand(self._index, text)
        if not self._variant.pairs:
            query = replace(query, terms=_words(query.terms))
        if self._variant.by_ranks:
            return self._by_ranks(query, filters)[:count]
        hits = self._retriever.find(self._index, query, max(count, ANSWER_HITS), filters)
        return [hit.passage for hit in (spread(hits, query) if self._variant.spread else hits)][:count]

    def _by_ranks(self, query: Query, filters: Filters) -> list[Passage]:
        candidates = self._retriever.candidates(self._index, query, filters=filters)
        dense = {number: rank for rank, number in enumerate(candidates.legs.dense.cosines, start=1)}
        words = candidates.legs.lexical
        order = np.argsort(-words, kind="stable")
        lexical = {int(number): rank for rank, number in enumerate(order, start=1) if words[number] > 0}
        scores = {
            number: sum(1 / (RRF_K + ranks[number]) for ranks in (dense, lexical) if number in ranks)
            for number in candidates.numbers
        }
        return [self._index.passages[number] for number in sorted(scores, key=lambda n: -scores[n])]


def without_pairs(index: OpenIndex) -> OpenIndex:
    """The index with lexical legs over words alone."""
    passages = [
        {name: list(_words(terms)) for name, terms in lexical_fields(passage).items()}
        for passage in index.passages
    ]
    pages = [
        {name: list(_words(terms)) for name, terms in page.items()}
        for page in page_fields(index.pages, index.store, passages)
    ]
    notes = [{"body": list(_words(item["body"]))} for item in note_fields(index.store)]
    return replace(
        index,
        lexical=LexicalIndex.build(passages),
        page_lexical=LexicalIndex.build(pages),
        note_lexical=LexicalIndex.build(notes),
    )


def _words(terms: Sequence[str]) -> tuple[str, ...]:
    return tuple(term for term in terms if not term.startswith(PAIR_MARK))
