"""`guideqa index`: prove the index, write it to one file, take it from one."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from guideqa.cli import Subcommands
from ingest.command_parts import open_pipeline


def register(commands: Subcommands) -> None:
    """Add the commands on the index as a whole."""
    index = commands.add_parser("index", help="索引の検査、1つのファイルへの書き出しと取り込み")
    actions = index.add_subparsers(metavar="操作", required=True)

    verify = actions.add_parser(
        "verify", help="件数、ベクトル、語句、ページ、台帳、元のファイルが合うか調べる"
    )
    verify.set_defaults(run=_verify)

    export = actions.add_parser("export", help="索引と元のファイルを1つのファイルに書き出す")
    export.add_argument("path", type=Path, metavar="FILE", help="書き出し先（.zip）")
    export.set_defaults(run=_export)

    taking = actions.add_parser(
        "import",
        help="書き出した索引を取り込む",
        description="書き出した索引を取り込み、今の索引と入れ替えます。同じ埋め込みモデルが要ります。",
    )
    taking.add_argument("path", type=Path, metavar="FILE", help="guideqa index export で書き出したもの")
    taking.add_argument("--replace", action="store_true", help="加えてあった文書がなくなってもよい")
    taking.set_defaults(run=_import)


def _verify(options: Namespace) -> None:
    from guideqa.errors import GuideqaError
    from guideqa.index.folder import IndexFolder
    from guideqa.page_images import FOLDER
    from guideqa.settings import load_settings
    from guideqa.wiring import open_encoder
    from ingest.originals import Originals
    from ingest.settling import settle_if_free
    from ingest.verification import verify

    settings = load_settings()
    folder, originals = IndexFolder(settings.index_dir), Originals(settings.data_dir / FOLDER)
    settle_if_free(folder, originals)  # what a kill right after a switch has left is no fault
    index, faults = verify(folder, open_encoder(settings), originals)
    if faults or index is None:
        raise GuideqaError(
            f"索引に{len(faults)}件の問題があります（`guideqa ingest --rebuild` で作り直せます）: {'／'.join(faults)}"
        )
    print(
        f"問題ありません: 文書 {len(index.store.documents)}、ページ {len(index.pages)}、"
        f"まとまり {len(index.passages)}、補助文 {len(index.expansion_pages)}（{index.model.name}）"
    )


def _export(options: Namespace) -> None:
    from guideqa.index.folder import IndexFolder
    from guideqa.page_images import FOLDER
    from guideqa.settings import load_settings
    from ingest.carrying import export_index
    from ingest.originals import Originals

    settings = load_settings()
    folder = IndexFolder(settings.index_dir)
    model = export_index(folder, Originals(settings.data_dir / FOLDER), options.path)
    size = options.path.stat().st_size / 1024**2
    print(f"書き出しました: {options.path}（{size:.1f} MB、モデル {model.name} {model.fingerprint}）")


def _import(options: Namespace) -> None:
    from guideqa.errors import InputError

    if not options.path.is_file():
        raise InputError(f"ファイルがありません: {options.path}")
    ledger = open_pipeline().take_over(options.path, replace=options.replace)
    titles = "、".join(f"『{document.title}』" for document in ledger.documents)
    print(f"取り込みました: {titles}")
