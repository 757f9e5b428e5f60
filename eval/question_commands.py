"""The commands that deal with question files: `guideqa eval validate`, `template`, `import` and `inbox`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from guideqa.cli import Run, Subcommands


def add_question_commands(actions: Subcommands) -> None:
    """Add them to the actions of `guideqa eval`."""
    for add in (_add_validate, _add_template, _add_import, _add_inbox):
        add(actions)


def _add_validate(actions: Subcommands) -> None:
    validate = actions.add_parser("validate", help="質問集の誤りを行ごとに知らせる")
    validate.add_argument(
        "questions", nargs="*", type=Path, metavar="FILE", help="質問集（既定: 同梱のもの）"
    )
    validate.add_argument(
        "--original", type=Path, metavar="FILE", help="引用と事実を照らす原文（既定: 索引にある文書）"
    )
    validate.set_defaults(run=_validate)


def _add_template(actions: Subcommands) -> None:
    template = actions.add_parser("template", help="質問を書き込む表のひな形を作る")
    template.add_argument("file", type=Path, metavar="FILE", help="作るファイル（.xlsx か .csv）")
    template.set_defaults(run=_template)


def _add_import(actions: Subcommands) -> None:
    importing = actions.add_parser("import", help="表（Excel、CSV）の質問を質問集にする")
    importing.add_argument("file", type=Path, metavar="FILE", help="書き込んだ表")
    importing.add_argument("--out", type=Path, required=True, metavar="FILE", help="作る質問集（.jsonl）")
    importing.add_argument("--original", type=Path, metavar="FILE", help="照らす原文（既定: 索引にある文書）")
    importing.set_defaults(run=_import)


def _add_inbox(actions: Subcommands) -> None:
    inbox = actions.add_parser(
        "inbox", help="「ページが違う」という感想から、質問の候補を一覧する、採用する、見送る"
    )
    inbox.add_argument("--all", action="store_true", help="採用済みと見送りも出す")
    inbox.add_argument("--json", action="store_true", help="質問集の形のJSONで出す")
    inbox.set_defaults(run=_inbox("show"))
    choices: Subcommands = inbox.add_subparsers(metavar="操作")
    accept = choices.add_parser("accept", help="候補を確かめて質問集に加える")
    accept.add_argument("id", metavar="ID")
    accept.add_argument(
        "--fact",
        action="append",
        default=[],
        metavar="言葉",
        help="答えに要る言葉。別の書き方は | で区切る（いくつでも）",
    )
    accept.add_argument("--question", metavar="質問", help="質問を書き直す（それだけで意味が通るように）")
    accept.add_argument("--type", default="fact", metavar="種類", help="質問の種類（既定 fact）")
    accept.add_argument(
        "--to", type=Path, metavar="FILE", help="加える質問集（既定: データフォルダーの eval/inbox.jsonl）"
    )
    accept.set_defaults(run=_inbox("accept"))
    drop = choices.add_parser("drop", help="候補を見送る")
    drop.add_argument("id", metavar="ID")
    drop.set_defaults(run=_inbox("drop"))


def _validate(options: Namespace) -> None:
    from eval.actions import validate

    validate(options)


def _template(options: Namespace) -> None:
    from eval.importing import write_template

    write_template(options.file)
    print(f"ひな形を作りました: {options.file}")


def _import(options: Namespace) -> None:
    from eval.actions import import_table

    import_table(options)


def _inbox(action: str) -> Run:
    def run(options: Namespace) -> None:
        from eval import inbox

        getattr(inbox, action)(options)

    return run
