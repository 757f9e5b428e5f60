"""`guideqa ingest` and `remove`: change which documents there are, and build the index."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from guideqa.cli import Subcommands
from ingest import backup_commands, document_commands, index_commands
from ingest.command_parts import open_pipeline, print_report, show_progress
from ingest.description_options import add_description_options, description_of

if TYPE_CHECKING:
    from guideqa.encoder.protocol import Encoder
    from guideqa.index.folder import IndexFolder
    from guideqa.settings import Settings


def register(commands: Subcommands) -> None:
    """Add the commands on documents and on the index."""
    ingest = commands.add_parser(
        "ingest",
        help="文書を加えて索引を作る",
        description="文書を加えて索引を作ります。ファイルを指定しなければ、同梱の要約と corpus/originals/ にある文書から作ります。",
    )
    ingest.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="PDF、Word、PowerPoint、Excel、HTML、テキスト、Markdown、ZIP、またはフォルダー",
    )
    ingest.add_argument("--replace", action="store_true", help="同じ文書があれば差し替える")
    ingest.add_argument("--work", default="", metavar="ID", help="manifest.toml のどの文書の原文かを指定する")
    ingest.add_argument("--if-missing", action="store_true", help="今のモデルで開ける索引があれば何もしない")
    ingest.add_argument("--rebuild", action="store_true", help="何も変わっていなくても索引を作り直す")
    ingest.add_argument("--json", action="store_true", help="報告をJSONで出す")
    ingest.add_argument(
        "--write-vectors", action="store_true", help="要約のベクトルを corpus/ に書き出す（開発用）"
    )
    add_description_options(ingest)
    ingest.set_defaults(run=_ingest)

    remove = commands.add_parser(
        "remove",
        help="加えた文書を索引から外す",
        description="加えた文書を索引から外します。要約のある文書なら、また要約から答えるようになります。",
    )
    remove.add_argument("document", metavar="ID", help="文書のID（guideqa documents で確かめる）")
    remove.set_defaults(run=document_commands.run_remove, json=False)
    document_commands.register(commands)
    index_commands.register(commands)
    backup_commands.register(commands)


def _ingest(options: Namespace) -> None:
    from guideqa.errors import InputError
    from guideqa.index.folder import IndexFolder
    from guideqa.settings import load_settings
    from guideqa.wiring import open_encoder
    from ingest.pipeline import Request, files_in

    settings = load_settings()
    if options.write_vectors:
        _write_vectors(settings)
        return
    encoder = open_encoder(settings) if options.if_missing else None
    if encoder and _can_be_opened(IndexFolder(settings.index_dir), encoder):
        return
    paths = files_in(options.paths)
    if options.paths and not paths:
        raise InputError(f"読める文書がありません: {', '.join(map(str, options.paths))}")
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise InputError(f"ファイルがありません: {', '.join(map(str, missing))}")
    if options.work and len(paths) != 1:
        raise InputError("--work は、ファイルを1つだけ指定したときに使えます。")
    request = Request(
        paths,
        options.replace,
        options.work,
        description=description_of(options, paths),
        if_changed=not options.rebuild,
    )
    print_report(open_pipeline(settings, encoder).ingest(request, show_progress), as_json=options.json)


def _write_vectors(settings: Settings) -> None:
    from guideqa.index.embeddings import EmbeddingCache
    from guideqa.wiring import open_encoder
    from ingest.digest_vectors import write_digest_vectors
    from ingest.manifest import Manifest

    manifest = Manifest.read(settings.corpus_dir)
    cache = EmbeddingCache(settings.embeddings_path)
    print(f"書き出しました: {write_digest_vectors(manifest, cache, open_encoder(settings), show_progress)}")


def _can_be_opened(folder: IndexFolder, encoder: Encoder) -> bool:
    """Whether a server would answer from the index as it is: whole, of this form and of this model."""
    from guideqa.errors import IndexUnavailableError
    from guideqa.index.opened import open_build

    if folder.current_name() is None:
        return False
    try:
        open_build(folder.current(), encoder.identity)
    except IndexUnavailableError as error:
        print(f"索引を作り直します: {error}", file=sys.stderr)
        return False
    return True
