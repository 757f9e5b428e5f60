"""Text → HTML. Questions, documents and answers are data: whatever they hold, they show as it stands."""

from __future__ import annotations

import html
import json
import re
from dataclasses import asdict
from urllib.parse import parse_qs, urlencode

from guideqa.types import Citation, Filters, PageRef

# Marks that turn the reading direction: they could make a quotation read as what it is not.
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_SCHEME = "#source?"


def escape(text: str) -> str:
    """Text for an element or an attribute."""
    return html.escape(_DIRECTION_MARKS.sub("", text))


def escape_for_chat(text: str) -> str:
    """Text for a message, which the chat reads as Markdown: every mark of ASCII as its number.

    An image in Markdown would make the reader's browser ask a host outside.
    """
    safe = _PUNCTUATION.sub(lambda mark: f"&#{ord(mark.group())};", _DIRECTION_MARKS.sub("", text))
    return "<br>".join(safe.splitlines())


def link_to(page: PageRef, quote: str = "") -> str:
    """A link that opens a page with a quotation marked. It holds all that is needed: no session to lose."""
    target = {"document": page.document_id, "page": page.index} | ({"quote": quote} if quote else {})
    return _SCHEME + urlencode(target)


def linked(link: str) -> tuple[str, int, str] | None:
    """Document, physical page and quotation of a link; None where it is none of ours."""
    values = parse_qs(link.removeprefix(_SCHEME))
    document, page = values.get("document", [""])[0], values.get("page", [""])[0]
    if not link.startswith(_SCHEME) or not document or not (page.isascii() and page.isdecimal()):
        return None
    return document, int(page[:9]), values.get("quote", [""])[0]


def feedback_link(answer_id: str, verdict: str) -> str:
    """A link that says what an answer was worth."""
    return "#feedback?" + urlencode({"answer": answer_id, "verdict": verdict})


def linked_feedback(link: str) -> tuple[str, str]:
    """Answer and verdict of such a link; empty where it is none."""
    values = parse_qs(link.removeprefix("#feedback?"))
    return values.get("answer", [""])[0], values.get("verdict", [""])[0]


def copy_link(text: str) -> str:
    """A link that copies a text."""
    return "#copy?" + urlencode({"text": text})


def ask_link(text: str) -> str:
    """A link that asks a question."""
    return "#ask?" + urlencode({"text": text})


def evidence_link(question: str, filters: Filters) -> str:
    """A link that opens the evidence of a question's answer as a page to print."""
    return "#evidence?" + urlencode({"question": question, "filters": json.dumps(asdict(filters))})


def again_link(answer_id: str, text: str, kind: str = "again") -> str:
    """A link that lets a question be put anew: in other words, or ("confirm") as it is, to a language model."""
    return f"#{kind}?" + urlencode({"answer": answer_id, "text": text})


def linked_answer(link: str) -> str:
    """The answer of such a link; empty where it is none."""
    return parse_qs(link.partition("?")[2]).get("answer", [""])[0]


def talk_link(kind: str, conversation: str, title: str) -> str:
    """A link that opens ("talk"), renames ("rename") or deletes ("forget") a kept conversation."""
    return f"#{kind}?" + urlencode({"id": conversation, "title": title})


def talk_of(link: str) -> tuple[str, str]:
    """Id and title of such a link; empty where it is none."""
    values = parse_qs(link.partition("?")[2])
    return values.get("id", [""])[0], values.get("title", [""])[0]


# What `marker` makes, wherever it stands in an answer.
MARKER = re.compile(r'<a class="gq-marker"[^>]*>(\d+)</a>')


def marker(citation: Citation, title: str) -> str:
    """A citation's number as it stands in an answer."""
    link = escape(link_to(citation.page, citation.quote))
    hint = escape(f"『{title}』{citation.page}を開く")
    return f'<a class="gq-marker" role="button" href="{link}" title="{hint}">{citation.number}</a>'
