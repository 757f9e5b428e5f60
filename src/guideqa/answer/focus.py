"""What a question asks of each body on a list: its nouns, each in every form that the documents may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guideqa.answer.evidence import Evidence, QuestionTerms, context_terms
from guideqa.text.normalization import comparable
from guideqa.text.terms import lexical_terms

_PROGRAMME_SUFFIX = "事業"
_PROGRAMME_CHARS = 6
# What a programme alone, without anything else that is asked of it, counts.
_PROGRAMME_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Form:
    """One way to say a noun."""

    name: str
    weights: Mapping[str, float]  # of its terms

    @property
    def is_programme(self) -> bool:
        """Whether it is told by its whole name: 「強化事業」 alone is any."""
        return self.name.endswith(_PROGRAMME_SUFFIX) and len(self.name) > _PROGRAMME_CHARS

    @property
    def weight(self) -> float:
        """That of its rarest term."""
        return max(self.weights.values(), default=1.0)

    def share(self, terms: frozenset[str], items: Sequence[Evidence]) -> float:
        """How much of it some sentences say, 0..1."""
        if self.is_programme:
            return float(any(_speaks_of(item, self.name) for item in items))
        total = sum(self.weights.values())
        return sum(weight for term, weight in self.weights.items() if term in terms) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Focus:
    """The nouns with all their forms."""

    nouns: tuple[tuple[Form, ...], ...]

    @classmethod
    def of(cls, nouns: Sequence[Sequence[str]], terms: QuestionTerms) -> Focus:
        """Weigh the terms of each form by their rarity."""
        return cls(tuple(tuple(_form(name, terms) for name in forms) for forms in nouns))

    def coverage(self, items: Sequence[Evidence]) -> float:
        """How much of it sentences say, together with the headings that they stand under, 0..1.

        Of another programme than the one that is asked about they say nothing.
        """
        if not items:
            return 0.0
        said = frozenset[str]().union(*(item.unit.terms | context_terms(item.hit.passage) for item in items))
        shares = [(forms[0], max(form.share(said, items) for form in forms)) for forms in self.nouns]
        programmes = [share for form, share in shares if form.is_programme]
        others = [(form.weight, share) for form, share in shares if not form.is_programme]
        if not others:
            return min(programmes, default=0.0)
        rest = sum(weight * share for weight, share in others) / sum(weight for weight, _ in others)
        if not programmes:
            return rest
        return min(programmes) * (_PROGRAMME_SHARE + (1 - _PROGRAMME_SHARE) * rest)


def _form(name: str, terms: QuestionTerms) -> Form:
    kept = frozenset(lexical_terms(name))
    return Form(name, {term: weight for term, weight in terms.words.items() if term in kept})


def _speaks_of(item: Evidence, programme: str) -> bool:
    name = comparable(programme).removesuffix(_PROGRAMME_SUFFIX)
    return item.hit.passage.facets.programme == programme or name in comparable(item.unit.quote)
