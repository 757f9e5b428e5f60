"""The clauses of a sentence: what each speaks of, and what in it is negated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from guideqa.text.normalization import normalize
from guideqa.text.tokenization import Token, content_tokens, morphemes

_CUTS = re.compile(r"[、。;!?\n]|,(?!\d)|(?<!\d),")
# Forms that look negative and are not, and what they say.
_NO_NEGATIONS = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"(?:なければ|なくては|なくちゃ|ないと)(?:なら|なり|いけ|いか)(?:ない|ません|なかった|ず)", "べき"),
        (r"(?:だけ|のみ|ばかり)(?:では|じゃ|で)?(?:なく|ない)|のみならず", "と"),
        (r"かもしれ(?:ない|ません)", ""),
        (r"に(?:ほか|他)な[らり](?:ない|ません|ず)", "だ"),
        (r"に(?:過|す)ぎ(?:ない|ません|ず)", "だけ"),
        (
            r"しか([^、。]{0,16}?)(?:ありません|いません|おりません|ません|いない|ない|なかった|なかっ|なく|おらず|ず)",
            r"だけ\1",
        ),
        (r"少なく(?:ない|ありません)", "多い"),
        (r"欠かせ(?:ない|ません)", "必要だ"),
        (r"切れ目(?:の|が)?な[いく]", "継続"),
        (r"(?:を)?問わず|に(?:かか|関)わらず|に限らず|(?:相変わ|あいかわ)らず|まもなく|間もなく", "と"),
    )
)
_NEGATIVE_WORDS = re.compile(
    r"無料|無償|不要|不可|未実施|未設置|未整備|対象外|禁止|免除|除外|除[きくい]|廃止|中止|休止|なし(?=で|。|、|$|と)|無し"
)
# The numbers of years carry them.
ERAS = frozenset("令和 平成 昭和".split())
_NEGATORS = frozenset({"ない", "ず", "ぬ", "まい"})


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence between commas. Words are in the form in which they are compared."""

    text: str
    words: frozenset[str]
    negated: frozenset[str]  # the words that a negation stands behind, and negative words
    finally_negated: frozenset[str]  # those of them with which it ends: what it denies
    ends_negated: bool  # whether it denies at all (an even number of times is not)

    @property
    def affirmed(self) -> frozenset[str]:
        """The words that are not negated."""
        return self.words - self.negated


@lru_cache(maxsize=4096)
def clauses_of(text: str) -> tuple[Clause, ...]:
    """The clauses of a text that say anything."""
    normal = normalize(text)
    for pattern, said in _NO_NEGATIONS:
        normal = pattern.sub(said, normal)
    parts = (part.strip() for part in _CUTS.split(normal))
    return tuple(_clause(part) for part in parts if part)


@lru_cache(maxsize=4096)
def words_of(text: str) -> frozenset[str]:
    """The content words of a text, numbers left out."""
    return frozenset(token.base for token in content_tokens(text) if _is_word(token))


def phrases_of(text: str) -> list[str]:
    """The content words of a text in order, compounds whole, numbers and their counters left out."""
    normal = normalize(text)
    found: list[Token] = []
    for token in content_tokens(normal):
        inside = found and token.end <= found[-1].end
        if not inside and _is_word(token) and not normal[max(0, token.begin - 1) : token.begin].isdigit():
            found.append(token)
    return list(dict.fromkeys(token.base for token in found))


def _is_word(token: Token) -> bool:
    return token.base not in ERAS and not any(character.isdigit() for character in token.base)


def _clause(text: str) -> Clause:
    tokens = [token for token in content_tokens(text) if _is_word(token)]
    places = [offset + unit.begin() for offset, unit in morphemes(text) if _negates(unit)]
    negative = [found.span() for found in _NEGATIVE_WORDS.finditer(text)]
    last = max((token.end for token in tokens), default=0)
    final = [place for place in places if place >= last]
    ends = [span for span in negative if span[1] >= last]
    return Clause(
        text,
        frozenset(token.base for token in tokens),
        _negated(tokens, places, negative),
        _negated(tokens, final, ends),
        (len(final) + len(ends)) % 2 == 1,
    )


def _negated(
    tokens: Sequence[Token], places: Sequence[int], negative: Sequence[tuple[int, int]]
) -> frozenset[str]:
    """The words that end last before a negation, and the negative words."""
    within = {
        token.base for begin, end in negative for token in tokens if begin <= token.begin and token.end <= end
    }
    return frozenset(base for place in places for base in _before(tokens, place)) | within


def _negates(unit: object) -> bool:
    kind, form = unit.part_of_speech()[0], unit.normalized_form()  # type: ignore[attr-defined]
    return (kind == "助動詞" and form in _NEGATORS) or (kind == "形容詞" and form == "無い")


def _before(tokens: Sequence[Token], place: int) -> list[str]:
    """The word, with its parts, that ends last before a place."""
    ended = [token for token in tokens if token.end <= place]
    last = max((token.end for token in ended), default=-1)
    return [token.base for token in ended if token.end == last]
