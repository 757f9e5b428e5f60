"""Kept conversations as HTML: their list, and each as it was, with its citations found again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

from guideqa.history.records import Exchange, KeptCitation, Listed
from guideqa.index.store import CorpusStore
from guideqa.types import PageRef
from ui import messages, panel
from ui.markup import MARKER, again_link, copy_link, escape, link_to, talk_link

NOTHING_YET = '<p class="gq-quiet">会話は、まだありません。質問すると、ここに残ります。</p>'
NOTHING_FOUND = '<p class="gq-quiet">この言葉のある会話は、ありません。</p>'
NOT_KEPT = (
    '<p class="gq-quiet">このブラウザーはCookieを受け取らないため、会話を残せません（質問はできます）。</p>'
)
_OLDER_COPY = "\n※ 旧版による引用があります。今の資料で確かめてください。"
_COPY = re.compile(r'href="#copy\?text=([^"&]*)"')


@dataclass(frozen=True, slots=True)
class Anchored:
    """A kept citation, and where it is to be found now."""

    citation: KeptCitation
    page: PageRef  # its index is 0 where the page is no more
    stands: bool

    @classmethod
    def of(cls, citation: KeptCitation, store: CorpusStore) -> Anchored:
        """Look for it."""
        page = citation.page_in(store)
        ref = page.page.ref if page else PageRef(citation.document, 0, citation.label)
        return cls(citation, ref, citation.stands_in(store))

    @property
    def link(self) -> str:
        """Opens its page, with the quotation marked where it still stands on it."""
        return link_to(self.page, self.citation.quote if self.stands else "")


def listed(found: Sequence[Listed], count: int, current: str) -> str:
    """The conversations, last used first; `current` is the one that is open."""
    items = "".join(_item(item, item.id == current) for item in found)
    more = f"ほか{count - len(found)}件は、検索してください。" if count > len(found) else ""
    wipe = f'<a role="button" href="{escape(talk_link("forget", "", f"{count}件の会話のすべて"))}">すべて削除</a>'
    return (
        f'<ul class="gq-talks" aria-label="会話">{items}</ul>'
        f'<p class="gq-quiet gq-talks-foot"><span>{count}件。{more}</span>{wipe}</p>'
    )


def _item(item: Listed, is_current: bool) -> str:
    title, time = escape(item.title), f"{item.used_at.astimezone():%m月%d日 %H:%M}"
    mark = ' aria-current="true"' if is_current else ""
    deeds = "".join(
        f'<a role="button" href="{escape(talk_link(kind, item.id, item.title))}" aria-label="「{title}」{says}">{word}</a>'
        for kind, word, says in (("rename", "改名", "の名前を変える"), ("forget", "削除", "を削除する"))
    )
    return (
        f'<li><a class="gq-talk" role="button" href="{escape(talk_link("talk", item.id, item.title))}"{mark}>{title}'
        f"<small>{time}</small></a>{deeds}</li>"
    )


def question(text: str, answer_id: str) -> str:
    """A question as the reader typed it, which can be put anew."""
    again = f'<a role="button" href="{escape(again_link(answer_id, text))}">書き直して尋ねる</a>'
    return f'{messages.question(text)}<p class="gq-again">{again}</p>'


def shown_again(exchange: Exchange, anchored: Sequence[Anchored]) -> str:
    """An answer as it was shown. Of what no longer stands on its page it says so."""
    by_number = {item.citation.number: item for item in anchored}
    shown = MARKER.sub(lambda mark: _marker(by_number.get(int(mark[1])), mark[0]), exchange.shown)
    gone = [str(item.citation.number) for item in anchored if not item.stands]
    if not gone:
        return shown
    text = f"資料が入れ替わり、引用{'、'.join(gone)}は今のページにありません（旧版）。もう一度尋ねると、今の資料から答えます。"
    return messages.notice(text) + _COPY.sub(_older_copy, shown)


def _older_copy(found: re.Match[str]) -> str:
    return f'href="{escape(copy_link(unquote_plus(found[1]) + _OLDER_COPY))}"'


def _marker(item: Anchored | None, before: str) -> str:
    if item is None:
        return before
    citation = item.citation
    if item.stands:
        hint, kind, older = f"『{citation.title}』{item.page}を開く", "gq-marker", ""
    else:
        hint = f"旧版の引用。今の『{citation.title}』{item.page}にはありません"
        kind, older = "gq-marker gq-older", " 旧版"
    link = escape(item.link)
    return (
        f'<a class="{kind}" role="button" href="{link}" title="{escape(hint)}">{citation.number}{older}</a>'
    )


def evidence_again(anchored: Sequence[Anchored], store: CorpusStore) -> str:
    """The quotations of a kept answer as cards."""
    if not anchored:
        return panel.EMPTY_EVIDENCE
    return panel.cards([_card(item, store) for item in anchored])


def _card(item: Anchored, store: CorpusStore) -> str:
    citation = item.citation
    stored = store.documents.get(citation.document)
    if item.stands and stored:
        where = panel.where(item.page, stored.document)
    else:
        where = (
            f'<b class="gq-folio">{escape(str(item.page))}</b> <span class="gq-badge gq-digest">旧版</span> '
            f"『{escape(citation.title)}』（今のページにはありません）"
        )
    return panel.card(item.link, citation.number, where, citation.quote)
