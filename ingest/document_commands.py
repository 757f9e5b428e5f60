"""`guideqa documents`: which documents there are, and one of them removed, replaced or read again."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from guideqa.cli import Subcommands, print_json
from ingest.command_parts import open_pipeline, print_report, show_progress

if TYPE_CHECKING:
    from ingest.report import IngestReport

_ID = "文書のID（guideqa documents で確かめる）"


def register(commands: Subcommands) -> None:
    """Add `documents`, which lists them where nothing else is asked."""
    documents = commands.add_parser("documents", help="索引にある文書の一覧と、差し替え、読み直し、取り外し")
    documents.add_argument("--json", action="store_true", help="JSONで出す")
    documents.set_defaults(run=_list)
    actions = documents.add_subparsers(metavar="操作")

    listing = actions.add_parser("list", help="一覧（既定）")
    listing.set_defaults(run=_list)

    remove = actions.add_parser("remove", help="加えた文書を索引から外す")
    remove.add_argument("document", metavar="ID", help=_ID)
    remove.set_defaults(run=run_remove)

    replace = actions.add_parser("replace", help="文書を新しい版のファイルに差し替え、ページごとの違いを示す")
    replace.add_argument("document", metavar="ID", help=_ID)
    replace.add_argument("path", type=Path, metavar="FILE", help="新しい版")
    replace.set_defaults(run=_replace)

    again = actions.add_parser("reingest", help="残してある元のファイルを読み直す（更新したあとなどに）")
    again.add_argument("documents", nargs="*", metavar="ID", help="文書のID（指定しなければすべて）")
    again.set_defaults(run=_reingest)
    for action in (listing, remove, replace, again):
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="JSONで出す")


def _list(options: Namespace) -> None:
    from guideqa.api.document_schemas import DocumentList, DocumentOut
    from guideqa.index.folder import IndexFolder
    from guideqa.index.opened import load_store
    from guideqa.settings import load_settings

    store = load_store(IndexFolder(load_settings().index_dir).current())
    stored = [DocumentOut.from_stored(item) for item in store.documents.values()]
    if options.json:
        print_json(DocumentList(documents=stored).model_dump(mode="json"))
        return
    for item in stored:
        print(
            f"{item.id}  『{item.title}』（{item.kind.label}）{item.edition}  {item.pages}ページ"
            f"（索引 {item.indexed_pages}、空 {item.empty_pages}、除外 {item.excluded_pages}）"
        )


def run_remove(options: Namespace) -> None:
    """Take a document out: `guideqa remove` is the short form."""
    _print(lambda: open_pipeline().remove(options.document, show_progress), options)


def _replace(options: Namespace) -> None:
    from guideqa.errors import InputError

    if not options.path.is_file():
        raise InputError(f"ファイルがありません: {options.path}")
    if options.path.suffix.lower() == ".zip":
        raise InputError(f"文書のファイルを1つだけ指定してください: {options.path}")
    _print(lambda: open_pipeline().replace(options.document, options.path, show_progress), options)


def _reingest(options: Namespace) -> None:
    _print(lambda: open_pipeline().reingest(options.documents, show_progress), options)


def _print(run: Callable[[], IngestReport], options: Namespace) -> None:
    print_report(run(), as_json=options.json)
