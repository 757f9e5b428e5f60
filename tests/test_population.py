"""The size of population: bands that the manifest gives, and what a question says of how many live somewhere."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from answer_book import answering
from conftest import HARUKAZE, Guideqa, pipeline_of

from eval.question_format import parse_question
from eval.questions import EvalQuestion
from guideqa.api.compatible import ChatRequest
from guideqa.api.requests import AskRequest, SearchRequest
from guideqa.assistant import Assistant
from guideqa.conversation import standalone
from guideqa.entities import Entities
from guideqa.errors import IndexUnavailableError, SettingsError
from guideqa.index.folder import IndexFolder
from guideqa.index.opened import load_store, open_build
from guideqa.llamaindex import GuideqaRetriever
from guideqa.settings import Settings
from guideqa.testing import BigramEncoder
from guideqa.text.normalization import normalize
from guideqa.text.people import Range
from guideqa.text.population import bands_of_size, held_by, named_bands, without_numbers
from guideqa.types import Filters, Hit, Question, Turn
from guideqa.wiring import build_assistant
from ingest.manifest import Manifest
from ingest.pipeline import Request
from ui.chat import FILTERS

ENCODER = BigramEncoder()
SCALE = ("5千人未満", "5千人以上3万人未満", "3万人～20万人", "二十万人以上", "首都")
SMALLEST, SMALL, MIDDLE, LARGE, CAPITAL = SCALE

MANIFEST = """
[[works]]
id = "river"
title = "川辺の見守りの手引き"
digest = "digest"
files = ["river.txt"]
"""
BANDS = """
[works.populations]
"5千人未満" = ["浅瀬村"]
"3万人以上" = ["中州市", "河口市"]
"""
PLACES = {"浅瀬村": "巡回する車", "中州市": "駅前の部屋", "河口市": "公園の小屋", "": "役場の窓口"}
NOTES = "里親の集会は{thing}で月に二回あり、参加費は一回三百円である。"


# What a band holds


@pytest.mark.parametrize(
    ("scale", "held"),
    [
        (("1万人未満", "1万人以上"), (Range(0, 10_000), Range(10_000))),
        (("1万人以下", "1万人超"), (Range(0, 10_001), Range(10_001))),
        (("5千人～2万人未満",), (Range(5_000, 20_000),)),
        (("人口 三千人以上 １万５千人未満",), (Range(3_000, 15_000),)),
        (
            ("8,000人以下", "中くらいの市", "10万人以上"),
            (Range(0, 8_001), Range(8_001, 100_000), Range(100_000)),
        ),
        (("9万人未満", "首都"), (Range(0, 90_000), Range(90_000))),
        (("9万人以上", "首都"), (Range(90_000), Range(90_000))),
        (("町村部", "都市部"), (Range(0), Range(0))),
    ],
)
def test_a_band_holds_what_its_own_words_or_its_neighbours_say(
    scale: tuple[str, ...], held: tuple[Range, ...]
) -> None:
    assert held_by(scale) == held


# What a question says


@pytest.mark.parametrize(
    ("text", "bands"),
    [
        ("人口5千人未満の町で里親を探すには？", [SMALLEST]),
        ("５千人以下の", [SMALLEST]),
        ("うちは人口8,000人です", [SMALL]),
        ("うちは人口が約八千人の町です", [SMALL]),
        ("人口5千人を切る村では", [SMALLEST]),
        ("人口1.5万くらいの町", [SMALL]),
        ("人口1万2千人の町", [SMALL]),
        ("人口5万くらいの市", [MIDDLE]),
        ("人口数万の市の例", [SMALL, MIDDLE]),
        ("人口1万から5万人の自治体", [SMALL, MIDDLE]),
        ("人口十数万の市", [MIDDLE]),
        ("20万人を超える市", [LARGE, CAPITAL]),
        ("3万人以上の市はどこ？", [MIDDLE, LARGE, CAPITAL]),
        ("人口3万人以上20万人未満の市", [MIDDLE]),
        ("ショートステイをしている30万都市は？", [LARGE, CAPITAL]),
        ("人口20万人弱の市", [MIDDLE]),
        ("人口3万人くらいの市", [SMALL, MIDDLE]),
        ("首都ではどうしている？", [CAPITAL]),
        ("町の人口が4,999人", [SMALLEST]),
    ],
)
def test_a_number_of_inhabitants_is_put_into_the_band_that_holds_it(text: str, bands: list[str]) -> None:
    assert list(named_bands(text, [SCALE])) == bands


@pytest.mark.parametrize(
    "text",
    [
        "利用者5,000人の施設",
        "利用者が5,000人の町",
        "年間8,000人が利用する市の施設は？",
        "子どもが12万人を超える自治体は？",
        "18歳未満人口が5,000人の市",
        "こどもの人口が5,000人の市",
        "交流人口8,000人をめざす町",
        "人口10万人当たりの施設数",
        "人口が3,000人減った町",
        "人口の2割が高齢者の村",
        "人口は2020年から減った",
        "職員5人以上の市",
        "3万人の市民が参加した",
        "延べ1万人の町内会の催し",
        "人口は何人？",
        "小規模な事業所の職員は何人？",
    ],
)
def test_a_number_of_something_else_is_none(text: str) -> None:
    assert named_bands(text, [SCALE]) == ()


@pytest.mark.parametrize(
    ("text", "bands"),
    [
        ("小さい町では", [SMALLEST, SMALL]),
        ("小規模自治体の工夫", [SMALLEST, SMALL]),
        ("人口の少ない所でもできる？", [SMALLEST, SMALL]),
        ("大きな市の体制", [LARGE, CAPITAL]),
        ("規模の大きい自治体", [LARGE, CAPITAL]),
        ("小さい子のいる家庭", []),
        ("小規模事業者への委託", []),
        ("大きな市民団体", []),
        ("小さなまちづくりの会", []),
    ],
)
def test_a_size_hints_at_a_half_of_the_scale(text: str, bands: list[str]) -> None:
    assert list(bands_of_size(text, [SCALE])) == bands


def test_each_scale_is_read_by_itself_and_no_scale_names_nothing() -> None:
    assert named_bands("人口8,000人の町", [("1万人未満", "1万人以上"), SCALE]) == ("1万人未満", SMALL)
    assert named_bands("人口8,000人の町", []) == bands_of_size("小さな町", []) == ()


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("人口1万人未満の町で、里親を探すには?", "里親を探すには?"),
        ("10万人以上の市の利用料", "利用料"),
        ("利用者5,000人の施設", "利用者5,000人の施設"),
        ("人口8,000人の町では", ""),
    ],
)
def test_a_number_of_inhabitants_can_be_taken_out_with_what_ties_it_in(text: str, rest: str) -> None:
    assert without_numbers(normalize(text)) == rest


# Where the bands come from


def corpus(folder: Path, bands: str = BANDS) -> Path:
    """A corpus of the notes on four pages: three cases and one of a general kind."""
    (folder / "digest").mkdir(parents=True, exist_ok=True)
    (folder / "manifest.toml").write_text(MANIFEST + bands, encoding="utf-8")
    for label, (name, thing) in enumerate(PLACES.items(), start=1):
        front = f"municipality: {name}\nprefecture: 川上県\n" if name else ""
        title = name or "考え方"
        text = (
            f'---\npath: ["{title}"]\n{front}---\n\n# p.{label} {title}の会\n\n{NOTES.format(thing=thing)}\n'
        )
        (folder / "digest" / f"{label}.md").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def river(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An index of the digest. For reading only."""
    folder = tmp_path_factory.mktemp("river")
    settings = Settings(data_dir=folder / "var", corpus_dir=corpus(folder / "corpus"))
    pipeline_of(settings, ENCODER).ingest(Request())
    return settings


