"""What the suite's commands do: options → parts → lines on stdout."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from eval import comparison
from eval import gate as gates
from eval.config import load_config
from eval.errors import EvalConfigError, GateError, QuestionSetError
from eval.execution import measure, open_system, settings_of
from eval.progress import ProgressBar
from eval.questions import default_files, load_questions
from eval.record import Record
from eval.report.files import write_reports
from eval.summary import Group, groups_of, overall_lines, table_lines
from eval.validation import Book, Mistake
from guideqa.cli import print_json
from guideqa.settings import load_settings

BASELINES = Path(__file__).parent / "baseline"


def run(options: Namespace) -> None:
    """Measure, write the record, and print the figures."""
    overrides = {name: getattr(options, name) for name in ("questions", "split", "against", "seed", "out")}
    config = load_config(options.config, overrides)
    questions = config.load_questions()
    settings = load_settings()
    out = config.out or settings.data_dir / "eval" / config.split
    with open_system(config, settings) as system:
        record = measure(questions, system, out, config, settings_of(config, settings), ProgressBar())
    write_reports(out, questions, record)
    if options.json:
        print_json({"figures": record.figures, "intervals": record.intervals, "facts": asdict(record.facts)})
        return
    groups = groups_of(questions, record.judged)
    _print_tables(groups, record)
    print(f"\n質問{len(questions)}件、{record.facts.seconds:.1f}秒。記録と報告: {out}")


def _print_tables(groups: list[Group], record: Record) -> None:
    for line in table_lines(groups):
        print(line)
    print()
    for line in overall_lines(groups, record.intervals):
        print(line)


def compare(options: Namespace) -> None:
    """Print what changed between two records."""
    before, after = Record.load(options.before), Record.load(options.after)
    result = comparison.compare(before, after, _leniency(options))
    if options.json:
        print_json(asdict(result))
        return
    for line in comparison.lines_of(result):
        print(line)


def _leniency(options: Namespace) -> comparison.Leniency:
    return comparison.Leniency(other_index=options.other_index, other_questions=options.common)


def gate(options: Namespace) -> None:
    """Open or stay shut.

    Raises:
        GateError: a threshold is missed or a measure is significantly worse; each is named.
    """
    record = Record.load(options.record)
    if options.write_baseline:
        record.as_baseline().save(options.write_baseline)
        print(f"基準を書き出しました: {options.write_baseline}")
        return
    thresholds = gates.read_thresholds(options.thresholds or _bundled(record, "toml"))
    baseline = Record.load(options.baseline or _bundled(record, "json"))
    result = comparison.compare(baseline, record, _leniency(options))
    found = gates.failures(record, thresholds, result)
    for failure in found:
        print(f"不合格 {failure}")
    if found:
        names = "、".join(dict.fromkeys(failure.measure for failure in found))
        raise GateError(f"基準を満たしていません: {names}")
    print(
        f"合格: しきい値を満たし、基準からの有意な悪化はありません（質問{result.question_count}件で比較）。"
    )


def _bundled(record: Record, suffix: str) -> Path:
    """The baseline that comes with the program, for the digest or for the original."""
    documents = record.facts.system.documents
    name = "digest" if all(document.endswith("-digest") for document in documents) else "original"
    path = BASELINES / f"{name}.{suffix}"
    if not path.is_file():
        raise EvalConfigError(
            f"この文書（{'・'.join(documents)}）の基準はありません。--thresholds と --baseline で指定してください。"
        )
    return path


def retrieval(options: Namespace) -> None:
    """Measure a BEIR folder, per leg and fused."""
    from eval.beir import read_dataset
    from eval.dataset_index import built_assistant
    from eval.retrieval import evaluate, rank_queries, respell, write_runs
    from eval.systems import RememberingEncoder
    from guideqa.wiring import open_encoder

    dataset = read_dataset(options.dataset)
    settings = load_settings()
    encoder = RememberingEncoder(open_encoder(settings))
    cache = options.cache or settings.data_dir / "eval" / "embeddings.sqlite"
    embedding = ProgressBar("埋め込み")
    with built_assistant(dataset.documents, encoder, settings, cache, embedding) as assistant:
        ranked = rank_queries(dataset, assistant, ProgressBar())
        respelled = respell(dataset, assistant, ProgressBar("書き換え")) if options.respelled else {}
    report = evaluate(dataset, ranked, respelled)
    if options.run_file:
        write_runs(options.run_file, ranked)
    if options.json:
        print_json(report.record())
        return
    for line in report.lines():
        print(line)


def bench(options: Namespace) -> None:
    """Measure how long answers take, and an ingest where one is asked for.

    Raises:
        QuestionSetError: there is no question.
        InputError: a document cannot be read.
    """
    from eval.bench import bench_answers, bench_ingest
    from guideqa.wiring import build_assistant, open_encoder
    from ingest.pipeline import files_in

    if options.n < 1:
        raise EvalConfigError(f"-n は1以上にしてください: {options.n}")
    questions = load_questions(options.questions or default_files())
    # Every k-th, so that all types are among them.
    chosen = questions[:: max(1, len(questions) // options.n)][: options.n]
    settings = load_settings()
    encoder = open_encoder(settings)
    answers = bench_answers(build_assistant(settings, encoder), encoder, chosen, ProgressBar())
    embedding = ProgressBar("埋め込み")
    ingest = bench_ingest(files_in(options.ingest), settings, encoder, embedding) if options.ingest else None
    if options.json:
        print_json(answers.record() | ({"ingest": asdict(ingest)} if ingest else {}))
        return
    for line in [*answers.lines(), *([ingest.line()] if ingest else [])]:
        print(line)


def validate(options: Namespace) -> None:
    """Name every mistake of question files, by line.

    Raises:
        QuestionSetError: there is one.
    """
    from eval.validation import check_files

    book = _book(options)
    questions, mistakes = check_files(options.questions or default_files(), book)
    _refuse(mistakes)
    print(f"質問{len(questions)}件に誤りはありません（照合: {_against(book)}）。")


def import_table(options: Namespace) -> None:
    """Make a question file of a table, or name every mistake by row.

    Raises:
        QuestionSetError: there is one; then nothing is written.
    """
    from eval.importing import import_questions, write_questions

    book = _book(options)
    questions, mistakes = import_questions(options.file, book)
    _refuse(mistakes)
    write_questions(options.out, questions)
    print(f"質問{len(questions)}件を書き出しました（照合: {_against(book)}）: {options.out}")


def _refuse(mistakes: Sequence[Mistake]) -> None:
    for mistake in mistakes:
        print(mistake)
    if mistakes:
        raise QuestionSetError(f"質問に{len(mistakes)}件の誤りがあります。上の行を直してください。")


def _book(options: Namespace) -> Book | None:
    from eval.books import book_of_file, book_of_index

    return book_of_file(options.original) if options.original else book_of_index(load_settings())


def _against(book: Book | None) -> str:
    if book is None:
        return "形だけ。索引がないため、ページは確かめていません"
    return f"{'原文' if book.is_original else '要約'}の{len(book.pages)}ページ"
