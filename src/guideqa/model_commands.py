"""`guideqa models`: which embedding models there are, and the embedded one written out as a folder."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from guideqa.cli import Subcommands, print_json

if TYPE_CHECKING:
    from guideqa.encoder.protocol import ModelIdentity
    from guideqa.settings import Settings


def register(commands: Subcommands) -> None:
    """Add the commands on models."""
    models = commands.add_parser("models", help="埋め込みモデルの一覧と書き出し")
    actions = models.add_subparsers(metavar="操作", required=True)

    listing = actions.add_parser("list", help="使えるモデルと、索引を作ったモデルを示す")
    listing.add_argument("--json", action="store_true", help="JSONで出す")
    listing.set_defaults(run=_list)

    export = actions.add_parser(
        "export",
        help="組み込みのモデルを sentence-transformers のフォルダーとして書き出す",
        description="組み込みのモデルを sentence-transformers のフォルダー（約250 MB）として書き出します。"
        "ベクトルは同じで、まとめて埋め込むときは1.6倍ほど速くなります。",
    )
    export.add_argument("folder", type=Path, metavar="FOLDER", help="書き出し先の新しいフォルダー")
    export.set_defaults(run=_export)


def _export(options: Namespace) -> None:
    from guideqa.encoder.export import export_sentence_transformer

    export_sentence_transformer(options.folder)
    print(f"書き出しました: {options.folder}")
    print(f"使うには: GUIDEQA_MODEL={options.folder} を設定し、guideqa ingest で索引を作り直します。")


def _list(options: Namespace) -> None:
    from guideqa.settings import load_settings

    settings = load_settings()
    built_with = _model_of_index(settings)
    rows = [
        {"model": name, "configured": name == settings.model, "kind": kind} for name, kind in _known(settings)
    ]
    index = built_with and {"model": built_with.name, "dimension": built_with.dimension}
    if options.json:
        print_json({"models": rows, "index": index})
        return
    for row in rows:
        print(f"{'*' if row['configured'] else ' '} {row['model']}（{row['kind']}）")
    print(
        f"索引を作ったモデル: {f'{built_with.name} {built_with.dimension}次元' if built_with else '索引なし'}"
    )


def _known(settings: Settings) -> Iterator[tuple[str, str]]:
    """(value for GUIDEQA_MODEL, what it is): the embedded one, exported folders, and the one that is set."""
    from guideqa.encoder.nano import NAME

    folders = [str(path.parent) for path in sorted((settings.data_dir / "models").glob("*/modules.json"))]
    yield NAME, "組み込み"
    for name in dict.fromkeys([*folders, settings.model]):
        if name != NAME:
            yield name, "sentence-transformers"


def _model_of_index(settings: Settings) -> ModelIdentity | None:
    from guideqa.errors import IndexUnavailableError
    from guideqa.index.folder import IndexFolder
    from guideqa.index.opened import model_of

    try:
        return model_of(IndexFolder(settings.index_dir).current())
    except IndexUnavailableError:
        return None
