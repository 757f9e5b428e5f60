"""Two records compared, and the gate: it opens for what is sound, and names each kind of damage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Guideqa
from evaluating import tiny_run, without

from eval.comparison import Leniency, compare, lines_of
from eval.damage import AllRefused, AlteredQuotes, PagesOffByOne, ShuffledCitations, WholePages
from eval.errors import EvalConfigError, RecordError
from eval.execution import in_process
from eval.gate import Thresholds, failures, read_thresholds
from eval.record import Record
from eval.systems import System
from guideqa.settings import Settings

AT_LEAST = (
    "hit@5 citation_precision citation_recall quote_exactness refusal_recall dense_leg lexical_leg"
).split()


def limits_just_beside(record: Record) -> str:
    """A thresholds file that this record passes by a little: it is the gate that is under test here."""
    figures = record.figures["all"]
    minimum = "".join(f'"{name}" = {figures[name] - 0.02}\n' for name in AT_LEAST)
    maximum = f"answer_chars = {figures['answer_chars'] * 1.2}\nfalse_refusal_rate = {figures['false_refusal_rate'] + 0.02}\n"
    of_type = f'[type.comparison.minimum]\n"recall@10" = {record.figures["comparison"]["recall@10"]}\n'
    return f"[minimum]\n{minimum}\n[maximum]\n{maximum}\n{of_type}"


@pytest.fixture(scope="module")
def product(tiny_settings: Settings) -> System:
    return in_process(tiny_settings)


@pytest.fixture(scope="module")
def baseline(product: System, tmp_path_factory: pytest.TempPathFactory) -> Record:
    return tiny_run(product, tmp_path_factory.mktemp("baseline"))


@pytest.fixture
def thresholds(baseline: Record, tmp_path: Path) -> Thresholds:
    path = tmp_path / "thresholds.toml"
    path.write_text(limits_just_beside(baseline), encoding="utf-8")
    return read_thresholds(path)


def names_of_failures(record: Record, baseline: Record, thresholds: Thresholds) -> set[str]:
    return {failure.measure for failure in failures(record, thresholds, compare(baseline, record))}


def test_the_gate_opens_for_the_product_as_it_is(
    product: System, baseline: Record, thresholds: Thresholds, tmp_path: Path
) -> None:
    assert names_of_failures(tiny_run(product, tmp_path), baseline, thresholds) == set()


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (PagesOffByOne, {"hit@5", "citation_precision", "citation_recall", "quote_exactness"}),
        (AlteredQuotes, {"quote_exactness"}),
        (ShuffledCitations, {"citation_precision", "citation_recall"}),
        (AllRefused, {"false_refusal_rate", "citation_recall", "quote_exactness"}),
        (WholePages, {"answer_chars", "refusal_recall"}),
    ],
)
def test_the_gate_names_damage(
    damage: Callable[[System], System],
    named: set[str],
    product: System,
    baseline: Record,
    thresholds: Thresholds,
    tmp_path: Path,
) -> None:
    assert names_of_failures(tiny_run(damage(product), tmp_path), baseline, thresholds) >= named


def test_altered_quotations_are_all_that_altered_quotations_break(
    product: System, baseline: Record, thresholds: Thresholds, tmp_path: Path
) -> None:
    assert names_of_failures(tiny_run(AlteredQuotes(product), tmp_path), baseline, thresholds) == {
        "quote_exactness"
    }


@pytest.mark.parametrize("leg", ["dense", "lexical"])
def test_the_gate_names_a_leg_that_is_off(
    leg: str, tiny_settings: Settings, baseline: Record, thresholds: Thresholds, tmp_path: Path
) -> None:
    record = tiny_run(without(tiny_settings, leg), tmp_path)

    assert f"{leg}_leg" in names_of_failures(record, baseline, thresholds)


def test_a_regression_shuts_the_gate_even_where_no_threshold_is_missed(
    product: System, baseline: Record, tmp_path: Path
) -> None:
    record = tiny_run(PagesOffByOne(product), tmp_path)

    names = names_of_failures(record, baseline, Thresholds())

    assert {"citation_f1", "citation_recall", "quote_exactness"} <= names


def test_a_run_does_not_differ_from_its_own_baseline(baseline: Record, tmp_path: Path) -> None:
    """Written and read, a third of a hit must not become a little less in every question."""
    baseline.as_baseline().save(tmp_path / "baseline.json")

    comparison = compare(Record.load(tmp_path / "baseline.json"), baseline)

    assert comparison.significant() == []
    assert comparison.changes == ()


def test_what_got_better_does_not_shut_the_gate(product: System, baseline: Record, tmp_path: Path) -> None:
    worse = tiny_run(PagesOffByOne(product), tmp_path)

    assert compare(worse, baseline).significant()
    assert not compare(worse, baseline).regressions()


def test_a_comparison_names_the_questions_that_were_fixed_and_broken(
    product: System, baseline: Record, tmp_path: Path
) -> None:
    worse = tiny_run(AllRefused(product), tmp_path)

    broken = list(lines_of(compare(baseline, worse)))
    fixed = list(lines_of(compare(worse, baseline)))

    assert any("tiny-01「星見町の里親ショートの利用料はいくら？」" in line for line in broken)
    assert any(line.startswith("\n必要な事実: 壊れた質問") for line in broken)
    assert any(line.startswith("\n必要な事実: 直った質問") for line in fixed)


def with_index(record: Record, index: str) -> Record:
    return replace(record, facts=replace(record.facts, system=replace(record.facts.system, index=index)))


def test_records_of_different_indexes_are_compared_only_on_demand(baseline: Record) -> None:
    other = with_index(baseline, "0123456789abcdef")

    with pytest.raises(RecordError, match="索引が違うため比べられません.*--other-index"):
        compare(baseline, other)
    assert "索引: " in " ".join(compare(baseline, other, Leniency(other_index=True)).notes)


def test_records_of_different_questions_are_compared_on_what_they_share(baseline: Record) -> None:
    fewer = replace(baseline, questions=baseline.questions[1:], judged=baseline.judged[1:])

    with pytest.raises(RecordError, match="質問が違うため比べられません.*--common"):
        compare(baseline, fewer)
    assert compare(baseline, fewer, Leniency(other_questions=True)).question_count == len(fewer.questions)


def test_a_question_whose_gold_pages_changed_is_another_question(baseline: Record) -> None:
    changed = tuple(replace(question, hash="0") for question in baseline.questions[:1])
    edited = replace(baseline, questions=changed + baseline.questions[1:])

    comparison = compare(baseline, edited, Leniency(other_questions=True))

    assert comparison.question_count == len(baseline.questions) - 1
    assert comparison.left_out == 1


def test_over_http_the_gate_does_not_ask_for_what_a_server_need_not_tell(
    baseline: Record, thresholds: Thresholds
) -> None:
    rows = [{k: v for k, v in item.row.items() if not k.endswith("_leg")} for item in baseline.judged]
    figures = {
        group: {k: v for k, v in values.items() if not k.endswith("_leg")}
        for group, values in baseline.figures.items()
    }
    judged = tuple(replace(item, row=row) for item, row in zip(baseline.judged, rows, strict=True))
    told = replace(baseline, judged=judged, figures=figures)
    over_http = replace(told, facts=replace(told.facts, system=replace(told.facts.system, kind="http")))

    assert names_of_failures(over_http, baseline, thresholds) == set()
    assert names_of_failures(told, baseline, thresholds) == {"dense_leg", "lexical_leg"}


@pytest.mark.parametrize("content", ["[minimum]\nhitt = 1", "[minimum", "alpha = 2", "[least]\n"])
def test_thresholds_that_are_off_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "thresholds.toml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(EvalConfigError, match="しきい値のファイルが正しくありません"):
        read_thresholds(path)


def test_the_commands_compare_and_gate_by_exit_code(
    guideqa_here: Guideqa, product: System, baseline: Record, tmp_path: Path
) -> None:
    sound, damaged, limits, base = (
        tmp_path / name for name in ("sound", "damaged", "limits.toml", "base.json")
    )
    limits.write_text(limits_just_beside(baseline), encoding="utf-8")
    baseline.save(sound / "record.json")
    tiny_run(AlteredQuotes(product), damaged)

    assert guideqa_here("eval", "gate", sound, "--write-baseline", base).code == 0
    assert "合格" in guideqa_here("eval", "gate", sound, "--thresholds", limits, "--baseline", base).out
    shut = guideqa_here("eval", "gate", damaged, "--thresholds", limits, "--baseline", base)
    assert shut.refused() == "guideqa: 基準を満たしていません: quote_exactness"
    assert "不合格 quote_exactness（引用文の正確さ）" in shut.out
    assert "悪化 quote_exactness" in guideqa_here("eval", "compare", sound, damaged).out


def test_a_corpus_without_a_bundled_baseline_is_said_to_have_none(
    guideqa_here: Guideqa, baseline: Record, tmp_path: Path
) -> None:
    baseline.save(tmp_path / "record.json")
    assert guideqa_here("eval", "gate", tmp_path).code == 1
