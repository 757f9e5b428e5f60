"""A question as the legs see it: normalised, its entities recognised, its terms cut."""

from __future__ import annotations

import re
from dataclasses import dataclass

from guideqa.entities import Entities, Mentions
from guideqa.retrieval.form import AnswerForm, form_of
from guideqa.text.lexicon import Lexicon
from guideqa.text.normalization import normalize
from guideqa.text.population import without_numbers
from guideqa.text.terms import lexical_terms
from guideqa.text.thesaurus import Kin, Thesaurus
from guideqa.text.tokenization import topic_nouns

_NO_KIN = Thesaurus()
_ASIDE = re.compile(r"\([^)]*\)")  # what a question adds in brackets


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for."""

    text: str  # normalised, on one line: what is embedded
    mentions: Mentions
    terms: tuple[str, ...]  # of the lexical legs, without the bodies that `mentions` holds
    form: AnswerForm = AnswerForm.SENTENCES
    # Of a list: its programmes and noun phrases, without the bodies, each in all the forms that the lexicon knows.
    nouns: tuple[tuple[str, ...], ...] = ()
    unknown_bodies: tuple[str, ...] = ()  # municipalities and prefectures of which no passage says a word
    kin: tuple[Kin, ...] = ()  # what documents may say for its everyday words
    unfamiliar: float = 0.0  # share of its words, by weight, that the corpus does not have

    @property
    def compared(self) -> tuple[str, ...]:
        """What a comparison puts side by side: bodies, or programmes where it names no two bodies."""
        bodies, programmes = self.mentions.bodies, self.mentions.programmes
        return bodies if len(bodies) > 1 else programmes

    @classmethod
    def of(cls, text: str, entities: Entities, lexicon: Lexicon, thesaurus: Thesaurus = _NO_KIN) -> Query:
        """Understand a question.

        The names of municipalities and prefectures are taken out of the terms: the ranking weighs them as
        entities. Left in, the rare name outweighs what is asked about it (measured: right page first for
        32 % of paraphrases with the name among the terms, 58 % without). So are numbers of inhabitants: they
        stand on the overview page of each case, where nothing else of what was asked does.
        """
        normal = on_one_line(text)
        expanded = lexicon.expand(normal)
        mentions = entities.mentioned(expanded)
        rest = _without_populations(mentions.without_bodies(expanded), mentions)
        terms = tuple(dict.fromkeys(lexical_terms(rest)))
        form = form_of(normal, mentions)
        nouns = _nouns(normal, entities) if form is AnswerForm.LIST else ()
        kin = thesaurus.kin_of(mentions.without(normal))
        return cls(normal, mentions, terms, form, tuple(map(lexicon.forms, nouns)), kin=kin)


def _without_populations(text: str, mentions: Mentions) -> str:
    """A text without the numbers of inhabitants that the ranking weighs, where it asks for anything else."""
    if not mentions.populations or mentions.bodies:
        return text
    rest = without_numbers(text)
    return rest if topic_nouns(rest) else text


def _nouns(text: str, entities: Entities) -> tuple[str, ...]:
    """The programmes and the other noun phrases of a question, without what it adds in brackets or says of a size."""
    named = entities.mentioned(text)
    rest = _without_populations(named.without(_ASIDE.sub("", text)), named)
    return (*named.programmes, *topic_nouns(rest))


def on_one_line(text: str) -> str:
    """A question in its normal form, without line breaks."""
    return normalize(text).replace("\n", " ").strip()
