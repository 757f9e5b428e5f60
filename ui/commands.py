"""`guideqa serve`: the chat and the API in one process."""

from __future__ import annotations

from argparse import Namespace

from guideqa.cli import Subcommands


def register(commands: Subcommands) -> None:
    """Add the command that serves."""
    serve = commands.add_parser(
        "serve",
        help="チャットとAPIを動かす",
        description="チャット（/）とAPI（/v1）を動かします。APIの説明は /docs にあります。",
    )
    serve.add_argument("--host", metavar="アドレス", help="待ち受けるアドレス（既定 127.0.0.1）")
    serve.add_argument("--port", metavar="番号", help="待ち受けるポート（既定 8000）")
    serve.add_argument("--workers", type=int, metavar="数", help="APIに答えるプロセスの数（既定 1）")
    serve.add_argument(
        "--ingest-if-missing",
        action="store_true",
        help="使える索引がなければ、別のプロセスで作ってから答える",
    )
    serve.set_defaults(run=_serve)


def _serve(options: Namespace) -> None:
    from guideqa.errors import SettingsError
    from guideqa.settings import MAX_WORKERS, load_settings
    from ui.listening import address_of
    from ui.server import serve

    settings = load_settings()
    address = address_of(options.host or settings.host, options.port or settings.port)
    workers = settings.workers if options.workers is None else options.workers
    if not 1 <= workers <= MAX_WORKERS:
        raise SettingsError(f"プロセスの数は1から{MAX_WORKERS}までです: {workers}")
    given = {"host": address.host, "port": address.port, "workers": workers}
    serve(settings.model_copy(update=given), address, ingests=options.ingest_if_missing)
