"""How well the words of a question are covered: by a sentence, by a passage, by what was retrieved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from guideqa.index.fields import context_of
from guideqa.index.lexical import LexicalIndex
from guideqa.text.normalization import normalize
from guideqa.text.sentences import sentences
from guideqa.text.tokenization import tokenize
from guideqa.types import Hit

_ASKS_NUMBER = re.compile(
    r"いくつ|いくら|何(?:回|人|名|件|箇所|か所|カ所|ヶ所|世帯|円|年|月|日|時|歳|割|%|泊|市町村)|どのくらい|どれくらい|何回くらい|人数|回数|件数|料金|費用|金額|定員"
)
_ASKS_WHEN = re.compile(r"いつ|何年|何月|時期|年度")
_HAS_NUMBER = re.compile(r"\d|[一二三四五六七八九十]+(?:人|回|箇所|年)")
_HAS_DATE = re.compile(r"(?:令和|平成|R|H)\s*\d|\d+\s*(?:年|月|年度)")


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """The content words of a question with their weights (inverse document frequency)."""

    weights: dict[str, float]
    text: str

    @classmethod
    def of(cls, text: str, lexical: LexicalIndex) -> QuestionTerms:
        """Weigh each content word by its rarity in the index."""
        return cls({term: lexical.weight(term) for term in tokenize(text)}, normalize(text))

    def coverage(self, terms: Sequence[str]) -> float:
        """The share of the question's weight that `terms` cover, 0..1."""
        total = sum(self.weights.values())
        present = set(terms)
        return sum(w for term, w in self.weights.items() if term in present) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that may answer."""

    sentence: str
    hit: Hit
    score: float
    coverage: float  # of the question by the sentence and its passage's context


# Weights of a sentence's score; set on our own dev questions.
_OWN, _SURROUNDING, _RANK, _KIND = 1.0, 0.45, 0.8, 0.25


def rank_evidence(question: QuestionTerms, hits: Sequence[Hit]) -> list[Evidence]:
    """Every sentence of the hits, the one that most likely answers first."""
    found: list[Evidence] = []
    for place, hit in enumerate(hits):
        context_terms = tokenize(context_of(hit.passage))
        passage_terms = tokenize(hit.passage.text)
        around = question.coverage([*context_terms, *passage_terms])
        for sentence in _candidates(hit.passage.text):
            own = question.coverage(tokenize(sentence))
            score = (
                _OWN * own
                + _SURROUNDING * around
                + _RANK / (1 + place)
                + _KIND * _fits(question.text, sentence)
            )
            found.append(Evidence(sentence, hit, score, around))
    return sorted(found, key=lambda evidence: -evidence.score)


def _candidates(text: str) -> list[str]:
    """The sentences of a passage that say something: not a mere heading, while there is anything else."""
    every = sentences(text)
    telling = [sentence for sentence in every if len(sentence) >= 12]
    return telling or every


def _fits(question: str, sentence: str) -> float:
    """1 where the sentence holds the kind of value that is asked for, 0 where not or none is."""
    normal = normalize(sentence)
    if _ASKS_WHEN.search(question):
        return float(bool(_HAS_DATE.search(normal)))
    if _ASKS_NUMBER.search(question):
        return float(bool(_HAS_NUMBER.search(normal)))
    return 0.0
