"""The right side of the chat: what an answer rests on, and the page that one of them opens."""

from __future__ import annotations

from collections.abc import Sequence

from guideqa.api.document_schemas import image_url
from guideqa.assistant import AnswerReply
from guideqa.index.opened import OpenIndex
from guideqa.index.store import StoredDocument, StoredPage
from guideqa.page_images import PageImages, Picture
from guideqa.types import AnswerStatus, Document, PageRef
from ui.markup import escape, link_to, linked
from ui.sheet import sheet

EMPTY_EVIDENCE = '<p class="gq-quiet">回答の根拠になった引用が、ここに並びます。引用を選ぶと、そのページを下に開きます。</p>'
_TEXT_OF_PAGE = "このページの文字"
EMPTY_PAGE = '<p class="gq-quiet gq-page-empty">ここに資料のページが開きます。</p>'


def badge(document: Document) -> str:
    """Whether one reads our notes or the original."""
    return f'<span class="gq-badge gq-{document.kind.value}">{document.status_label}</span>'


def header(content: str, user: str = "", *, may_administer: bool = False) -> str:
    """The bar at the top. Who has signed in here may sign out here; who may, finds the way to the documents."""
    out = f'<a href="/signout" title="サインアウトする">{escape(user)}</a>' if user else ""
    managing = '<a href="/documents">文書の管理</a>' if may_administer else ""
    links = f'<nav class="gq-links" aria-label="ほかの画面">{managing}{out}<a href="/docs">API</a></nav>'
    return f'<header class="gq-bar"><h1>資料に聞く</h1>{content}{links}</header>'


def documents(every: Sequence[Document]) -> str:
    """Which documents answer."""
    items = (
        f"<li>{badge(item)}『{escape(item.title)}』<small>{escape(item.issue)}</small></li>" for item in every
    )
    return f'<ul class="gq-documents">{"".join(items)}</ul>'


def note(text: str) -> str:
    """A short word of the program's, read out by screen readers."""
    return f'<p class="gq-note" role="status">{escape(text)}</p>'


def evidence(reply: AnswerReply) -> str:
    """The quotations of an answer as cards; for a refusal, the nearest pages."""
    if reply.answer.status is AnswerStatus.NOT_FOUND:
        return _nearest(reply)
    return cards(
        [
            card(
                link_to(citation.page, citation.quote),
                citation.number,
                where(citation.page, reply.documents[citation.page.document_id]),
                citation.quote,
            )
            for citation in reply.answer.citations
        ]
    )


def cards(items: Sequence[str]) -> str:
    """The cards of quotations, under their heading."""
    return f'<h2 class="gq-label">根拠（{len(items)}件）</h2><ol class="gq-cards">{"".join(items)}</ol>'


def card(link: str, number: int, place: str, quote: str) -> str:
    """A quotation, and where it stands."""
    mark, body = f'<span class="gq-number">{number}</span>', f'<q class="gq-quote">{escape(quote)}</q>'
    return _card(link, mark, place, body)


def _nearest(reply: AnswerReply) -> str:
    if not reply.answer.related:
        return '<p class="gq-quiet">近いページもありませんでした。</p>'
    nearest = "".join(
        _card(
            link_to(item.page),
            "",
            where(item.page, reply.documents[item.page.document_id]),
            f'<span class="gq-quote">{escape(" › ".join(item.headings[-2:]))}</span>',
        )
        for item in reply.answer.related
    )
    return f'<h2 class="gq-label">近いページ</h2><ol class="gq-cards">{nearest}</ol>'


def where(page: PageRef, document: Document) -> str:
    """A page and its document, as a card names them."""
    return f'<b class="gq-folio">{escape(str(page))}</b> {badge(document)} 『{escape(document.title)}』'


def _card(link: str, number: str, place: str, body: str) -> str:
    return (
        f'<li><a class="gq-card" role="button" href="{escape(link)}">{number}'
        f'<span class="gq-where">{place}</span>{body}</a></li>'
    )


