"""The terms of the lexical leg: words, the pairs of characters that no dictionary holds, and names in quotes."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from guideqa.text.lexicon import canonical_numbers
from guideqa.text.normalization import comparable, normalize
from guideqa.text.tokenization import tokenize

# Marks a character pair, so that it never meets a word of two characters.
PAIR_MARK = "\x02"
# Marks a name: what a text has in quotation marks. 「いこっと」 is no word, and its pairs are mere hiragana.
NAME_MARK = "\x03"
_MAX_NAME_CHARS = 15
_QUOTED = re.compile(rf"[「『“\"]([^「」『』“”\"]{{2,{_MAX_NAME_CHARS}}})[」』”\"]")
# A name that a question has without its quotation marks must be long enough to be no part of a word.
MIN_BARE_NAME_CHARS = 3
# Pairs catch names and compounds that the dictionary cuts otherwise in document and question. With words at
# 1, measured right-document-first on two public sets: no pairs .885/.817, at ½ .905/.840, at 1 .909/.839.
PAIR_WEIGHT = 0.5
_KANA_PAIR = re.compile(r"^[ぁ-ん]{2}$")
_PUNCTUATION = re.compile(r"[、。，．,.?!「」『』()【】:;~\-…]")


def character_pairs(text: str) -> list[str]:
    """Overlapping pairs of a text, without those of hiragana alone or with punctuation."""
    folded = comparable(text)
    pairs = (folded[begin : begin + 2] for begin in range(len(folded) - 1))
    return [
        PAIR_MARK + pair for pair in pairs if not _KANA_PAIR.match(pair) and not _PUNCTUATION.search(pair)
    ]


def lexical_terms(text: str) -> list[str]:
    """Words in dictionary form, character pairs, names; numbers and years written one way."""
    canonical = canonical_numbers(normalize(text))
    return tokenize(canonical) + character_pairs(canonical) + quoted_names(canonical)


def quoted_names(text: str) -> list[str]:
    """What a text has in quotation marks, in comparable form."""
    return [NAME_MARK + comparable(name) for name in _QUOTED.findall(text)]


def bare_names(text: str, names: AbstractSet[str]) -> list[str]:
    """Which of the names (terms with their mark) a text holds, quoted or not, in order."""
    folded = comparable(text)
    runs = (
        NAME_MARK + folded[begin:end]
        for begin in range(len(folded))
        for end in range(begin + MIN_BARE_NAME_CHARS, min(begin + _MAX_NAME_CHARS, len(folded)) + 1)
    )
    return [run for run in runs if run in names]


def term_weight(term: str) -> float:
    """How much a term of its kind counts."""
    return PAIR_WEIGHT if term.startswith(PAIR_MARK) else 1.0
