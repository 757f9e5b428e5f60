"""BEIR folders: read strictly, searched with the product's own parts, scored as ir_measures scores them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import ir_measures
import pytest
from conftest import Guideqa
from ir_measures import RR, R, nDCG

from eval.beir import read_dataset
from eval.dataset_index import built_assistant, stored
from eval.errors import QuestionSetError
from eval.retrieval import DEPTH, Respelled, RetrievalReport, evaluate, rank_queries, respell, write_runs
from guideqa.encoder.nano import NanoEncoder
from guideqa.settings import Settings

DOCUMENTS = [
    {
        "_id": "bus",
        "title": "町のバス",
        "text": "町のバスは一日に8便で、運賃は200円である。\n土曜日は走らない。",
    },
    {"_id": "library", "title": "図書館", "text": "図書館は月曜日が休みで、本は二週間借りられる。"},
    {"_id": "pool", "title": "町民プール", "text": "プールは7月から8月まで開き、入場料は300円である。"},
    {
        "_id": "clinic",
        "title": "休日の診療",
        "text": "休日の診療は保健センターで受けられる。保険証を持っていく。",
    },
    {
        "_id": "waste",
        "title": "ごみの出し方",
        "text": "燃えるごみは火曜日と金曜日の朝に出す。びんは月に一度集める。",
    },
]
QUERIES = [
    {"_id": "q1", "text": "バスの運賃はいくら"},
    {"_id": "q2", "text": "本は何日借りられる？"},
    {"_id": "q3", "text": "お金のかかる施設は"},
    {
        "_id": "q4",
        "text": "そこはいつ開いている？",
        "history": [
            {"role": "user", "content": "町民プールの入場料は"},
            {"role": "assistant", "content": "300円です。"},
        ],
    },
    {"_id": "q5", "text": "市長の名前は", "answerable": False},
    {"_id": "q6", "text": "宇宙ステーションの軌道"},
    {"_id": "unjudged", "text": "だれも判定していない"},
]
QRELS = [
    ("q1", "bus", 1),
    ("q2", "library", 1),
    ("q3", "pool", 2),
    ("q3", "bus", 1),
    ("q4", "pool", 1),
    ("q6", "bus", 0),
]


def write_dataset(folder: Path, **changes: Any) -> Path:
    files = {"corpus.jsonl": DOCUMENTS, "queries.jsonl": QUERIES, "qrels/test.tsv": QRELS} | changes
    for name, records in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".tsv"):
            lines = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in records)]
        else:
            lines = [
                record if isinstance(record, str) else json.dumps(record, ensure_ascii=False)
                for record in records
            ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def measured(
    tmp_path_factory: pytest.TempPathFactory, encoder: NanoEncoder
) -> tuple[Path, RetrievalReport, list[Path]]:
    folder = write_dataset(tmp_path_factory.mktemp("set"))
    dataset = read_dataset(folder)
    with built_assistant(
        dataset.documents, encoder, Settings(data_dir=folder), folder / "cache.sqlite"
    ) as assistant:
        ranked = rank_queries(dataset, assistant)
        respelled = respell(dataset, assistant)
    return folder, evaluate(dataset, ranked, respelled), write_runs(folder / "runs" / "set.trec", ranked)


def test_each_leg_and_the_fusion_find_what_is_asked_for(
    measured: tuple[Path, RetrievalReport, list[Path]],
) -> None:
    _, report, _ = measured

    assert set(report.figures) == {"dense", "lexical", "fused"}
    assert report.figures["fused"]["hit@3"] == 1
    assert report.figures["lexical"]["hit@1"] > 0
    assert (report.documents, report.queries, report.unanswerable) == (5, 6, 2)


def test_queries_without_an_answer_are_told_apart(measured: tuple[Path, RetrievalReport, list[Path]]) -> None:
    _, report, _ = measured

    assert report.auroc["確信度"] > 0.5
    assert report.auroc["最大コサイン"] > 0.5


def test_other_spellings_of_the_queries_find_the_same(
    measured: tuple[Path, RetrievalReport, list[Path]],
) -> None:
    _, report, _ = measured

    assert report.respelled["radicals"].queries > 0
    assert report.respelled["repeat"] == Respelled(len(QUERIES) - 1, len(QUERIES) - 1)
    assert all(found.same == found.queries for found in report.respelled.values())


def test_the_runs_give_the_reported_figures_to_ir_measures(
    measured: tuple[Path, RetrievalReport, list[Path]],
) -> None:
    _, report, runs = measured
    judged = {"q1", "q2", "q3", "q4"}
    qrels = [ir_measures.Qrel(query, document, grade) for query, document, grade in QRELS if query in judged]

    assert [path.name for path in runs] == ["set.dense.trec", "set.lexical.trec", "set.trec"]
    for leg, path in zip(("dense", "lexical", "fused"), runs, strict=True):
        theirs = ir_measures.calc_aggregate(
            [nDCG @ 10, RR @ 10, R @ 10], qrels, ir_measures.read_trec_run(str(path))
        )
        assert report.figures[leg]["ndcg@10"] == pytest.approx(theirs[nDCG @ 10])
        assert report.figures[leg]["mrr@10"] == pytest.approx(theirs[RR @ 10])
        assert report.figures[leg]["recall@10"] == pytest.approx(theirs[R @ 10])


def test_no_text_is_embedded_twice(
    measured: tuple[Path, RetrievalReport, list[Path]], encoder: NanoEncoder
) -> None:
    folder, _, _ = measured
    dataset = read_dataset(folder)
    embedded: list[int] = []

    with built_assistant(
        dataset.documents,
        encoder,
        Settings(data_dir=folder),
        folder / "cache.sqlite",
        lambda done, of: embedded.append(done),
    ):
        assert embedded == []


def test_a_long_document_is_cut_as_the_product_cuts_it_and_found_as_one(tmp_path: Path) -> None:
    long = {"_id": "long", "title": "長い話", "text": "これは長い話の一文である。" * 120}
    dataset = read_dataset(write_dataset(tmp_path, **{"corpus.jsonl": [*DOCUMENTS, long]}))
    document = stored(dataset.documents[-1])

    assert len(document.passages) > 2
    assert {passage.document_id for passage in document.passages} == {"long"}
    assert all(passage.headings == ("長い話",) for passage in document.passages)
    assert DEPTH >= 10


def test_turns_may_be_bare_strings(tmp_path: Path) -> None:
    query = {"_id": "q1", "text": "それは？", "history": ["バスは？", "8便です。"]}

    dataset = read_dataset(write_dataset(tmp_path, **{"queries.jsonl": [query]}))

    assert [turn.role for turn in dataset.queries[0].history] == ["user", "assistant"]


@pytest.mark.parametrize(
    ("name", "records", "said"),
    [
        ("corpus.jsonl", ["{"], "corpus.jsonl 1行目: JSONとして読めません"),
        ("corpus.jsonl", [{"text": "x"}], "corpus.jsonl 1行目: _id がない"),
        ("corpus.jsonl", [{"_id": "a b", "text": "x"}], "空白を含んでいます"),
        ("corpus.jsonl", [*DOCUMENTS, DOCUMENTS[0]], "_id が重複しています: bus"),
        ("corpus.jsonl", [{"_id": "bus", "text": ""}], "text がありません"),
        ("queries.jsonl", [{"_id": "q1", "text": "x", "history": "y"}], "history は配列"),
        (
            "queries.jsonl",
            [{"_id": "q1", "text": "x", "history": [{"role": "king", "content": "y"}]}],
            "history は文字列か",
        ),
        ("queries.jsonl", [{"_id": "other", "text": "x"}], "文書か質問が1件もありません"),
        ("qrels/test.tsv", [("q1", "nowhere", 1)], "qrels の文書がコーパスにありません（質問 q1）: nowhere"),
        ("qrels/test.tsv", [("q1", "bus", "good")], "test.tsv 2行目"),
    ],
)
def test_a_folder_that_is_off_is_refused(tmp_path: Path, name: str, records: list[Any], said: str) -> None:
    folder = write_dataset(tmp_path, **{name: records})

    with pytest.raises(QuestionSetError, match=re.escape(said)):
        read_dataset(folder)


def test_a_folder_without_its_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"データセットのファイルがありません|qrels のファイル"):
        read_dataset(tmp_path)


def test_the_command_prints_a_line_for_each_leg(guideqa_here: Guideqa, tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "set")

    done = guideqa_here(
        "eval",
        "retrieval",
        "--dataset",
        folder,
        "--run-file",
        tmp_path / "a.trec",
        "--cache",
        tmp_path / "c.sqlite",
    )

    assert done.code == 0, done.err
    assert [line.split()[0] for line in done.out.splitlines()[2:5]] == ["dense", "lexical", "fused"]
    assert (tmp_path / "a.trec").read_text(encoding="utf-8").startswith("q1 Q0 bus 1 ")
