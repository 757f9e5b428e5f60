"""What stands in the conversation: questions, and answers growing statement by statement."""

from __future__ import annotations

from collections.abc import Iterator

from guideqa.assistant import AnswerReply
from guideqa.feedback import Verdict
from guideqa.types import (
    AnswerStatus,
    Citation,
    DocumentKind,
    Filters,
    RelatedPage,
    Statement,
    collection_label,
)
from ui.markup import copy_link, escape, escape_for_chat, feedback_link, link_to, marker

SEARCHING = '<p class="gq-quiet">資料を探しています…</p>'
FAILED = "サーバーで問題が起きました。もう一度お試しください。続く場合は管理者に知らせてください。"
EMPTY_QUESTION = "質問を入力してください。「利用料はいくら？」のように、知りたいことを書きます。"
THANKS = "感想を記録しました。ありがとうございます。"


def question(text: str) -> str:
    """A question as the reader typed it."""
    return f"<p>{escape_for_chat(text)}</p>"


def notice(text: str) -> str:
    """Something that the program itself says."""
    return f'<p class="gq-notice">{escape_for_chat(text)}</p>'


def growing(reply: AnswerReply, answer_id: str, filters: Filters) -> Iterator[str]:
    """The answer, each time with one statement more, at last with what can be done with it."""
    said = _rewritten(reply) + _filtered(filters, reply)
    if reply.answer.status is AnswerStatus.NOT_FOUND:
        yield said + _refusal(reply) + _actions("", answer_id)
        return
    lead = ""
    for statement in reply.answer.statements:
        said += _statement(statement, reply, statement.lead if statement.lead != lead else "")
        lead = statement.lead
        yield said
    yield said + _actions(formal(reply), answer_id)


def formal(reply: AnswerReply) -> str:
    """The answer as it goes into a document: each statement with title, edition and page."""
    lines = (
        f"{statement.text}（{'、'.join(_source(item, reply) for item in statement.citations)}）"
        for statement in reply.answer.statements
    )
    return "\n".join(lines)


def _source(citation: Citation, reply: AnswerReply) -> str:
    document = reply.documents[citation.page.document_id]
    digest = "、要約による" if document.kind is DocumentKind.DIGEST else ""
    older = "、旧版" if document.superseded_by else ""
    return f"『{document.title}』{document.issue}、{citation.page}{digest}{older}"


def _actions(text: str, answer_id: str) -> str:
    copy = f'<a role="button" href="{escape(copy_link(text))}">出典付きでコピー</a>' if text else ""
    verdicts = "".join(
        f'<a role="button" href="{escape(feedback_link(answer_id, verdict))}">{verdict.label}</a>'
        for verdict in Verdict
    )
    hint = "感想を送ると、質問の文も記録されます"
    return f'<p class="gq-actions">{copy}<span class="gq-verdicts" title="{hint}">{verdicts}</span></p>'


def _filtered(filters: Filters, reply: AnswerReply) -> str:
    titles = (reply.documents[key].title for key in filters.document if key in reply.documents)
    values = [*filters.municipality, *filters.programme, *titles, *map(collection_label, filters.collection)]
    return f'<p class="gq-rewritten">絞り込み：{escape_for_chat("、".join(values))}</p>' if values else ""


def _rewritten(reply: AnswerReply) -> str:
    text = reply.answer.rewritten_question
    if not text:
        return ""
    return f'<p class="gq-rewritten">前の質問を受けて「{escape_for_chat(text)}」として探しました</p>'


def _statement(statement: Statement, reply: AnswerReply, lead: str) -> str:
    markers = "".join(
        marker(citation, reply.documents[citation.page.document_id].title) for citation in statement.citations
    )
    about = f'<b class="gq-lead">{escape_for_chat(lead)}</b>' if lead else ""
    return f'<p class="gq-statement">{about}{escape_for_chat(statement.text)}{markers}</p>'


def _refusal(reply: AnswerReply) -> str:
    related = "".join(_related(item) for item in reply.answer.related)
    nearest = (
        f'<p class="gq-quiet">近い内容のページ</p><ul class="gq-nearest">{related}</ul>' if related else ""
    )
    titles = "".join(
        f"『{document.title}』" for document in reply.documents.values() if not document.superseded_by
    )
    text = f"{titles}には、この質問に答える記載が見つかりませんでした。言い方を変えるか、自治体や事業の名前を加えてみてください。"
    return f'<p class="gq-refusal">{escape_for_chat(text)}</p>{nearest}'


def _related(item: RelatedPage) -> str:
    heading = escape_for_chat(item.headings[-1]) if item.headings else ""
    link = escape(link_to(item.page))
    return f'<li><a role="button" href="{link}">{escape_for_chat(str(item.page))}</a> {heading}</li>'
