"""What stands in the conversation: questions, and answers growing statement by statement."""

from __future__ import annotations

from collections.abc import Sequence

from guideqa.assistant import AnswerReply, GivenStatement
from guideqa.citing import markdown_text, plain_text
from guideqa.feedback import Verdict
from guideqa.suggestions import RelatedQuestion
from guideqa.types import (
    AnswerStatus,
    Filters,
    Question,
    RelatedPage,
    Unverified,
    collection_label,
)
from ui.markup import ask_link, copy_link, escape, escape_for_chat, evidence_link, feedback_link, link_to
from ui.statements import laid_out

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


def so_far(given: Sequence[GivenStatement]) -> str:
    """An answer that is still being written."""
    return laid_out([item.statement for item in given], given[-1].table, given[-1].documents)


def whole(
    reply: AnswerReply, answer_id: str, asked: Question, related: Sequence[RelatedQuestion] = ()
) -> str:
    """The answer with what it was asked as, what to know of it, and what can be done with it."""
    answer = reply.answer
    said = _rewritten(asked, reply) + _filtered(asked.filters, reply)
    if answer.status is AnswerStatus.NOT_FOUND:
        return said + _refusal(reply) + _actions(reply, answer_id, asked)
    said += notice(answer.notice) if answer.notice else ""
    said += laid_out(answer.statements, answer.table, reply.documents) + _unverified(answer.unverified)
    return said + _actions(reply, answer_id, asked) + _next(related)


def _unverified(sentences: Sequence[Unverified]) -> str:
    """Apart from the answer, closed until it is asked for: it must not be taken for a part of it."""
    if not sentences:
        return ""
    items = "".join(
        f"<li>{escape_for_chat(item.text)}<br><small>{escape_for_chat('。'.join(item.reasons))}</small></li>"
        for item in sentences
    )
    head = f"未確認の文（{len(sentences)}件）: 言語モデルが書き、資料で確かめられなかったもの"
    return f'<details class="gq-quiet"><summary>{head}</summary><ul>{items}</ul></details>'


def _actions(reply: AnswerReply, answer_id: str, asked: Question) -> str:
    """What can be done with an answer: copy it, print what it rests on, say what it was worth."""
    deeds = ""
    if reply.answer.status is not AnswerStatus.NOT_FOUND:
        question = reply.answer.rewritten_question or asked.text
        deeds = (
            _button(copy_link(plain_text(reply)), "出典付きでコピー")
            + _button(copy_link(markdown_text(reply)), "Markdownでコピー")
            + _button(evidence_link(question, asked.filters), "根拠の一覧（印刷用）")
        )
    verdicts = "".join(_button(feedback_link(answer_id, verdict), verdict.label) for verdict in Verdict)
    hint = "感想を送ると、質問の文も記録されます"
    return f'<p class="gq-actions">{deeds}<span class="gq-verdicts" title="{hint}">{verdicts}</span></p>'


def _button(link: str, label: str) -> str:
    return f'<a role="button" href="{escape(link)}">{escape_for_chat(label)}</a>'


def _next(related: Sequence[RelatedQuestion]) -> str:
    """Questions to go on with, each of which is answered."""
    if not related:
        return ""
    items = "".join(f"<li>{_button(ask_link(item.text), item.text)}</li>" for item in related)
    return f'<p class="gq-quiet">次に尋ねられること</p><ul class="gq-next">{items}</ul>'


def _filtered(filters: Filters, reply: AnswerReply) -> str:
    titles = (reply.documents[key].title for key in filters.document if key in reply.documents)
    values = [*filters.municipality, *filters.programme, *titles, *map(collection_label, filters.collection)]
    values += filters.population
    return f'<p class="gq-rewritten">絞り込み：{escape_for_chat("、".join(values))}</p>' if values else ""


def _rewritten(asked: Question, reply: AnswerReply) -> str:
    text = reply.answer.rewritten_question
    if not text:
        return ""
    why = "前の質問を受けて" if asked.history else ""
    return f'<p class="gq-rewritten">{why}「{escape_for_chat(text)}」として探しました</p>'


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
