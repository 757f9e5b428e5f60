"""The contract as types: what the API takes, and its limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from guideqa.api.schemas import MAX_HITS
from guideqa.feedback import Feedback, PagePlace, Verdict
from guideqa.types import Filters, Question, Turn

MAX_FILTER_VALUES = 100
MAX_FILTER_CHARS = 200
MAX_TURNS = 1000


def _readable(text: str) -> str:
    """Refuse what no reader types and what cannot be encoded."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("文字として扱えないものが含まれています。")
    return text


# Told in the description too, so that programs made from it send nothing that is refused.
ReadableText = Annotated[
    str, AfterValidator(_readable), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})
]
_SOMETHING: dict[str, JsonValue] = {"pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"}
FilterValue = Annotated[ReadableText, Field(max_length=MAX_FILTER_CHARS)]
FilterValues = Annotated[list[FilterValue], Field(max_length=MAX_FILTER_VALUES)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FiltersIn(_Request):
    """Facet values to keep. Values of one facet are alternatives."""

    municipality: FilterValues = Field(default=[], description="自治体名", examples=[["水俣市"]])
    programme: FilterValues = Field(default=[], description="事業名", examples=[["子育て短期支援事業"]])
    document: FilterValues = Field(
        default=[], description="文書のID（旧版は、ここで名指ししたときだけ探す）", examples=[["guidebook"]]
    )
    collection: FilterValues = Field(default=[], description="文書の分類", examples=[["guidebook"]])
    population: FilterValues = Field(
        default=[], description="自治体の人口規模（手引きの区分）", examples=[["1万人未満"]]
    )

    def filters(self) -> Filters:
        """The library's form."""
        return Filters(**{name: tuple(getattr(self, name)) for name in type(self).model_fields})


class TurnIn(_Request):
    """An earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: ReadableText


class SearchRequest(_Request):
    """A search for passages."""

    query: ReadableText = Field(
        description="検索する言葉や文",
        examples=["ショートステイの里親活用"],
        json_schema_extra=_SOMETHING,
    )
    k: int = Field(default=10, ge=1, le=MAX_HITS, description="件数")
    filters: FiltersIn = FiltersIn()
    history: list[TurnIn] = Field(default=[], max_length=MAX_TURNS, description="これまでの会話（古い順）")

    def question(self) -> Question:
        """The library's form."""
        return _question(self.query, self.history, self.filters)


class AskRequest(_Request):
    """A question."""

    question: ReadableText = Field(
        description="質問",
        examples=["玉東町の「つどいの広場」はどこで開かれている？"],
        json_schema_extra=_SOMETHING,
    )
    history: list[TurnIn] = Field(default=[], max_length=MAX_TURNS, description="これまでの会話（古い順）")
    filters: FiltersIn = FiltersIn()
    stream: bool = Field(default=False, description="trueなら、できた順に送る（server-sent events）")
    related_questions: bool = Field(
        default=False,
        description="trueなら、次に尋ねられる質問を `related_questions` に付ける（実際に尋ねて確かめるため、時間がかかる）",
    )
    confirmed: bool = Field(
        default=False,
        description="trueなら、個人の情報があるような質問も言語モデルに送る（つないでいるとき）",
    )

    def to_question(self) -> Question:
        """The library's form."""
        return replace(_question(self.question, self.history, self.filters), confirmed=self.confirmed)


def _question(text: str, history: list[TurnIn], filters: FiltersIn) -> Question:
    return Question(text, tuple(Turn(turn.role, turn.content) for turn in history), filters.filters())


class EvidenceRequest(_Request):
    """A question whose answer is wanted as a page to print."""

    question: ReadableText = Field(
        description="質問",
        examples=["玉東町の「つどいの広場」はどこで開かれている？"],
        json_schema_extra=_SOMETHING,
    )
    history: list[TurnIn] = Field(default=[], max_length=MAX_TURNS, description="これまでの会話（古い順）")
    filters: FiltersIn = FiltersIn()

    def to_question(self) -> Question:
        """The library's form."""
        return _question(self.question, self.history, self.filters)


class PagePlaceIn(_Request):
    """A page by its document and its printed number."""

    document: ReadableText = Field(max_length=MAX_FILTER_CHARS, examples=["guidebook"])
    label: ReadableText = Field(max_length=MAX_FILTER_CHARS, examples=["62"])

    def place(self) -> PagePlace:
        """The library's form."""
        return PagePlace(self.document, self.label)


class FeedbackRequest(_Request):
    """What a reader says of an answer. Sending it again changes nothing."""

    answer_id: ReadableText = Field(min_length=1, max_length=100, description="回答の `id`")
    verdict: Verdict = Field(description="useful（役に立った）、wrong（違う）、wrong_page（ページが違う）")
    question: ReadableText = Field(min_length=1, max_length=20_000, description="質問の文")
    cited: list[PagePlaceIn] = Field(default=[], max_length=100, description="回答が引いたページ")
    right_page: PagePlaceIn | None = Field(default=None, description="正しいページ（分かれば）")

    def feedback(self) -> Feedback:
        """The library's form."""
        return Feedback(
            self.answer_id,
            self.verdict,
            self.question,
            tuple(item.place() for item in self.cited),
            self.right_page.place() if self.right_page else None,
        )
