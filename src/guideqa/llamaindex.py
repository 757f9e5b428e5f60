"""Our retrieval for LlamaIndex programs: a `BaseRetriever` over the current index.

from guideqa.llamaindex import GuideqaRetriever
from guideqa.settings import load_settings
from guideqa.wiring import build_assistant

nodes = GuideqaRetriever(build_assistant(load_settings()), count=5).retrieve("ショートステイの里親活用")
"""

from __future__ import annotations

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from guideqa.assistant import Assistant
from guideqa.types import Document, Filters, Hit, Question


class GuideqaRetriever(BaseRetriever):
    """Passages as nodes; the metadata carry the document, its pages as printed, and the headings."""

    def __init__(self, assistant: Assistant, count: int = 10, filters: Filters | None = None) -> None:
        """`count`: how many nodes a query gives at most. `filters`: facet values to keep."""
        self._assistant = assistant
        self._count = count
        self._filters = filters or Filters()
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = Question(query_bundle.query_str, filters=self._filters)
        reply = self._assistant.search(question, self._count)
        return [_node(hit, reply.documents[hit.passage.document_id]) for hit in reply.hits]


def _node(hit: Hit, document: Document) -> NodeWithScore:
    passage = hit.passage
    metadata = {
        "document": document.id,
        "title": document.title,
        "kind": document.kind.value,
        "collection": document.collection,
        "pages": [page.label for page in passage.pages],
        "headings": list(passage.headings),
        "municipality": passage.facets.municipality,
        "programme": passage.facets.programme,
        "population": passage.facets.population,
    }
    return NodeWithScore(node=TextNode(id_=passage.id, text=passage.text, metadata=metadata), score=hit.score)
