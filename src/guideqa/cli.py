"""The command line. Commands of the programs around the library join it through entry points."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import NoReturn, Protocol

from guideqa import __version__
from guideqa.errors import GuideqaError

COMMAND_GROUP = "guideqa.commands"
Run = Callable[[argparse.Namespace], None]


class Subcommands(Protocol):
    """Where a program adds its commands; each sets `run` among its defaults."""

    def add_parser(self, name: str, *, help: str, description: str = ...) -> argparse.ArgumentParser:
        """A new command."""
        ...


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the exit code of every other mistake of a user."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"guideqa: 引数が正しくありません: {message}（{self.prog} --help）\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0, or 1 with one line on stderr for what a user did wrong."""
    parser = _Parser(prog="guideqa", description="行政文書への質問に、ページと引用を示して答えます。")
    parser.add_argument("--version", action="version", version=f"guideqa {__version__}")
    commands = parser.add_subparsers(metavar="コマンド", required=True)
    for entry in sorted(entry_points(group=COMMAND_GROUP), key=lambda entry: entry.name):
        entry.load()(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except GuideqaError as error:
        print(f"guideqa: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; so do we
    except KeyboardInterrupt:
        print("guideqa: 中断しました。", file=sys.stderr)
        return 130
    return 0


def run() -> None:
    """The entry point of the installed program."""
    sys.exit(main())


def print_json(content: object) -> None:
    """One JSON document on stdout, readable as it stands."""
    print(json.dumps(content, ensure_ascii=False, indent=2))
