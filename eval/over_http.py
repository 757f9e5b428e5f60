"""Any server that speaks the contract, by its public API alone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from eval.errors import EvalConfigError, SystemUnderTestError
from eval.fingerprints import index_hash
from eval.outcome import CitedPage, FoundPage, Timing
from eval.systems import Reply, SystemIdentity
from guideqa.api.document_schemas import DocumentList, PageOut
from guideqa.api.schemas import AskResponse, SearchResponse
from guideqa.types import AnswerStatus, Question

TIMEOUT_SECONDS = 60.0
# Any word will do: it is asked for a first page, from which the others are reached.
_ANY_QUERY = "概要"

_Model = TypeVar("_Model", bound=BaseModel)


class OverHttp:
    """A server's answers. The time of an answer is the client's; a bare embedding cannot be seen from here."""

    def __init__(self, url: str, client: httpx.Client | None = None) -> None:
        """`client`: one with the server as its base, unless it should be made here.

        Raises:
            EvalConfigError: the address is none.
        """
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise EvalConfigError(f"--against は http://ホスト:ポート の形で指定してください: {url}")
        self._url = url
        self._client = client or httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS)
        self._pages: dict[tuple[str, str], PageOut | None] = {}

    def __enter__(self) -> OverHttp:
        """The connection is open until the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._client.close()

    def identity(self) -> SystemIdentity:
        """The documents behind the server; every page is read once, and kept for checking quotations."""
        listed = _read(self._request("GET", "/v1/documents"), DocumentList).documents
        pages = {
            document.id: [(page.label, page.text) for page in self._all_pages(document.id)]
            for document in listed
        }
        return SystemIdentity(
            kind="http",
            index=index_hash(pages),
            model="",
            version=self._version(),
            documents=tuple(document.id for document in listed),
        )

    def ask(self, question: Question) -> Reply:
        """Ask the server."""
        body = {"question": question.text, **_context(question)}
        began = time.perf_counter()
        response = self._request("POST", "/v1/ask", json=body)
        took = (time.perf_counter() - began) * 1000
        answer = _read(response, AskResponse)
        citations = tuple(
            CitedPage(item.number, item.document.id, item.page.label, item.quote, item.passage_id)
            for item in answer.citations
        )
        return Reply(
            refused=answer.status is AnswerStatus.NOT_FOUND,
            answer=answer.answer,
            confidence=answer.confidence,
            citations=citations,
            rewritten=answer.rewritten_question,
            timing=Timing(took),
        )

    def search(self, question: Question, count: int) -> tuple[FoundPage, ...]:
        """Search by the server."""
        body = {"query": question.text, "k": count, **_context(question)}
        response = self._request("POST", "/v1/search", json=body)
        found = _read(response, SearchResponse)
        legs: list[Mapping[str, Any]] = response.json()["hits"]
        return tuple(
            FoundPage(
                rank=hit.rank,
                passage_id=hit.passage_id,
                score=hit.score,
                document=hit.document.id,
                pages=tuple(page.label for page in hit.pages),
                headings=tuple(hit.headings),
                text=hit.text,
                dense_rank=raw.get("dense_rank"),
                lexical_rank=raw.get("lexical_rank"),
            )
            for hit, raw in zip(found.hits, legs, strict=True)
        )

    def page_text(self, document: str, label: str) -> str | None:
        """A page by the API; None where the server knows none."""
        page = self._page(document, label)
        return page.text if page else None

    def _page(self, document: str, label: str) -> PageOut | None:
        key = (document, label)
        if key not in self._pages:
            path = f"/v1/documents/{quote(document, safe='')}/pages/{quote(label, safe='')}"
            response = self._request("GET", path, missing_is_fine=True)
            self._pages[key] = None if response.status_code == 404 else _read(response, PageOut)
        return self._pages[key]

    def _all_pages(self, document: str) -> Iterator[PageOut]:
        """From the first page on, which is found backwards from any page that a search finds."""
        body = {"query": _ANY_QUERY, "k": 1, "filters": {"document": [document]}}
        hits = _read(self._request("POST", "/v1/search", json=body), SearchResponse).hits
        page = self._page(document, hits[0].pages[0].label) if hits else None
        while page and page.previous is not None:
            page = self._page(document, page.previous)
        while page:
            yield page
            page = self._page(document, page.next) if page.next is not None else None

    def _version(self) -> str:
        response = self._request("GET", "/healthz", missing_is_fine=True)
        try:
            return str(response.json().get("version", ""))
        except (ValueError, AttributeError):
            return ""

    def _request(
        self, method: str, path: str, *, missing_is_fine: bool = False, **more: Any
    ) -> httpx.Response:
        try:
            response = self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise SystemUnderTestError(
                f"サーバーが応答しません（{self._url}{path}、{type(error).__name__}）。"
                "サーバーを起動し直して同じコマンドを実行すると、続きから測ります。"
            ) from error
        if response.is_error and not (missing_is_fine and response.status_code == 404):
            raise SystemUnderTestError(
                f"サーバーがエラーを返しました（{response.status_code}、{path}）: {_detail(response)}"
            )
        return response


def _context(question: Question) -> dict[str, Any]:
    filters = {name: list(values) for name, values in asdict(question.filters).items() if values}
    history = [asdict(turn) for turn in question.history]
    return {"history": history, "filters": filters}


def _read(response: httpx.Response, model: type[_Model]) -> _Model:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SystemUnderTestError(
            f"応答が規約の形ではありません（{response.request.url.path}、{name}）: {first['msg']}"
        ) from error


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json().get("detail", ""))
    except (ValueError, AttributeError):
        return response.text[:200]
