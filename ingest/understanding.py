"""A source → the document that the index keeps: passages, and what became of each page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from guideqa.index.store import StoredDocument, StoredPage
from guideqa.types import Document, Page, PageRef, PageStatus, Passage
from ingest.notes import note_blocks, questions_of, readable_notes
from ingest.passages import build_passages
from ingest.source import Source, SourceFormat, SourcePage
from ingest.structure import StructureReader
from ingest.suspicion import suspicion


def understand(document: Document, source: Source) -> StoredDocument:
    """Cut a source into passages and account for each of its pages."""
    refs = [PageRef(document.id, index, page.label) for index, page in enumerate(source.pages, start=1)]
    contents: frozenset[str] = frozenset()
    if source.format is SourceFormat.MARKDOWN:
        blocks = list(note_blocks(document.id, list(zip(refs, source.pages, strict=True))))
        shown = [readable_notes(page.text) for page in source.pages]
    else:
        reader = StructureReader(document.id, source.pages)
        blocks, contents = reader.blocks(), reader.outline.contents_pages
        shown = [page.text for page in source.pages]
    passages = [replace(p, headings=p.headings or (document.title,)) for p in build_passages(blocks)]
    shown_as = _shown_as(list(zip(refs, source.pages, strict=True)), _headings_by_page(passages))
    passages = [replace(p, pages=tuple(shown_as.get(ref, ref) for ref in p.pages)) for p in passages]
    headings = _headings_by_page(passages)
    pages = []
    for ref, page, text in zip(refs, source.pages, shown, strict=True):
        shown_ref = shown_as.get(ref, ref)
        status, reason = _status(text, shown_ref in headings, ref.label in contents)
        reason = "。".join(filter(None, (reason, suspicion(text), page.note)))
        questions = questions_of(page.text) if source.format is SourceFormat.MARKDOWN else ()
        pages.append(
            StoredPage(Page(shown_ref, text), status, reason, headings.get(shown_ref, ()), questions)
        )
    counted = replace(document, page_count=len(pages))
    return StoredDocument(counted, source.content_hash, tuple(pages), tuple(passages))


def redescribed(stored: StoredDocument, document: Document) -> StoredDocument:
    """The document as it is described now. Its title is the heading of what has no other."""

    def renamed(headings: tuple[str, ...]) -> tuple[str, ...]:
        return (document.title,) if headings == (stored.document.title,) else headings

    if document.title == stored.document.title:
        return replace(stored, document=document)
    return replace(
        stored,
        document=document,
        pages=tuple(replace(page, headings=renamed(page.headings)) for page in stored.pages),
        passages=tuple(replace(item, headings=renamed(item.headings)) for item in stored.passages),
    )


def _shown_as(
    pages: Sequence[tuple[PageRef, SourcePage]], headings: Mapping[PageRef, tuple[str, ...]]
) -> dict[PageRef, PageRef]:
    """For pages whose number is not known: cited by their heading, saying so, never by a wrong number."""
    found: dict[PageRef, PageRef] = {}
    unknown = [ref for ref, page in pages if not page.label_known]
    for number, ref in enumerate(unknown, start=1):
        path = "・".join(headings.get(ref, ())[-2:]).replace("/", "／")
        found[ref] = replace(
            ref, label=f"「{path}」（ページ番号不明{number}）" if path else f"ページ番号不明{number}"
        )
    return found


def _headings_by_page(passages: Sequence[Passage]) -> dict[PageRef, tuple[str, ...]]:
    """The heading path of the first passage that touches each page."""
    found: dict[PageRef, tuple[str, ...]] = {}
    for passage in passages:
        for ref in passage.pages:
            found.setdefault(ref, passage.headings)
    return found


def _status(text: str, has_passage: bool, is_contents: bool) -> tuple[PageStatus, str]:
    if has_passage:
        return PageStatus.INDEXED, ""
    if not text.strip():
        return PageStatus.EMPTY, "文字がありません（画像だけか、白紙）"
    if is_contents:
        return PageStatus.EXCLUDED, "目次（見出しとページ番号の読み取りに使いました）"
    return PageStatus.EXCLUDED, "見出しや記号だけで、本文がありません"
