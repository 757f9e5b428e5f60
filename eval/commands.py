"""`guideqa eval …`: the suite's commands."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from guideqa.cli import Subcommands


def register(commands: Subcommands) -> None:
    """Add the commands that measure."""
    evaluate = commands.add_parser("eval", help="回答の質を測る")
    actions = evaluate.add_subparsers(metavar="操作", required=True)
    _add_run(actions)


def _add_run(actions: Subcommands) -> None:
    run = actions.add_parser("run", help="質問集をすべて尋ねて採点する")
    run.add_argument("--questions", nargs="+", type=Path, metavar="FILE", help="質問集（JSON Lines）")
    run.add_argument("--split", choices=("tune", "report", "all"), help="どちらの半分を使うか（既定 all）")
    run.add_argument("--out", type=Path, metavar="FOLDER", help="記録を置くフォルダー")
    run.set_defaults(run=_run)


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
