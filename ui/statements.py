"""What an answer says, as HTML: one paragraph for each statement, or a table where things are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from guideqa.types import NOT_SAID, Document, Statement, Table
from ui.markup import escape_for_chat, marker


def laid_out(statements: Sequence[Statement], table: Table | None, documents: Mapping[str, Document]) -> str:
    """The statements in their cells, or one below the other. On a narrow page each cell names its column."""
    if table:
        return _table(table, statements, documents)
    leads = ["", *(statement.lead for statement in statements)]
    return "".join(
        f'<p class="gq-statement">{_lead(statement, before)}{_said(statement, documents)}</p>'
        for statement, before in zip(statements, leads, strict=False)
    )


def _lead(statement: Statement, before: str) -> str:
    if not statement.lead or statement.lead == before:
        return ""
    return f'<b class="gq-lead">{escape_for_chat(statement.lead)}</b>'


def _said(statement: Statement, documents: Mapping[str, Document]) -> str:
    markers = "".join(
        marker(citation, documents[citation.page.document_id].title) for citation in statement.citations
    )
    return escape_for_chat(statement.text) + markers


def _table(table: Table, statements: Sequence[Statement], documents: Mapping[str, Document]) -> str:
    heads = "".join(f'<th scope="col">{escape_for_chat(body)}</th>' for body in table.bodies)
    rows = "".join(
        f'<tr><th scope="row">{escape_for_chat(aspect)}</th>'
        + "".join(_cell(body, table.cell(aspect, body, statements), documents) for body in table.bodies)
        + "</tr>"
        for aspect in table.aspects
    )
    return (
        f'<div class="gq-compare"><table><thead><tr><td></td>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cell(body: str, said: Sequence[Statement], documents: Mapping[str, Document]) -> str:
    parts = "".join(f'<div class="gq-said">{_said(item, documents)}</div>' for item in said)
    nothing = f'<span class="gq-quiet">{NOT_SAID}</span>'
    return f'<td><b class="gq-lead">{escape_for_chat(body)}</b>{parts or nothing}</td>'
