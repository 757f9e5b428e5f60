"""Options that keep a question to some documents or bodies, for the commands that ask."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guideqa.index.opened import OpenIndex
    from guideqa.types import Filters

_HELP = {
    "municipality": ("自治体", "この自治体の箇所だけを探す"),
    "programme": ("事業", "この事業の箇所だけを探す"),
    "document": ("ID", "この文書だけを探す（旧版は、ここで名指ししたときだけ探す）"),
    "collection": ("分類", "この分類の文書だけを探す"),
    "population": ("人口規模", "この人口規模の自治体の事例だけを探す（1万人未満 など、手引きの区分）"),
}


def add_filter_options(parser: ArgumentParser) -> None:
    """Add one option for each facet. Given several times, its values are alternatives."""
    group = parser.add_argument_group("絞り込み（同じものを何度も指定すると、そのどれか）")
    for facet, (value, text) in _HELP.items():
        group.add_argument(f"--{facet}", action="append", default=[], metavar=value, help=text)


def filters_of(options: Namespace, index: OpenIndex) -> Filters:
    """What the options say.

    Raises:
        NotFoundError: the index has no such value. Silence would read as if the documents did not say.
    """
    from guideqa.errors import NotFoundError
    from guideqa.types import Filters

    documents = [stored.document for stored in index.store.documents.values()]
    known = {
        "municipality": index.entities.municipalities,
        "programme": index.entities.programmes,
        "document": tuple(document.id for document in documents),
        "collection": tuple(dict.fromkeys(document.collection for document in documents)),
        "population": index.entities.populations,
    }
    for facet, values in known.items():
        unknown = [value for value in getattr(options, facet) if value not in values]
        if unknown:
            there = "、".join(values) or "なし"
            raise NotFoundError(
                f"--{facet} に指定したものが索引にありません: {unknown[0]}（あるもの: {there}）"
            )
    return Filters(**{facet: tuple(getattr(options, facet)) for facet in known})
