"""Our retriever is one that any LlamaIndex program can use."""

from __future__ import annotations

from llama_index.core.retrievers import BaseRetriever

from guideqa.assistant import Assistant
from guideqa.llamaindex import GuideqaRetriever
from guideqa.types import Filters, Question


def test_nodes_are_the_hits_of_a_search_with_their_pages(tiny_assistant: Assistant) -> None:
    retriever = GuideqaRetriever(tiny_assistant, count=3)
    nodes = retriever.retrieve("里親の登録")
    hits = tiny_assistant.search(Question("里親の登録"), 3).hits

    assert isinstance(retriever, BaseRetriever)
    assert [node.node_id for node in nodes] == [hit.passage.id for hit in hits]
    assert [node.metadata["pages"] for node in nodes] == [
        [page.label for page in hit.passage.pages] for hit in hits
    ]
    assert [node.score for node in nodes] == [hit.score for hit in hits]


def test_filters_hold_for_nodes_too(tiny_assistant: Assistant) -> None:
    document = tiny_assistant.search(Question("里親の登録"), 1).hits[0].passage.document_id
    nodes = GuideqaRetriever(tiny_assistant, filters=Filters(document=(document,))).retrieve("里親の登録")

    assert {node.metadata["document"] for node in nodes} == {document}
