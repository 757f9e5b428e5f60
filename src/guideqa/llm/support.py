"""Whether what a sentence says stands in its grounds: whom it is about first, then the rest body by body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from guideqa.entities import Entities
from guideqa.llm.clauses import phrases_of, words_of
from guideqa.llm.grounds import Ground
from guideqa.llm.names import name_faults
from guideqa.llm.numbers import number_faults
from guideqa.llm.polarity import polarity_faults
from guideqa.llm.wording import wording_faults
from guideqa.text.lexicon import Lexicon
from guideqa.text.normalization import comparable, normalize

# Of a sentence's words so many must stand in its grounds, headings and question counted in, and so many in the
# quoted sentences alone: a quotation from elsewhere proves nothing. Of 747 sentences of the digest with a quotation
# from another passage, .5 alone let four through, these none.
MIN_SHARED_WORDS, MIN_QUOTED_WORDS = 0.6, 0.5
_CLAUSE_ENDS = re.compile(r"(?<=[、。;])")
_KANJI_NUMERALS = frozenset("一二三四五六七八九十百千")


@dataclass(frozen=True, slots=True)
class Support:
    """What is needed to judge the sentences of one answer."""

    entities: Entities
    titles: str = ""  # of the documents, which a sentence may name
    asked_bodies: tuple[str, ...] = ()  # municipalities and prefectures that the question names
    question: str = ""  # whose common words a sentence may repeat
    lexicon: Lexicon = field(default_factory=Lexicon)  # short forms that a sentence may use

    def faults(self, text: str, grounds: Sequence[Ground]) -> list[str]:
        """What of a sentence its grounds do not say, told in Japanese; none where they say it all."""
        faults = [*self._body_faults(text, grounds), *self._programme_faults(text, grounds)]
        for bodies, part in self._parts(text):
            own = [
                ground
                for ground in grounds
                if not bodies or not ground.bodies or set(bodies) & set(ground.bodies)
            ]
            if own:
                faults += self._part_faults(part, own)
        return [*faults, *self._word_faults(text, grounds)]

    def _body_faults(self, text: str, grounds: Sequence[Ground]) -> Iterator[str]:
        """Whether the sentence speaks of the bodies that its passages are about, by their facets."""
        named = self.entities.mentioned(text).bodies
        if not named:
            yield from self._unnamed_body_faults(grounds)
        for body in named:
            if not any(body in self._bodies_of(ground) for ground in grounds):
                yield f"{body}の資料ではありません（{_owners(grounds) or '自治体名のない資料'}）"
        for ground in grounds:
            if named and ground.bodies and not set(named) & set(ground.bodies):
                yield f"{ground.bodies[0]}の資料を、{'、'.join(named)}のこととして書いています"

    def _bodies_of(self, ground: Ground) -> tuple[str, ...]:
        return ground.bodies + self.entities.mentioned(ground.text).bodies

    def _unnamed_body_faults(self, grounds: Sequence[Ground]) -> Iterator[str]:
        """A sentence that names no body is about its passage's, which must be one, and asked about."""
        owners = _owners(grounds)
        asked = set(self.asked_bodies)
        if "、" in owners:
            yield f"どの自治体のことか書いてください（{owners}）"
        elif owners and asked and not any(asked & set(ground.bodies) for ground in grounds):
            yield f"{owners}の資料です。どの自治体のことか書いてください"

    def _programme_faults(self, text: str, grounds: Sequence[Ground]) -> Iterator[str]:
        known = comparable(self._known(grounds))
        for programme in self.entities.mentioned(text).programmes:
            if comparable(programme.removesuffix("事業")) not in known:
                yield f"{programme}の資料ではありません"

    def _parts(self, text: str) -> Iterator[tuple[tuple[str, ...], str]]:
        """The sentence cut where it goes on to another body, each part with the bodies that it is about."""
        about: tuple[str, ...] = ()
        part: list[str] = []
        for clause in _CLAUSE_ENDS.split(normalize(text)):
            named = self.entities.mentioned(clause).bodies
            if named and about and set(named) != set(about):
                yield about, "".join(part)
                part = []
            about = named or about
            part.append(clause)
        yield about, "".join(part)

    def _part_faults(self, part: str, grounds: Sequence[Ground]) -> list[str]:
        given, known = [ground.text for ground in grounds], self._known(grounds)
        contexts = " ".join(ground.context for ground in grounds)
        bodies = {body for ground in grounds for body in ground.bodies} | set(
            self.entities.mentioned(part).bodies
        )
        counted_in = [
            _without(bodies, f"{ground.text}\n{' '.join(ground.passage.headings)}") for ground in grounds
        ]
        return [
            *name_faults(part, comparable(f"{known}\n{self.titles}")),
            *number_faults(_without(bodies, part), counted_in, words_of(contexts)),
            *polarity_faults(part, given),
            *wording_faults(part, known),
        ]

    def _word_faults(self, text: str, grounds: Sequence[Ground]) -> list[str]:
        """Whether most of it stands there; the names of bodies are known by the facets."""
        words = phrases_of(self.entities.mentioned(text).without(normalize(text)))
        quoted = "\n".join(ground.text for ground in grounds)
        every = f"{self._known(grounds)}\n{self.question}"
        for known, least in ((quoted, MIN_QUOTED_WORDS), (every, MIN_SHARED_WORDS)):
            there, folded = words_of(known), comparable(known)
            missing = [word for word in words if word not in there and comparable(word) not in folded]
            if len(missing) > (1 - least) * len(words):
                return [f"引用の文から読み取れません（{'、'.join(missing[:5])}）"]
        return []

    def _known(self, grounds: Sequence[Ground]) -> str:
        """The quoted sentences, their headings, and the short forms of what is in them."""
        said = "\n".join(part for ground in grounds for part in (ground.text, ground.context))
        folded = comparable(said)
        short = (
            alias
            for alias, full_forms in self.lexicon.aliases.items()
            if any(comparable(form) in folded for form in full_forms)
        )
        return "\n".join((said, *short))


def _owners(grounds: Sequence[Ground]) -> str:
    return "、".join(dict.fromkeys(ground.bodies[0] for ground in grounds if ground.bodies))


def _without(names: Iterable[str], text: str) -> str:
    """A name that holds a numeral (二本松市) counts nothing."""
    text = normalize(text)
    for name in names:
        if not _KANJI_NUMERALS & set(name):
            continue
        text = text.replace(normalize(name), "＊")
    return text
