"""Options with which a user describes documents, for the commands that add them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.description import Description

# What only one document can be.
_OF_ONE = ("title", "supersedes")


def add_description_options(parser: ArgumentParser) -> None:
    """Add one option for each part of a description."""
    group = parser.add_argument_group("文書の説明（manifest.toml にない文書。あとから付け直せる）")
    group.add_argument("--collection", metavar="名前", help="分類（own、要綱、または自由な名前。既定 own）")
    group.add_argument("--title", metavar="題名")
    group.add_argument("--edition", metavar="版", help="第2版 など")
    group.add_argument("--publisher", metavar="発行者")
    group.add_argument("--date", metavar="日付", help="2026-03-31、令和8年3月 など")
    group.add_argument("--licence", metavar="利用条件")
    group.add_argument("--supersedes", metavar="ID", help="旧版の文書のID（旧版は、名指ししたときだけ探す）")


def description_of(options: Namespace, paths: Sequence[Path]) -> Description:
    """What the options say.

    Raises:
        InputError: a value is none for its key, or one that fits a single document is given for several files.
    """
    from guideqa.errors import InputError
    from ingest.description import Description

    values = {key: getattr(options, key) or "" for key in Description.__slots__}
    several = len(paths) != 1 or paths[0].suffix.lower() == ".zip"
    wrong = [f"--{key}" for key in _OF_ONE if values[key] and several]
    if wrong:
        raise InputError(f"{'、'.join(wrong)} は、文書のファイルを1つだけ指定したときに使えます。")
    if any(values.values()) and not paths:
        raise InputError("文書の説明は、説明する文書のファイルと一緒に指定してください。")
    return Description(**values)