@pytest.fixture(scope="module")
def assistant(river: Settings) -> Assistant:
    return build_assistant(river, ENCODER)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "var", corpus_dir=corpus(tmp_path / "corpus"))


def bands_of(settings: Settings) -> dict[str, dict[str, str]]:
    """By document, the band of each municipality."""
    stored = load_store(IndexFolder(settings.index_dir).current()).documents
    return {
        key: {item.facets.municipality: item.facets.population for item in document.passages}
        for key, document in stored.items()
    }


def test_every_case_has_its_band_and_what_is_no_case_has_none(river: Settings) -> None:
    assert bands_of(river) == {
        "river-digest": {"浅瀬村": "5千人未満", "中州市": "3万人以上", "河口市": "3万人以上", "": ""}
    }


CASES = """
[[works]]
id = "cases"
title = "はるかぜ自治体事例集"

[works.populations]
"1万人未満" = ["星見町"]
"1万人以上" = ["藍川市"]
"""


def test_an_original_has_the_bands_of_the_manifest_as_it_stands_at_each_ingest(settings: Settings) -> None:
    corpus(settings.corpus_dir, CASES)
    pipeline_of(settings, ENCODER).ingest(Request((HARUKAZE,)))
    assert bands_of(settings)["cases"] == {"星見町": "1万人未満", "藍川市": "1万人以上", "": ""}

    corpus(settings.corpus_dir, CASES.replace("1万人未満", "5千人未満"))
    assert pipeline_of(settings, ENCODER).ingest(Request(if_changed=True)).has_changed
    assert bands_of(settings)["cases"]["星見町"] == "5千人未満"

    corpus(settings.corpus_dir, "")
    pipeline_of(settings, ENCODER).ingest(Request())
    assert set(bands_of(settings)["cases"].values()) == {""}


