"""The one tokenisation of documents and questions: Sudachi's long units, in dictionary form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import local
from typing import TYPE_CHECKING

from guideqa.text.normalization import normalize

if TYPE_CHECKING:
    from sudachipy import Dictionary, Morpheme, Tokenizer

# Sudachi refuses input over 49,149 bytes; a character has at most four.
MAX_PIECE_CHARS = 12_000
_FUNCTION_WORDS = frozenset({"助詞", "助動詞", "補助記号", "空白", "記号", "接続詞", "感動詞", "代名詞"})
# Verbs and nouns that carry grammar rather than content; measured to only add noise to BM25.
_EMPTY_WORDS = frozenset(
    "為る 有る 居る 成る 出来る 無い 行う 事 物 様 為 所 等 及び 又は 此れ 其れ 其の 此の 於く 対する 因る 就く".split()
    + "教える 知る 何 何処 誰 何時 如何 どう どの どんな どういう 幾 つ 幾つ 幾ら 言う 下さる 頂く".split()
    + "こと よう とき つく よる おく どのような 何故 欲しい 良い 来る 行く".split()
)


@dataclass(frozen=True, slots=True)
class Token:
    """A content word: as it stands in the text, and in the form in which words are compared."""

    surface: str
    base: str
    begin: int  # offsets into the normalised text
    end: int


_of_thread = local()


@lru_cache(maxsize=1)
def _dictionary() -> Dictionary:
    from sudachipy import Dictionary

    return Dictionary()


def _tokenizer() -> Tokenizer:
    """One for each thread: a tokenizer that two threads use at once raises "Already borrowed"."""
    tokenizer: Tokenizer | None = getattr(_of_thread, "tokenizer", None)
    if tokenizer is None:
        tokenizer = _of_thread.tokenizer = _dictionary().tokenizer()
    return tokenizer


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Whole lines of at most MAX_PIECE_CHARS, with the offset at which each begins."""
    begin = 0
    while begin < len(text):
        end = begin + MAX_PIECE_CHARS
        if end < len(text):
            end = max(text.rfind("\n", begin, end), text.rfind("。", begin, end)) + 1 or end
            end = end if end > begin else begin + MAX_PIECE_CHARS
        yield begin, text[begin:end]
        begin = end


def morphemes(text: str) -> Iterator[tuple[int, Morpheme]]:
    """Sudachi's C units of a normalised text, each with the offset of its piece."""
    from sudachipy import SplitMode

    for offset, piece in _pieces(text):
        for morpheme in _tokenizer().tokenize(piece, SplitMode.C):
            yield offset, morpheme


def content_tokens(text: str) -> list[Token]:
    """The content words of a text: long units, and their parts where a unit is a compound.

    「児童育成支援拠点事業」 yields the whole and 児童, 育成, 支援, 拠点, 事業, so that a question that says
    only a part still finds it.
    """
    from sudachipy import SplitMode

    found: list[Token] = []
    for offset, unit in morphemes(normalize(text)):
        if unit.part_of_speech()[0] in _FUNCTION_WORDS:
            continue
        parts = unit.split(SplitMode.A)
        for part in (unit, *parts) if len(parts) > 1 else (unit,):
            base = normalize(part.normalized_form()).lower().strip()
            if not base or part.part_of_speech()[0] in _FUNCTION_WORDS or _says_nothing(base):
                continue
            found.append(Token(part.surface(), base, offset + part.begin(), offset + part.end()))
    return found


def _says_nothing(base: str) -> bool:
    """Whether a word is of no help in finding what is asked for: 何人 asks, and names nothing."""
    return base in _EMPTY_WORDS or base.startswith("何")


def tokenize(text: str) -> list[str]:
    """The base forms of the content words of a text, in order, compounds before their parts."""
    return [token.base for token in content_tokens(text)]


def to_katakana(text: str) -> str:
    """Hiragana as katakana; everything else stays, and so does the length."""
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in text)


def reading_of(text: str) -> str:
    """How a text sounds, in katakana, by the dictionary."""
    return "".join(unit.reading_form() for _, unit in morphemes(normalize(text)))


def topic_nouns(text: str) -> list[str]:
    """The noun phrases of a text as they are written, in order: neighbouring nouns are one, numbers are none."""
    phrases: list[str] = []
    open_phrase = False
    for _, unit in morphemes(normalize(text)):
        kind = unit.part_of_speech()
        is_noun = kind[0] in ("名詞", "接頭辞", "接尾辞") and kind[1] not in ("数詞", "助動詞語幹")
        is_noun = (
            is_noun and kind[2] not in ("助数詞", "副詞可能") and unit.normalized_form() not in _EMPTY_WORDS
        )
        if is_noun and open_phrase:
            phrases[-1] += unit.surface()
        elif is_noun:
            phrases.append(unit.surface())
        open_phrase = is_noun
    return list(dict.fromkeys(phrase for phrase in phrases if len(phrase) > 1))
