"""Pages of a printed document become passages under the headings that the document itself gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from guideqa.types import Document, DocumentKind, Passage
from ingest.readers import read_document
from ingest.source import Source, SourceFormat, SourcePage
from ingest.understanding import understand

CONTENTS = """目次

第１章 見守りの進め方 2ページ

01 声かけの始め方 2ページ
02 記録の残し方 3ページ

付録｜まちの例 4ページ

市区町村

01 青葉町 4ページ
02 若草市 6ページ
"""


def passages_of(*texts: str, labels: list[str] | None = None) -> list[Passage]:
    labels = labels or [str(number) for number in range(1, len(texts) + 1)]
    pages = tuple(SourcePage(label, text) for label, text in zip(labels, texts, strict=True))
    source = Source("見守りの手引き", pages, SourceFormat.EXTRACTED)
    document = Document("own", source.title, DocumentKind.ORIGINAL, "own")
    return list(understand(document, source).passages)


def on_page(passages: list[Passage], label: str) -> list[Passage]:
    return [passage for passage in passages if label in {page.label for page in passage.pages}]


def the_case_book() -> list[Passage]:
    return passages_of(
        CONTENTS,
        " 声かけの始め方\n\n朝の登校の時間に合わせて、地区の会員が角に立って子どもに声をかけることから始めます。",
        " 記録の残し方\n\n会員は気づいたことをその日のうちに一行だけ書き、月に一度だけ集まって読み合わせます。",
        "人口規模 １万人未満\n\n青葉町 福祉課",
        "1. 始めた背景\n\n本町では会員の高齢化が進んでいた。\n\n2. 体制\n\nn 人数\n会員は十二人である。\n\n"
        "見守り訪問事業 A\n\n• 直営\n\nしおり\n\n• 個人の担い手",
        "人口規模 １０万人\n\n若草市 市民課",
        "1. 始めた背景\n\n本市では転入する家庭が増えていた。\n\n見守り訪問事業 A\n\n• 委託\n\nしおり\n\n• 実証実験",
        "2. 体制\n\n委託先の法人が七人で回る。\n\n\n1. 始めた背景\n\n夜間の見守りを望む声があった。\n\n"
        "夜間巡回事業 B\n\n• 官民連携\n\nしおり\n\n• 夜間",
    )


def test_a_case_gives_its_place_to_its_own_pages_and_to_no_other() -> None:
    passages = the_case_book()

    places = {
        label: {p.facets.municipality for p in on_page(passages, label)}
        for label in ("2", "3", "5", "7", "8")
    }

    assert places == {"2": {""}, "3": {""}, "5": {"青葉町"}, "7": {"若草市"}, "8": {"若草市"}}


def test_a_lettered_title_at_the_foot_of_a_page_names_what_its_numbering_begins() -> None:
    passages = the_case_book()

    by_text = {passage.text.split("\n")[0]: passage for passage in passages}

    assert by_text["本市では転入する家庭が増えていた。"].facets.programme == "見守り訪問事業"
    assert by_text["委託先の法人が七人で回る。"].facets.programme == "見守り訪問事業"
    assert by_text["夜間の見守りを望む声があった。"].facets.programme == "夜間巡回事業"
    assert by_text["夜間の見守りを望む声があった。"].headings[-1] == "始めた背景"


def test_the_keywords_of_a_box_stand_together_under_the_part_and_not_under_the_last_heading() -> None:
    box = next(passage for passage in the_case_book() if "しおり" in passage.text and "直営" in passage.text)

    assert box.text.split("\n") == ["直営", "しおり", "個人の担い手"]
    assert box.headings[-1] == "見守り訪問事業"
    assert "体制" not in box.headings


def test_every_passage_has_a_heading_path() -> None:
    assert all(passage.headings for passage in the_case_book())


def test_numbers_and_running_titles_stay_out_of_passages() -> None:
    texts = [
        f"見守りの手引き 令和八年版\n\n第{number}の話です。会員は{number}人で始めました。\n\n{number}"
        for number in range(1, 7)
    ]

    passages = passages_of(*texts)

    assert [passage.text for passage in passages] == [
        f"第{number}の話です。会員は{number}人で始めました。" for number in range(1, 7)
    ]


def test_a_sentence_over_a_page_break_is_one_passage_although_a_box_stands_between() -> None:
    passages = passages_of(
        "会員の集まりは毎月の第二土曜日に公民館で開いており、そこでは前の月に見守りをした家庭の様子\n\n"
        "例の図\n\n会場の写真",
        "を全員で読み合わせている。\n\n次の月の当番もその場で決める。",
    )

    whole = next(passage for passage in passages if "公民館" in passage.text)

    assert "家庭の様子を全員で読み合わせている。" in whole.text
    assert [page.label for page in whole.pages] == ["1", "2"]


def test_a_table_with_a_row_for_each_place_never_mixes_two_places() -> None:
    contents = CONTENTS.replace("02 若草市 6ページ", "02 若草市 6ページ\n03 山川村 8ページ")
    table = "まちの一覧\n\n青葉町\n（北県）\n\n直営、会員十二人\n\n若草市\n（南県）\n\n委託\n\n山川村\n（東県）\n\n準備中"

    passages = on_page(passages_of(contents, table, *["本文です。"] * 7), "2")

    assert [passage.headings[-1] for passage in passages][-3:] == ["青葉町", "若草市", "山川村"]
    assert not [p for p in passages if sum(name in p.text for name in ("青葉町", "若草市", "山川村")) > 1]
    assert {passage.facets.municipality for passage in passages} == {""}


def test_readings_that_extraction_has_put_apart_are_left_out() -> None:
    text = "まちの一覧\n\n三つの町の会員が集まり、年に一度の会を開いています。\n\nあおばまち\n\nわかくさし\n\nやまかわむら"

    assert "わかくさし" not in "".join(passage.text for passage in passages_of(text))


def test_a_title_that_a_narrow_box_has_cut_is_whole_again() -> None:
    contents = CONTENTS.replace("02 記録の残し方", "02 子ども見守り訪問事業")
    table = "比べた表\n\n子ども見守り\n訪問事業\n\n会員が回る"

    texts = "\n".join(p.text for p in on_page(passages_of(contents, table, *["本文です。"] * 6), "2"))

    assert "子ども見守り訪問事業" in texts


def test_articles_of_an_ordinance_are_its_headings() -> None:
    text = "（目的）\n第１条 この要綱は、見守りの会の運営に必要なことを定める。\n\n（会員）\n第２条 会員は、町に住む者とする。"

    passages = passages_of(text)

    assert [passage.headings[-1] for passage in passages if "この要綱" in passage.text] == ["第1条 目的"]
    assert [passage.headings[-1] for passage in passages if "町に住む" in passage.text] == ["第2条 会員"]


def test_the_back_cover_is_no_part_of_the_last_case() -> None:
    texts = [
        CONTENTS,
        *["本文です。町の話が続きます。"] * 7,
        "見守り研究会の成果物\n\n令和八年三月\n\n発行 北の町",
    ]

    last = passages_of(*texts, labels=["i", *"2345678", "back"])[-1]

    assert last.pages[0].label == "back"
    assert last.facets.municipality == ""
    assert "若草市" not in last.headings


GUIDEBOOK = Path(__file__).parents[2] / "shared" / "guidebook"
CASES = {
    "玉東町": (57, 64),
    "水俣市": (65, 73),
    "東御市": (74, 81),
    "喜多方市": (82, 88),
    "藤枝市": (89, 99),
    "つくば市": (100, 106),
    "豊中市": (107, 115),
    "世田谷区": (116, 124),
    "福岡市": (125, 135),
}
PREFECTURES = {"大分県": (136, 139), "岐阜県": (140, 145), "長野県": (146, 151)}


@pytest.mark.skipif(not GUIDEBOOK.is_dir(), reason="the guidebook is not part of the project")
@pytest.mark.parametrize("name", ["guidebook.txt", "guidebook.pdf"])
def test_the_guidebooks_pages_belong_to_the_places_that_its_contents_say(name: str) -> None:
    source = read_document(GUIDEBOOK / name)
    stored = understand(Document("guidebook", source.title, DocumentKind.ORIGINAL, "guidebook"), source)

    for passage in stored.passages:
        for page in passage.pages:
            number = int(page.label) if page.label.isdecimal() else 0
            town = next((name for name, (first, last) in CASES.items() if first <= number <= last), "")
            county = next(
                (name for name, (first, last) in PREFECTURES.items() if first <= number <= last), ""
            )
            assert passage.facets.municipality == town, passage.id
            assert bool(passage.facets.prefecture) == bool(town or county), passage.id
            assert not county or passage.facets.prefecture == county, passage.id
        assert passage.headings, passage.id


@pytest.mark.skipif(not GUIDEBOOK.is_dir(), reason="the guidebook is not part of the project")
def test_the_guidebook_gives_the_same_passages_as_pdf_and_as_text() -> None:
    from guideqa.text.normalization import comparable

    found = []
    for name in ("guidebook.txt", "guidebook.pdf"):
        source = read_document(GUIDEBOOK / name)
        stored = understand(Document("guidebook", source.title, DocumentKind.ORIGINAL, "guidebook"), source)
        found.append({(passage.id, comparable(passage.text)) for passage in stored.passages})

    assert len(found[0] & found[1]) >= 0.99 * len(found[0] | found[1])
