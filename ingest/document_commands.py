"""`guideqa documents`: which documents there are, and one of them removed, replaced or read again."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from guideqa.cli import Subcommands, print_json
from ingest.command_parts import open_pipeline, print_report, show_progress
from ingest.description_options import add_description_options, description_of

if TYPE_CHECKING:
    from guideqa.api.document_schemas import DocumentOut
    from guideqa.types import Document
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
    add_description_options(replace)
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
    if options.json:
        listed = [DocumentOut.from_stored(item) for item in store.documents.values()]
        print_json(DocumentList(documents=listed).model_dump(mode="json"))
        return
    for item in store.documents.values():
        print("\n".join(_lines(DocumentOut.from_stored(item), item.document)))


def _lines(listed: DocumentOut, document: Document) -> Iterator[str]:
    """A document for a person: what it is, and in a second line where it comes from."""
    yield (
        f"{document.id}  『{document.title}』（{document.status_label}）{document.issue}  {listed.pages}ページ"
        f"（索引 {listed.indexed_pages}、空 {listed.empty_pages}、除外 {listed.excluded_pages}）"
    )
    details = {
        "分類": document.collection,
        "発行": document.publisher,
        "利用条件": document.licence,
        "旧版": document.supersedes,
        "新しい版": document.superseded_by,
    }
    yield "    " + "、".join(f"{name} {value}" for name, value in details.items() if value)


def run_remove(options: Namespace) -> None:
    """Take a document out: `guideqa remove` is the short form."""
    _print(lambda: open_pipeline().remove(options.document, show_progress), options)


def _replace(options: Namespace) -> None:
    from guideqa.errors import InputError

    if not options.path.is_file():
        raise InputError(f"ファイルがありません: {options.path}")
    if options.path.suffix.lower() == ".zip":
        raise InputError(f"文書のファイルを1つだけ指定してください: {options.path}")
    description = description_of(options, [options.path])
    pipeline = open_pipeline()
    _print(lambda: pipeline.replace(options.document, options.path, show_progress, description), options)


def _reingest(options: Namespace) -> None:
    _print(lambda: open_pipeline().reingest(options.documents, show_progress), options)


def _print(run: Callable[[], IngestReport], options: Namespace) -> None:
    print_report(run(), as_json=options.json)
