"""One page to print: a question, its answer, and every quotation with its page, its edition and its index."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import datetime

from guideqa import __version__
from guideqa.assistant import AnswerReply
from guideqa.citing import formal_citation
from guideqa.types import NOT_SAID, AnswerStatus, Citation, Composition, Statement, Table

# Marks that turn the reading direction: they could make a quotation read as what it is not.
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_STYLE = """
@page { size: A4; margin: 16mm; }
body { font-family: "Hiragino Kaku Gothic ProN", "Yu Gothic", Meiryo, "Noto Sans CJK JP", sans-serif;
  color: #111; background: #fff; max-width: 46em; margin: 1.5em auto; padding: 0 1em; font-size: 10.5pt; line-height: 1.6; }
h1 { font-size: 14pt; border-bottom: 2px solid #111; padding-bottom: .2em; }
h2 { font-size: 11pt; margin: 1.4em 0 .4em; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #777; padding: .3em .5em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eee; }
tr, .said { break-inside: avoid; }
.said { margin: .4em 0; }
blockquote { margin: .2em 0; white-space: pre-line; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em 1em; margin: 0; }
dt { font-weight: 700; }
dd { margin: 0; overflow-wrap: anywhere; }
"""
_COMPOSED = {
    Composition.EXTRACTED: "資料の文をそのまま引いたもの",
    Composition.WRITTEN: "言語モデルが書き、資料と突き合わせたもの",
    Composition.MIXED: "言語モデルが書いて突き合わせた文と、資料の文",
}


def evidence_sheet(question: str, reply: AnswerReply, index_name: str, made: datetime) -> str:
    """The sheet as one HTML file that loads nothing. `made`: when, with its time zone."""
    answer = reply.answer
    facts = {
        "質問": question,
        "探した文": answer.rewritten_question or "",
        "作成": made.strftime("%Y年%m月%d日 %H:%M"),
        "回答の作り方": _COMPOSED[answer.composition] if answer.status is AnswerStatus.ANSWERED else "",
        "断り": answer.notice if answer.status is AnswerStatus.ANSWERED else "",
        "索引": index_name,
        "プログラム": f"guideqa {__version__}",
    }
    told = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in facts.items() if value)
    return (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>根拠の一覧</title><style>{_STYLE}</style></head><body><main><h1>根拠の一覧</h1><dl>{told}</dl>"
        f"<h2>回答</h2>{_answer(reply)}{_sources(reply)}</main></body></html>"
    )


def _answer(reply: AnswerReply) -> str:
    answer = reply.answer
    if answer.status is AnswerStatus.NOT_FOUND:
        return f'<p class="said">{_text(answer.notice)}</p>'
    if answer.table:
        return _table(answer.table, answer.statements)
    return "".join(f'<p class="said">{_said(item, item.lead)}</p>' for item in answer.statements)


def _said(statement: Statement, lead: str = "") -> str:
    about = f"<b>{_text(lead)}</b> " if lead else ""
    return about + _text(statement.marked)


def _table(table: Table, statements: Sequence[Statement]) -> str:
    head = "".join(f'<th scope="col">{_text(body)}</th>' for body in table.bodies)
    rows = "".join(
        f'<tr><th scope="row">{_text(aspect)}</th>'
        + "".join(
            f"<td>{'<br>'.join(map(_said, table.cell(aspect, body, statements))) or NOT_SAID}</td>"
            for body in table.bodies
        )
        + "</tr>"
        for aspect in table.aspects
    )
    return f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _sources(reply: AnswerReply) -> str:
    if not reply.answer.citations:
        return ""
    rows = "".join(_source(citation, reply) for citation in reply.answer.citations)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("番号", "出典", "引用", "箇所のID"))
    return f"<h2>根拠（{len(reply.answer.citations)}件）</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _source(citation: Citation, reply: AnswerReply) -> str:
    document = reply.documents[citation.page.document_id]
    where = f"{_text(formal_citation(citation, document))}<br>{document.status_label}"
    quote = f"<blockquote>「{_text(citation.quote)}」</blockquote>"
    return f"<tr><td>{citation.number}</td><td>{where}</td><td>{quote}</td><td>{_text(citation.passage_id)}</td></tr>"


def _text(value: str) -> str:
    return html.escape(_DIRECTION_MARKS.sub("", value))
