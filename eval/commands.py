"""`guideqa eval …`: the suite's commands."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from guideqa.cli import Subcommands, print_json


def register(commands: Subcommands) -> None:
    """Add the commands that measure."""
    evaluate = commands.add_parser("eval", help="回答の質を測る")
    actions: Subcommands = evaluate.add_subparsers(metavar="操作", required=True)
    _add_run(actions)
    _add_retrieval(actions)


def _add_run(actions: Subcommands) -> None:
    run = actions.add_parser("run", help="質問集をすべて尋ねて採点する")
    run.add_argument("--questions", nargs="+", type=Path, metavar="FILE", help="質問集（JSON Lines）")
    run.add_argument("--split", choices=("tune", "report", "all"), help="どちらの半分を使うか（既定 all）")
    run.add_argument("--out", type=Path, metavar="FOLDER", help="記録を置くフォルダー")
    run.set_defaults(run=_run)


def _add_retrieval(actions: Subcommands) -> None:
    retrieval = actions.add_parser("retrieval", help="BEIR形式の検索データセットで測る")
    retrieval.add_argument(
        "--dataset", type=Path, required=True, metavar="FOLDER", help="BEIR形式のフォルダー"
    )
    retrieval.add_argument("--cache", type=Path, metavar="FILE", help="埋め込みのキャッシュ（SQLite）")
    retrieval.add_argument("--run-file", type=Path, metavar="FILE", help="TREC形式の結果を書き出す")
    retrieval.add_argument("--json", action="store_true", help="JSONで出す")
    retrieval.set_defaults(run=_retrieval)


def _run(options: Namespace) -> None:
    from eval.execution import execute
    from eval.progress import ProgressBar
    from eval.questions import Split, default_files, load_questions
    from eval.summary import groups_of, overall_lines, table_lines
    from guideqa.settings import load_settings

    split = None if options.split in (None, "all") else Split(options.split)
    questions = load_questions(options.questions or default_files(), split)
    settings = load_settings()
    out = options.out or settings.data_dir / "eval" / (options.split or "all")
    record = execute(questions, settings, out, ProgressBar())
    groups = groups_of(questions, record.judged)
    for line in table_lines(groups):
        print(line)
    print()
    for line in overall_lines(groups, record.intervals):
        print(line)
    print(f"\n記録: {out}")


def _retrieval(options: Namespace) -> None:
    from eval.beir import read_dataset
    from eval.dataset_index import built_assistant
    from eval.progress import ProgressBar
    from eval.retrieval import evaluate, rank_queries, write_runs
    from eval.systems import RememberingEncoder
    from guideqa.settings import load_settings
    from guideqa.wiring import open_encoder

    dataset = read_dataset(options.dataset)
    settings = load_settings()
    encoder = RememberingEncoder(open_encoder(settings))
    cache = options.cache or settings.data_dir / "eval" / "embeddings.sqlite"
    embedding = ProgressBar("埋め込み")
    with built_assistant(dataset.documents, encoder, settings, cache, embedding) as assistant:
        ranked = rank_queries(dataset, assistant, ProgressBar())
    report = evaluate(dataset, ranked)
    if options.run_file:
        write_runs(options.run_file, ranked)
    if options.json:
        print_json(report.record())
        return
    for line in report.lines():
        print(line)