def opened(index: OpenIndex, images: PageImages, link: str) -> str:
    """The page behind a link, with its quotation marked; a kind word where it is not there any more."""
    target = linked(link)
    stored = index.store.documents.get(target[0]) if target else None
    if target is None or stored is None:
        return _gone()
    place = next((n for n, page in enumerate(stored.pages) if page.page.ref.index == target[1]), None)
    if place is None:
        return _gone()
    picture = images.look(stored.document.id, target[1], target[2])
    return _page(stored, place, target[2], picture)


def _gone() -> str:
    return '<p class="gq-quiet gq-page-empty">このページは、今の資料の中にありません。資料が入れ替わった場合は、もう一度質問してください。</p>'


def _page(stored: StoredDocument, place: int, quote: str, picture: Picture | None) -> str:
    page = stored.pages[place]
    link = escape(link_to(page.page.ref, quote))
    place_of = f'data-document="{escape(stored.document.id)}" data-label="{escape(page.page.ref.label)}"'
    label = escape(page.page.ref.label)
    document = stored.document
    return (
        f'<section class="gq-page" data-link="{link}" {place_of} aria-label="『{escape(document.title)}』{label}ページ">'
        f'<header class="gq-page-head"><div class="gq-page-title">{badge(document)}'
        f"<span>『{escape(document.title)}』<small>{escape(document.edition)}</small></span></div>"
        f"{_steps(stored.pages, place, quote)}{_path(page.headings)}</header>"
        f'<div class="gq-sheet" tabindex="0" role="document" aria-label="{label}ページの本文">'
        f"{_picture(stored, page, picture)}{_body(page, quote)}</div>"
        f'<p class="gq-spoken" role="status">{label}ページを開きました。</p></section>'
    )


def _picture(stored: StoredDocument, page: StoredPage, picture: Picture | None) -> str:
    """The page as it is printed, with the quotation's lines marked; then the heading that its text hangs from."""
    if picture is None:
        return f'<h3 class="gq-spoken">{_TEXT_OF_PAGE}</h3>'
    boxes = "".join(
        f'<span class="gq-box" style="left:{box.left:.3%};top:{box.top:.3%};'
        f'width:{box.width:.3%};height:{box.height:.3%}"></span>'
        for box in picture.boxes
    )
    source = escape(image_url(page.page.ref, stored.content_hash))
    label = escape(page.page.ref.label)
    return (
        f'<div class="gq-picture" style="aspect-ratio:1/{picture.ratio:.4f}">'
        f'<img src="{source}" alt="{label}ページの画像。文字はこの下にあります。">{boxes}</div>'
        f'<h3 class="gq-label">{_TEXT_OF_PAGE}</h3>'
    )


def _path(headings: Sequence[str]) -> str:
    return f'<p class="gq-path">{escape(" › ".join(headings))}</p>' if headings else ""


def _steps(pages: Sequence[StoredPage], place: int, quote: str) -> str:
    def step(target: int, name: str, text: str) -> str:
        if not 0 <= target < len(pages):
            return f'<span class="gq-step" aria-disabled="true">{text}</span>'
        link = escape(link_to(pages[target].page.ref, quote))
        return f'<a class="gq-step" role="button" href="{link}" aria-label="{name}">{text}</a>'

    folio = f'<b class="gq-folio">{escape(str(pages[place].page.ref))}</b>'
    return (
        f'<nav class="gq-steps" aria-label="ページ送り">{step(place - 1, "前のページ", "‹ 前")}'
        f"{folio}{step(place + 1, '次のページ', '次 ›')}</nav>"
    )


def _body(page: StoredPage, quote: str) -> str:
    if page.page.text.strip():
        return sheet(page.page.text, quote)
    reason = page.reason or "画像だけのページです"
    return f'<p class="gq-quiet">{escape(reason)}。このページには表示できる文字がありません。</p>'
