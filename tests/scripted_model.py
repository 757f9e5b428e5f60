"""An OpenAI-compatible server that says what a test tells it to, honest or not, over real HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from conftest import PATIENCE_SECONDS
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import Choice, ChoiceDelta

_PASSAGE = re.compile(r'<資料 番号="(\d+)"[^>]*>\n(.*?)\n</資料>', re.DOTALL)
_QUOTE = re.compile(r"⟦(.*?)⟧")
PIECE_CHARS = 7

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: Body

    @property
    def prompt(self) -> str:
        """The user's first message."""
        return str(next(item["content"] for item in self.body["messages"] if item["role"] == "user"))

    def number_of(self, words: str) -> int:
        """The number of the passage that holds these words; 99 where none does."""
        found = [int(number) for number, text in _PASSAGE.findall(self.prompt) if words in text]
        return found[0] if found else 99


Respond = Callable[[BaseHTTPRequestHandler, Heard], None]


def says(text: str, finish: str | None = "stop", piece: int = PIECE_CHARS) -> Respond:
    """Streams a text. ⟦words⟧ becomes the mark of the passage that holds them, with the words quoted."""

    def respond(handler: BaseHTTPRequestHandler, heard: Heard) -> None:
        _begin(handler)
        for chunk in _chunks(_with_marks(text, heard), finish, piece):
            handler.wfile.write(_event(chunk))
        handler.wfile.write(b"data: [DONE]\n\n")

    return respond


def waits(before: str, until: Event, after: str) -> Respond:
    """Streams a text, waits for the test, and streams the rest."""

    def respond(handler: BaseHTTPRequestHandler, heard: Heard) -> None:
        _begin(handler)
        for chunk in _chunks(_with_marks(before, heard), None):
            handler.wfile.write(_event(chunk))
        handler.wfile.flush()
        until.wait(PATIENCE_SECONDS)
        for chunk in _chunks(_with_marks(after, heard), "stop"):
            handler.wfile.write(_event(chunk))
        handler.wfile.write(b"data: [DONE]\n\n")

    return respond


def pings(until: Event) -> Respond:
    """Sends signs of life for as long as anybody listens."""

    def respond(handler: BaseHTTPRequestHandler, heard: Heard) -> None:
        _begin(handler)
        while not until.wait(0.05):
            handler.wfile.write(b": ping\n\n")
            handler.wfile.flush()

    return respond


def breaks_off(text: str) -> Respond:
    """Streams a text and closes the connection in the middle of the body."""

    def respond(handler: BaseHTTPRequestHandler, heard: Heard) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        for chunk in _chunks(_with_marks(text, heard), None):
            handler.wfile.write(_event(chunk))

    return respond


def sends(content: bytes, media_type: str = "text/event-stream", status: int = 200) -> Respond:
    """Any bytes under any status."""

    def respond(handler: BaseHTTPRequestHandler, heard: Heard) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", media_type)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return respond


@dataclass(slots=True)
class ScriptedModel:
    """The server: what it is to say, in order (the last again and again), and what it has heard."""

    url: str
    replies: list[Respond] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    def will(self, *replies: Respond) -> None:
        """A new script."""
        self.replies, self.heard = list(replies), []

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Hear a request and give the next reply."""
        length = int(handler.headers.get("Content-Length", 0))
        body = json.loads(handler.rfile.read(length))
        heard = Heard(handler.path, dict(handler.headers), body)
        self.heard.append(heard)
        self.replies[min(len(self.heard), len(self.replies)) - 1](handler, heard)


@contextmanager
def scripted_model() -> Iterator[ScriptedModel]:
    """The server on a free port, in threads of this process."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # the client has had enough
                model.answer(self)
            self.close_connection = True

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        model = ScriptedModel(f"http://127.0.0.1:{server.server_port}/v1")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield model
        finally:
            server.shutdown()
            thread.join()


def _begin(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
    handler.end_headers()


def _with_marks(text: str, heard: Heard) -> str:
    return _QUOTE.sub(lambda quote: f"[{heard.number_of(quote[1])}]「{quote[1]}」", text)


def _chunks(text: str, finish: str | None, length: int = PIECE_CHARS) -> Iterator[ChatCompletionChunk]:
    """The wire format, as the official client's own types write it."""
    pieces = [text[begin : begin + length] for begin in range(0, len(text), length)]
    for piece in pieces:
        yield _chunk(
            [Choice(index=0, delta=ChoiceDelta(role="assistant", content=piece), finish_reason=None)]
        )
    if finish:
        yield _chunk([Choice(index=0, delta=ChoiceDelta(), finish_reason=finish)])  # type: ignore[arg-type]


def _chunk(choices: Sequence[Choice]) -> ChatCompletionChunk:
    return ChatCompletionChunk(
        id="chatcmpl-1", created=0, model="scripted", object="chat.completion.chunk", choices=list(choices)
    )


def _event(chunk: ChatCompletionChunk) -> bytes:
    return f"data: {chunk.model_dump_json(exclude_none=True)}\n\n".encode()