@pytest.mark.parametrize(
    ("bands", "complaint"),
    [
        ('[works.populations]\n"小" = ["浅瀬村"]\n"大" = ["浅瀬村"]', "浅瀬村が2回"),
        ('[works.populations]\n"" = ["浅瀬村"]', "空の名前"),
        ('[works.populations]\n"小" = "浅瀬村"', "populations は"),
        ('populations = ["浅瀬村"]', "populations は"),
        ('[works.populations]\n"小 " = []', "前後に空白"),
    ],
)
def test_a_mistake_in_the_bands_is_told_with_its_remedy(tmp_path: Path, bands: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        Manifest.read(corpus(tmp_path, bands))


def test_an_index_from_before_the_bands_is_refused_and_built_again(
    settings: Settings, guideqa_here: Guideqa
) -> None:
    pipeline_of(settings, ENCODER).ingest(Request())
    build = IndexFolder(settings.index_dir).current()
    as_format_5(build)
    with pytest.raises(IndexUnavailableError, match="guideqa ingest"):
        open_build(build, ENCODER.identity)

    pipeline_of(settings, ENCODER).ingest(Request(if_changed=True))

    assert IndexFolder(settings.index_dir).current() != build
    assert bands_of(settings)["river-digest"]["浅瀬村"] == "5千人未満"


def as_format_5(build: Path) -> None:
    """Make a build what it was before there were bands."""
    path, manifest = build / "corpus.jsonl", json.loads((build / "manifest.json").read_text())
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line.pop("populations", None)
        line.get("facets", {}).pop("population", None)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    manifest["sha256"]["corpus.jsonl"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (build / "manifest.json").write_text(json.dumps(manifest | {"format": 5}))


# As a filter


def found(assistant: Assistant, text: str, **filters: tuple[str, ...]) -> tuple[Hit, ...]:
    return assistant.search(Question(text, filters=Filters(**filters)), 20).hits


@pytest.mark.parametrize("leg", ["both", "dense", "lexical"])
def test_a_band_keeps_the_others_out_of_every_leg(river: Settings, leg: str) -> None:
    weights = {} if leg == "both" else {f"{other}_weight": 0.0 for other in {"dense", "lexical"} - {leg}}
    assistant = build_assistant(river.model_copy(update=weights), ENCODER)
    large = found(assistant, "里親の集会の参加費", population=("3万人以上",))
    narrowed = found(assistant, "里親の集会の参加費", population=("3万人以上",), municipality=("河口市",))

    assert {hit.passage.facets.municipality for hit in large} == {"中州市", "河口市"}
    assert {hit.passage.facets.municipality for hit in narrowed} == {"河口市"}
    assert found(assistant, "里親の集会の参加費", population=("首都",)) == ()


def test_the_vectors_carry_the_band_for_other_programs(river: Settings, assistant: Assistant) -> None:
    index = assistant.index
    vector = ENCODER.encode_queries(["里親の集会"])[0]
    nearest = index.vectors.nearest(vector, 20, Filters(population=("5千人未満",)))
    nodes = GuideqaRetriever(assistant, filters=Filters(population=("5千人未満",))).retrieve("里親の集会")

    assert {index.passages[index.positions[key]].facets.municipality for key, _ in nearest} == {"浅瀬村"}
    assert {node.metadata["population"] for node in nodes} == {"5千人未満"}


def test_the_command_line_filters_by_band_and_refuses_one_that_is_not_there(
    guideqa_here: Guideqa, tmp_path: Path, encoder: Any
) -> None:
    own = Settings(data_dir=tmp_path / "var", corpus_dir=corpus(tmp_path / "corpus"))
    pipeline_of(own, encoder).ingest(Request())
    hits = guideqa_here("search", "会", "--population", "5千人未満", "--json", settings=own).json["hits"]
    asked = guideqa_here("ask", "会の参加費は？", "--population", "3万人以上", "--json", settings=own).json
    refused = guideqa_here("ask", "会の参加費は？", "--population", "1万人未満", settings=own).refused()
    explained = guideqa_here("search", "人口4千人の村の会の参加費", "--explain", settings=own).out

    assert {hit["headings"][0] for hit in hits} == {"浅瀬村"}
    assert {item["page"]["label"] for item in asked["citations"]} <= {"2", "3"}
    assert "1万人未満" in refused
    assert "5千人未満、3万人以上" in refused
    assert "質問の人口規模の事例（5千人未満）" in explained
    assert "ほかの人口規模の事例（3万人以上）" in explained


def test_every_request_of_the_api_takes_a_band() -> None:
    filters = {"population": ["5千人未満"]}
    ask = AskRequest.model_validate({"question": "会", "filters": filters})
    search = SearchRequest.model_validate({"query": "会", "filters": filters})
    messages = [{"role": "user", "content": "会"}]
    chat = ChatRequest.model_validate({"messages": messages, "filters": filters})

    questions = (ask.to_question(), search.question(), chat.question())
    assert {question.filters for question in questions} == {Filters(population=("5千人未満",))}


def test_a_question_set_can_filter_by_band() -> None:
    record = {
        "id": "q",
        "question": "会は？",
        "type": "fact",
        "pages": ["1"],
        "filters": {"population": ["小"]},
    }
    question: EvalQuestion = parse_question(record, "1行目")

    assert question.filters == Filters(population=("小",))


# In a question


QUESTION = "里親の集会の参加費は？"


def test_cases_of_the_size_that_is_named_come_first_and_the_others_stay(assistant: Assistant) -> None:
    small = found(assistant, f"人口4,000人の村で、{QUESTION}")
    large = found(assistant, f"人口5万人以上の市の{QUESTION}")

    assert cases(small)[0] == "5千人未満"
    assert cases(large)[:2] == ["3万人以上", "3万人以上"]
    assert len(small) == len(large) == len(PLACES)


def cases(hits: tuple[Hit, ...]) -> list[str]:
    """The bands of the cases, in the order in which they were found."""
    return [hit.passage.facets.population for hit in hits if hit.passage.facets.municipality]


def test_a_size_hints_and_a_body_that_is_named_outweighs_any_number(assistant: Assistant) -> None:
    named = found(assistant, f"人口4,000人の村から見て、河口市の{QUESTION}")

    assert cases(found(assistant, f"小さな村の{QUESTION}"))[0] == "5千人未満"
    assert cases(found(assistant, f"大きな市の{QUESTION}"))[0] == "3万人以上"
    assert named[0].passage.facets.municipality == "河口市"


TOWNS = """
[[works]]
id = "minori"
title = "みのり自治体事例集"

[works.populations]
"1万人未満" = ["青葉町"]
"1万人以上" = ["若草市", "夕凪町"]
"""


def test_a_list_is_of_those_of_the_size(tmp_path: Path) -> None:
    book = answering(tmp_path, corpus(tmp_path / "corpus", BANDS + TOWNS))
    every, large = (
        book.ask(Question(f"里親ショートステイの登録家庭がある{which}を一覧にして")).answer
        for which in ("市町", "人口3万人以上の市町")
    )

    assert [item.body for item in every.statements] == ["青葉町", "若草市"]
    assert [item.body for item in large.statements] == ["若草市"]


@pytest.mark.parametrize("text", ["人口4,000人の村の参加費は？", "大きな市の参加費は？"])
def test_the_parts_of_a_score_say_what_the_size_gave_and_add_up(assistant: Assistant, text: str) -> None:
    reply = assistant.search(Question(text), 4)
    explained = [assistant.explain(reply, hit) for hit in reply.hits]
    said = {part.name: part.points for parts in explained for part in parts}

    assert said["質問の人口規模の事例"] > 0 > said["ほかの人口規模の事例"]
    for hit, parts in zip(reply.hits, explained, strict=True):
        assert sum(part.points for part in parts) == pytest.approx(hit.score)


def test_the_size_of_the_askers_own_town_is_carried_over() -> None:
    entities = Entities(("浅瀬村",), (), (), SCALE, (SCALE,))
    history = (Turn("user", "うちは人口8,000人です"), Turn("assistant", "…"))

    assert standalone(Question("里親はどう探す？", history), entities) == f"人口{SMALL} 里親はどう探す?"
    assert standalone(Question("人口10万人の市なら？", history), entities) in (None, "人口10万人の市なら?")
    of_a_body = standalone(Question("浅瀬村の里親は？", history), entities)
    assert of_a_body is None or SMALL not in of_a_body


# In the chat


def test_the_chat_has_a_chip_for_every_facet_that_can_be_filtered_by() -> None:
    facets = list(Filters.__dataclass_fields__)

    assert len(FILTERS) == len(facets)
    assert FILTERS[facets.index("population")] == "人口規模"


def test_a_question_for_towns_of_a_size_leaves_the_body_of_the_conversation() -> None:
    entities = Entities(("浅瀬村", "深川市"), (), (), SCALE, (SCALE,))
    history = (Turn("user", "深川市の居場所の委託先は？"), Turn("assistant", "社会福祉法人です。"))

    def asked(text: str) -> str | None:
        return standalone(Question(text, history), entities)

    assert asked("人口1万人未満の町で里親を探した例は？") is None
    of_a_size = asked("人口1万人未満の町では？")
    assert of_a_size is not None
    assert "深川市" not in of_a_size
    assert "委託先" in of_a_size
