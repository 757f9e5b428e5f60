"""`guideqa backup` and `restore`: the data folder as one file."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from guideqa.cli import Subcommands
from ingest.command_parts import open_pipeline

_LABELS = {
    "index.zip": "索引と元のファイル",
    "feedback.sqlite": "感想",
    "conversations.sqlite": "会話",
    "keys.sqlite": "鍵",
    "users.json": "利用者",
    "audit": "閲覧の記録",
}


def register(commands: Subcommands) -> None:
    """Add the two commands."""
    backup = commands.add_parser(
        "backup",
        help="索引・元のファイル・感想・会話・鍵・利用者・閲覧の記録を1つのファイルに書き出す",
        description="サーバーを動かしたまま書き出せます。鍵とパスワードはハッシュだけが入りますが、人に見せないでください。",
    )
    backup.add_argument("path", type=Path, metavar="FILE", help="書き出し先（.zip）")
    backup.add_argument("--without-index", action="store_true", help="索引と元のファイルを除く")
    backup.set_defaults(run=_backup)

    restore = commands.add_parser("restore", help="書き出したものを戻す（サーバーは動かしたままでよい）")
    restore.add_argument("path", type=Path, metavar="FILE", help="guideqa backup で書き出したもの")
    restore.add_argument("--replace", action="store_true", help="いまあるものを置き換えてよい")
    restore.set_defaults(run=_restore)


def _backup(options: Namespace) -> None:
    from guideqa.settings import load_settings
    from ingest.backup import write_backup

    names = write_backup(load_settings(), options.path, with_index=not options.without_index)
    size = options.path.stat().st_size / 1024**2
    print(f"書き出しました: {options.path}（{size:.1f} MB、{_listed(names)}）")


def _restore(options: Namespace) -> None:
    from guideqa.settings import load_settings
    from ingest.backup import restore_backup

    settings = load_settings()

    def take_index(path: Path) -> object:
        return open_pipeline(settings).take_over(path, replace=True)

    names = restore_backup(settings, options.path, take_index, replace=options.replace)
    print(f"戻しました: {_listed(names)}")


def _listed(names: list[str]) -> str:
    labels = dict.fromkeys(_LABELS[name.partition("/")[0]] for name in names)
    return "、".join(labels) or "中身はありません"
