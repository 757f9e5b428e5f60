"""An answer as it goes into a document of the office: with formal citations, as plain text and as Markdown."""

from __future__ import annotations

from guideqa.assistant import AnswerReply
from guideqa.types import AnswerStatus, Citation, Document, DocumentKind


def formal_citation(citation: Citation, document: Document) -> str:
    """『家庭支援事業ガイドブック』令和8年3月, p.58, and whether it is our notes or an older edition."""
    digest = "、要約による" if document.kind is DocumentKind.DIGEST else ""
    older = "、旧版" if document.superseded_by else ""
    return f"『{document.title}』{document.issue}, {citation.page}{digest}{older}"


def plain_text(reply: AnswerReply) -> str:
    """Each statement in a line of its own, with what it is about and its formal citations behind it."""
    if reply.answer.status is AnswerStatus.NOT_FOUND:
        return reply.answer.notice
    lines = []
    for statement in reply.answer.statements:
        sources = dict.fromkeys(_formal(citation, reply) for citation in statement.citations)
        lines.append(f"{statement.lead}{statement.text}（{'；'.join(sources)}）")
    return "\n".join(lines)


def markdown_text(reply: AnswerReply) -> str:
    """The answer as Markdown, a comparison as its table, with the numbered list of its sources."""
    answer = reply.answer
    if answer.status is AnswerStatus.NOT_FOUND:
        return answer.notice
    sources = "\n".join(f"- [{item.number}] {_formal(item, reply)}" for item in answer.citations)
    return f"{answer.markdown}\n\n出典\n\n{sources}"


def _formal(citation: Citation, reply: AnswerReply) -> str:
    return formal_citation(citation, reply.documents[citation.page.document_id])
