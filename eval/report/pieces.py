"""Small pieces of HTML. Whatever comes from outside is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_VOID = frozenset({"input"})


def element(name: str, *inner: str, **attributes: str) -> str:
    """An element around HTML that is already safe. `class_` and `data_x` become `class` and `data-x`."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{written}>" if name in _VOID else f"<{name}{written}>{''.join(inner)}</{name}>"


def words(value: object) -> str:
    """Text from outside, safe."""
    return escape(str(value))


def table(head: Sequence[str], rows: Iterable[Sequence[str]], class_: str = "") -> str:
    """A table; heads are text, cells are safe HTML."""
    heads = "".join(element("th", words(name), scope="col") for name in head)
    body = "".join(element("tr", *(element("td", cell) for cell in row)) for row in rows)
    inside = element("table", element("thead", element("tr", heads)), element("tbody", body), class_=class_)
    return element("div", inside, class_="scroll")


def badge(text: str, kind: str) -> str:
    """A word on a coloured ground."""
    return element("span", words(text), class_=f"badge {kind}")
