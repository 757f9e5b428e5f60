"""What is asked, within which limits, and what is found for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from guideqa.errors import QuestionError
from guideqa.types.documents import Passage


@dataclass(frozen=True, slots=True)
class Filters:
    """Facet values to keep; an empty tuple does not filter. Values of one facet are alternatives.

    A document that a newer one supersedes is kept only where `document` names it.
    """

    municipality: tuple[str, ...] = ()
    programme: tuple[str, ...] = ()
    document: tuple[str, ...] = ()
    collection: tuple[str, ...] = ()
    population: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.municipality, self.programme, self.document, self.collection, self.population))

    def keeps(self, passage: Passage) -> bool:
        """Whether a passage has a wanted value of every facet that it knows of itself.

        What it does not know, its document's collection, `guideqa.retrieval.scope` has turned into documents.
        """
        return (
            (not self.municipality or passage.facets.municipality in self.municipality)
            and (not self.programme or passage.facets.programme in self.programme)
            and (not self.document or passage.document_id in self.document)
            and (not self.population or passage.facets.population in self.population)
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: str  # "user" or "assistant"
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a user asks, with the conversation before it.

    Raises:
        QuestionError: the text is empty.
    """

    text: str
    history: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)
    confirmed: bool = False  # a language model may be told, though it seems to hold personal information

    def __post_init__(self) -> None:
        """Refuse an empty question."""
        if not self.text.strip():
            raise QuestionError("質問が空です。知りたいことを入力してください。")


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage. Ranks count from 1; None where that leg did not return the passage."""

    passage: Passage
    score: float
    dense_rank: int | None = None
    lexical_rank: int | None = None
    cosine: float = 0.0  # of question and passage, where the dense leg returned it
    lexical_score: float = 0.0  # share of the attainable BM25F, 0..1
    page_terms: float = 0.0  # the same of its page with all that is said about it
    note_terms: float = 0.0  # of the best of the texts that have been written about its page
    page_kin: float = 0.0  # what its page says for everyday words of the question
    # In deviations of the corpus: of the passage, and of the nearest text about its page (0 where none is).
    passage_cosine: float = 0.0
    page_cosine: float = 0.0
