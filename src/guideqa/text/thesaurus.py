"""Everyday words → the words that documents use for them: a file that an administrator can extend."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from guideqa.errors import SettingsError
from guideqa.text.normalization import comparable, normalize
from guideqa.text.terms import lexical_terms
from guideqa.text.tokenization import content_tokens

# A phrase of which the dictionary keeps nearly every character is known by its words, in any inflection; another
# (「人がいない」, of which 人 alone is left) only as it is written.
_FREE_CHARS = 1
_KEYS = ("asked", "written")
_FORM = '言い換えの一覧は [[groups]] に asked = ["聞く言葉"]、written = ["文書の言葉"] の形で書いてください'


@dataclass(frozen=True, slots=True)
class Kin:
    """A word or phrase of a question, and what documents may say for it."""

    asked: tuple[str, ...]  # its words in dictionary form
    written: tuple[str, ...]

    @property
    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """The terms of each of the written forms."""
        return tuple(_terms(form) for form in self.written)


@lru_cache(maxsize=8192)
def _terms(form: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lexical_terms(form)))


@dataclass(frozen=True, slots=True)
class Thesaurus:
    """Phrases by the first of their words, and those that are looked for as they are written."""

    by_word: Mapping[str, tuple[Kin, ...]] = field(default_factory=dict)
    by_characters: Mapping[str, Kin] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Thesaurus:
        """Read `[[groups]]` of a TOML file; a missing file is an empty thesaurus.

        Raises:
            SettingsError: the file is no TOML, or a group is not made of two lists of strings.
        """
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (ValueError, OSError) as error:
            raise SettingsError(f"言い換えの一覧を読めません: {path}: {error}") from error
        groups = content.get("groups", [])
        if not isinstance(groups, list):
            raise SettingsError(f"{_FORM}: {path}")
        for number, group in enumerate(groups, start=1):
            if not isinstance(group, dict) or not all(_are_words(group.get(key)) for key in _KEYS):
                raise SettingsError(f"{_FORM}: {path}（{number}番目）")
        return cls.of((group["asked"], group["written"]) for group in groups)

    @classmethod
    def of(cls, groups: Iterable[tuple[Iterable[str], Iterable[str]]]) -> Thesaurus:
        """A thesaurus of pairs: what is asked, what is written for it."""
        by_word: dict[str, list[Kin]] = defaultdict(list)
        by_characters: dict[str, Kin] = {}
        for asked, written in groups:
            forms = tuple(normalize(form) for form in written)
            for phrase in map(normalize, asked):
                tokens = content_tokens(phrase)
                words = tuple(dict.fromkeys(token.base for token in tokens))
                kept = {place for token in tokens for place in range(token.begin, token.end)}
                if words and len(kept) + _FREE_CHARS >= len(phrase):
                    by_word[words[0]].append(Kin(words, forms))
                else:
                    by_characters[comparable(phrase)] = Kin(words, forms)
        return cls({word: tuple(found) for word, found in by_word.items()}, by_characters)

    def kin_of(self, text: str) -> tuple[Kin, ...]:
        """What documents may say for the words of a normalised text; of phrases within others the longest."""
        words = dict.fromkeys(token.base for token in content_tokens(text))
        found = [
            kin for word in words for kin in self.by_word.get(word, ()) if words.keys() >= set(kin.asked)
        ]
        written = comparable(text)
        found += [kin for phrase, kin in self.by_characters.items() if phrase in written]
        sets = [frozenset(kin.asked) for kin in found]
        kept = [kin for kin, own in zip(found, sets, strict=True) if not any(own < other for other in sets)]
        return tuple(dict.fromkeys(kept))


def _are_words(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, str) and item.strip() for item in value)
    )
