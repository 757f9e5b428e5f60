"""`guideqa eval …` and `guideqa bench`: the suite's commands. What they do is in `eval.actions`."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, Namespace
from pathlib import Path

from eval.question_commands import add_question_commands
from guideqa.cli import Subcommands


def register(commands: Subcommands) -> None:
    """Add the commands that measure."""
    evaluate = commands.add_parser("eval", help="回答の質を測る")
    actions: Subcommands = evaluate.add_subparsers(metavar="操作", required=True)
    for add in (
        _add_run,
        _add_compare,
        _add_gate,
        _add_retrieval,
        _add_fit,
        _add_ablation,
        _add_alterations,
        _add_specimens,
    ):
        add(actions)
    add_question_commands(actions)
    _add_bench(commands)


def _add_run(actions: Subcommands) -> None:
    run = actions.add_parser("run", help="質問集をすべて尋ねて採点する")
    run.add_argument("--config", type=Path, metavar="FILE", help="設定（TOML）。次の指定はこれより優先する")
    run.add_argument("--questions", nargs="+", type=Path, metavar="FILE", help="質問集（JSON Lines）")
    run.add_argument("--split", choices=("tune", "report", "all"), help="どちらの半分を使うか（既定 all）")
    run.add_argument(
        "--against", metavar="URL", help="動いているサーバーを測る（既定: この計算機の中で測る）"
    )
    run.add_argument("--seed", type=int, metavar="N", help="乱数の種（既定 0）")
    run.add_argument("--out", type=Path, metavar="FOLDER", help="記録と報告を置くフォルダー")
    run.add_argument("--json", action="store_true", help="数値をJSONで出す")
    run.set_defaults(run=_run)


def _add_compare(actions: Subcommands) -> None:
    compare = actions.add_parser("compare", help="2つの記録を比べる")
    compare.add_argument("before", type=Path, metavar="A", help="前の記録（フォルダーかファイル）")
    compare.add_argument("after", type=Path, metavar="B", help="後の記録")
    _add_leniency(compare)
    compare.add_argument("--json", action="store_true", help="JSONで出す")
    compare.set_defaults(run=_compare)


def _add_gate(actions: Subcommands) -> None:
    gate = actions.add_parser(
        "gate", help="しきい値と、基準からの有意な悪化を確かめる（合格なら終了コード0）"
    )
    gate.add_argument("record", type=Path, metavar="RECORD", help="記録（フォルダーかファイル）")
    gate.add_argument("--thresholds", type=Path, metavar="FILE", help="しきい値（TOML、既定: 同梱のもの）")
    gate.add_argument("--baseline", type=Path, metavar="FILE", help="基準の記録（既定: 同梱のもの）")
    gate.add_argument("--write-baseline", type=Path, metavar="FILE", help="この記録を基準として書き出す")
    _add_leniency(gate)
    gate.set_defaults(run=_gate)


def _add_leniency(parser: ArgumentParser) -> None:
    parser.add_argument("--common", action="store_true", help="共通の質問だけで比べる")
    parser.add_argument("--other-index", action="store_true", help="索引（文書）が違っても比べる")


def _add_retrieval(actions: Subcommands) -> None:
    retrieval = actions.add_parser("retrieval", help="BEIR形式の検索データセットで測る")
    retrieval.add_argument(
        "--dataset", type=Path, required=True, metavar="FOLDER", help="BEIR形式のフォルダー"
    )
    retrieval.add_argument("--cache", type=Path, metavar="FILE", help="埋め込みのキャッシュ（SQLite）")
    retrieval.add_argument(
        "--respelled", action="store_true", help="字形・幅・数字を書き換えた質問でも同じ結果になるかも数える"
    )
    retrieval.add_argument("--run-file", type=Path, metavar="FILE", help="TREC形式の結果を書き出す")
    retrieval.add_argument("--json", action="store_true", help="JSONで出す")
    retrieval.set_defaults(run=_retrieval)


def _add_fit(actions: Subcommands) -> None:
    fit = actions.add_parser("fit", help="重みを調整用（tune）の質問で合わせ直し、今の重みと比べる")
    fit.add_argument("what", choices=("ranking", "evidence", "abstention"), help="どの重みか")
    _add_corpora(fit)
    fit.add_argument("--without", nargs="+", default=[], metavar="NAME", help="使わない特徴（ranking だけ）")
    fit.add_argument("--json", action="store_true", help="JSONで出す")
    fit.set_defaults(run=_fit)


def _add_ablation(actions: Subcommands) -> None:
    ablation = actions.add_parser("ablation", help="検索の部品を1つずつ外して、調整用（tune）の質問で測る")
    _add_corpora(ablation)
    ablation.add_argument(
        "--dataset", type=Path, metavar="FOLDER", help="質問集の代わりにBEIR形式のフォルダー"
    )
    ablation.add_argument("--cache", type=Path, metavar="FILE", help="埋め込みのキャッシュ（SQLite）")
    ablation.set_defaults(run=_ablation)


def _add_corpora(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir", nargs="+", type=Path, metavar="FOLDER", help="索引のあるフォルダー（いくつでも）"
    )
    parser.add_argument(
        "--questions", nargs="+", type=Path, metavar="FILE", help="質問集（既定: 同梱のもの）"
    )


def _add_bench(commands: Subcommands) -> None:
    bench = commands.add_parser("bench", help="応答と取り込みの速さを測る")
    bench.add_argument("--questions", nargs="+", type=Path, metavar="FILE", help="質問集（既定: 同梱のもの）")
    bench.add_argument("-n", type=int, default=60, metavar="件数", help="質問の数（既定 60）")
    bench.add_argument("--ingest", nargs="+", type=Path, metavar="PATH", help="取り込みの速さも測る文書")
    bench.add_argument("--json", action="store_true", help="JSONで出す")
    bench.set_defaults(run=_bench)
    actions: Subcommands = bench.add_subparsers(metavar="操作")
    growth = actions.add_parser(
        "ingest",
        help="文書が増えたときの取り込みの時間とメモリーを測る",
        description="1つの文書から、文字を書き換えた写しを作り、その数だけ取り込んで測ります。今の索引には触れません。",
    )
    growth.add_argument("path", type=Path, metavar="FILE", help="写しのもとになる文書")
    growth.add_argument(
        "--copies", nargs="+", type=int, default=[10], metavar="N", help="写しの数（いくつでも、既定 10）"
    )
    growth.add_argument(
        "--encoder",
        choices=("deterministic", "real"),
        default="deterministic",
        help="deterministic: 埋め込みのほかを測る試験用。real: 設定の埋め込みモデル",
    )
    growth.add_argument("--json", action="store_true", default=SUPPRESS, help="JSONで出す")
    growth.set_defaults(run=_bench_ingest)
    scale = actions.add_parser(
        "search",
        help="文書が増えたときの検索の速さと、同時に使うときの処理数を測る",
        description="1つの文書だけの索引と、文字を書き換えた写しの索引とを作り、同じ質問で交互に検索します。今の索引には触れません。",
    )
    scale.add_argument("path", type=Path, metavar="FILE", help="写しのもとになる文書")
    scale.add_argument("--copies", type=int, default=100, metavar="N", help="写しの数（既定 100）")
    scale.add_argument(
        "--clients", nargs="+", type=int, default=[1, 8], metavar="N", help="同時に使う数（既定 1 8）"
    )
    scale.add_argument("--json", action="store_true", default=SUPPRESS, help="JSONで出す")
    scale.set_defaults(run=_bench_search)


def _run(options: Namespace) -> None:
    from eval.actions import run

    run(options)


def _compare(options: Namespace) -> None:
    from eval.actions import compare

    compare(options)


def _gate(options: Namespace) -> None:
    from eval.actions import gate

    gate(options)


def _retrieval(options: Namespace) -> None:
    from eval.actions import retrieval

    retrieval(options)


def _fit(options: Namespace) -> None:
    from eval.fitting import fit

    fit(options)


def _ablation(options: Namespace) -> None:
    from eval.fitting import ablate

    ablate(options)


def _bench_ingest(options: Namespace) -> None:
    from eval.growth import run

    run(options)


def _bench_search(options: Namespace) -> None:
    from eval.scale import run

    run(options)


def _bench(options: Namespace) -> None:
    from eval.actions import bench

    bench(options)


def _add_alterations(actions: Subcommands) -> None:
    alterations = actions.add_parser(
        "alterations", help="言語モデルの文の突き合わせを、索引の文とそれを変えた文で測る"
    )
    alterations.add_argument("--seed", type=int, default=0, metavar="N", help="乱数の種（既定 0）")
    alterations.add_argument(
        "--show", type=int, default=0, metavar="N", help="見逃した文を種類ごとにN件まで示す"
    )
    alterations.set_defaults(run=_alterations)


def _alterations(options: Namespace) -> None:
    from eval.alterations import check_alterations
    from guideqa.settings import load_settings
    from guideqa.wiring import build_assistant

    for name, tally in check_alterations(build_assistant(load_settings()).index, options.seed).items():
        print(f"{name}: {tally.tried}文のうち{len(tally.stood)}文が確かめられた")
        for text in tally.stood[: options.show] if name != "true" else ():
            print(f"   {text}")


def _add_specimens(actions: Subcommands) -> None:
    specimens = actions.add_parser(
        "specimens", help="要約から作った30の見本の答えを、評を付けて印刷する（docs/answers.md）"
    )
    specimens.set_defaults(run=_specimens)


def _specimens(options: Namespace) -> None:
    from eval.specimens import document_of
    from guideqa.settings import load_settings
    from guideqa.wiring import build_assistant

    print(document_of(build_assistant(load_settings())), end="")
