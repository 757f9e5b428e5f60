"""`guideqa models`: the embedding models, the embedded one as a folder, and a try of the language model."""

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
    models = commands.add_parser("models", help="埋め込みモデルの一覧と書き出し、言語モデルの確認")
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

    check = actions.add_parser(
        "check",
        help="言語モデルにつながるか、引用を付けて答えられるかを試す",
        description="設定した言語モデルに見本の質問を1つ送り、何が返ったか、資料と突き合わせてどうだったかを示します。"
        "文書の本文や利用者の質問は送りません。",
    )
    check.set_defaults(run=_check_llm)


def _export(options: Namespace) -> None:
    from guideqa.encoder.export import export_sentence_transformer

    export_sentence_transformer(options.folder)
    print(f"書き出しました: {options.folder}")
    print(f"使うには: GUIDEQA_MODEL={options.folder} を設定し、guideqa ingest で索引を作り直します。")


def _check_llm(options: Namespace) -> None:
    from guideqa.llm.checking import check_up
    from guideqa.llm.client import CompatibleModel
    from guideqa.llm.endpoint import NO_KEY, Endpoint
    from guideqa.settings import load_settings

    endpoint = Endpoint.of(load_settings())
    key = "鍵なし" if endpoint.key == NO_KEY else "鍵あり"
    print(
        f"つなぐ先: {endpoint.url}（モデル {endpoint.model}、{key}、待つのは{endpoint.timeout_seconds:g}秒まで）"
    )
    found = check_up(CompatibleModel(endpoint), endpoint.timeout_seconds)
    print(f"応答: 最初の文字まで{found.first_seconds:.1f}秒、終わりまで{found.seconds:.1f}秒")
    print(f"返った文:\n{found.reply.strip()}")
    for statement in found.verified:
        print(f"○ 確かめられた文: {statement.text}")
    for item in found.rejected:
        print(f"× 確かめられない文: {item.draft.text}（{'。'.join(item.faults)}）")
    if not found.verified:
        print(
            "このモデルは、決めた形（文。[番号]「引用」）で答えられませんでした。別のモデルを試してください。"
        )
        return
    print("使えます。")


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
