"""What stands in the conversation: questions, and answers growing statement by statement."""

from __future__ import annotations

from collections.abc import Iterator

from guideqa.assistant import AnswerReply
from guideqa.types import AnswerStatus, RelatedPage, Statement
from ui.markup import escape, escape_for_chat, link_to, marker

SEARCHING = '<p class="gq-quiet">資料を探しています…</p>'
EMPTY_QUESTION = "質問を入力してください。例えば、左下の欄に「利用料はいくら？」のように書きます。"


def question(text: str) -> str:
    """A question as the reader typed it."""
    return f"<p>{escape_for_chat(text)}</p>"


def notice(text: str) -> str:
    """Something that the program itself says."""
    return f'<p class="gq-notice">{escape_for_chat(text)}</p>'


def growing(reply: AnswerReply) -> Iterator[str]:
    """The answer, each time with one statement more; a refusal at once."""
    said = _rewritten(reply)
    if reply.answer.status is AnswerStatus.NOT_FOUND:
        yield said + _refusal(reply)
        return
    lead = ""
    for statement in reply.answer.statements:
        said += _statement(statement, reply, statement.lead if statement.lead != lead else "")
        lead = statement.lead
        yield said


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
    titles = "".join(f"『{document.title}』" for document in reply.documents.values())
    text = f"{titles}には、この質問に答える記載が見つかりませんでした。言い方を変えるか、自治体や事業の名前を加えてみてください。"
    return f'<p class="gq-refusal">{escape_for_chat(text)}</p>{nearest}'


def _related(item: RelatedPage) -> str:
    heading = escape_for_chat(item.headings[-1]) if item.headings else ""
    link = escape(link_to(item.page))
    return f'<li><a role="button" href="{link}">{escape_for_chat(str(item.page))}</a> {heading}</li>'
