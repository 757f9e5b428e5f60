"""What is said where the documents say nothing: what was looked for, what there is, what comes nearest."""

from __future__ import annotations

from collections.abc import Sequence

from guideqa.index.opened import OpenIndex
from guideqa.retrieval.query import Query
from guideqa.types import RelatedPage


def refusal(index: OpenIndex, query: Query, related: Sequence[RelatedPage]) -> str:
    """The notice of an answer that was not found."""
    documents = (stored.document for stored in index.store.documents.values())
    titles = "、".join(dict.fromkeys(f"『{item.title}』" for item in documents if not item.superseded_by))
    lines = [f"{titles}には、この質問に答える記載が見つかりませんでした。"]
    if query.unknown_bodies:
        lines.append(f"{'、'.join(query.unknown_bodies)}の事例は掲載されていません。")
        known = "、".join(index.entities.municipalities + index.entities.prefectures)
        lines.append(f"掲載されている自治体: {known}" if known else "")
    near = "、".join(f"{item.page}（{item.headings[-1]}）" for item in related if item.headings)
    lines.append(f"近い内容のページ: {near}" if near else "")
    return "\n\n".join(line for line in lines if line)
