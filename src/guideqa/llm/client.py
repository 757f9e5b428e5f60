"""The model behind an OpenAI-compatible server, through LlamaIndex. Nothing of LlamaIndex leaves this file."""

from __future__ import annotations

import ssl
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from guideqa.llm.endpoint import Endpoint
from guideqa.llm.model import Deadline, LanguageModelError, Message, Trouble

if TYPE_CHECKING:
    import httpx

MAX_TOKENS = 1500
# A server that never stops must not fill the memory.
MAX_REPLY_CHARS = 12_000


class CompatibleModel:
    """Asks the server of an endpoint. One instance serves any number of threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Imports the client, which takes a second or two that no reader should wait for. Asks nothing."""
        import llama_index.llms.openai_like  # noqa: F401

        self._endpoint = endpoint

    def stream(self, messages: Sequence[Message], deadline: Deadline, /) -> Generator[str, None, None]:
        """The reply in pieces; see `ChatModel`. Closing the iterator closes the connection."""
        from guideqa.llm.bounded import bounded_client

        said = 0
        finished = ""
        with _told_apart(), bounded_client(deadline, self._certificates) as http:
            for part in self._parts(messages, deadline, http):
                if deadline.seconds_left <= 0:
                    raise LanguageModelError(Trouble.TIMEOUT)
                choice = part.raw.choices[0] if part.raw.choices else None
                if choice is not None and getattr(choice.delta, "refusal", None):
                    raise LanguageModelError(Trouble.DECLINED)
                finished = (choice.finish_reason if choice is not None else None) or finished
                said += len(part.delta or "")
                if said > MAX_REPLY_CHARS:
                    raise LanguageModelError(Trouble.UNREADABLE, f"{MAX_REPLY_CHARS:,}文字を超えました")
                if part.delta:
                    yield part.delta
        if finished == "content_filter":
            raise LanguageModelError(Trouble.DECLINED)
        if finished != "stop":
            raise LanguageModelError(Trouble.CUT if said else Trouble.SILENT)
        if not said:
            raise LanguageModelError(Trouble.SILENT)

    def _parts(self, messages: Sequence[Message], deadline: Deadline, http: httpx.Client) -> Iterator[Any]:
        from llama_index.core.base.llms.types import ChatMessage
        from llama_index.llms.openai_like import OpenAILike

        model = OpenAILike(
            model=self._endpoint.model,
            api_base=self._endpoint.url,
            api_key=self._endpoint.key,
            is_chat_model=True,
            temperature=0.0,
            max_tokens=MAX_TOKENS,
            max_retries=0,
            timeout=deadline.seconds_left,
            http_client=http,  # type: ignore[call-arg]  # taken by the constructor, which is not declared
        )
        yield from model.stream_chat([ChatMessage(role=item.role, content=item.content) for item in messages])

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        """Those of the operating system, where an intranet keeps its own."""
        return ssl.create_default_context()


@contextmanager
def _told_apart() -> Iterator[None]:
    """Whatever client and server do, told as one of the troubles."""
    import httpx
    import openai

    try:
        yield
    except openai.APITimeoutError as error:
        # The connection has a shorter limit of its own.
        trouble = (
            Trouble.UNREACHABLE if isinstance(error.__cause__, httpx.ConnectTimeout) else Trouble.TIMEOUT
        )
        raise LanguageModelError(trouble) from error
    except httpx.TimeoutException as error:
        raise LanguageModelError(Trouble.TIMEOUT) from error
    except openai.APIConnectionError as error:
        raise LanguageModelError(Trouble.UNREACHABLE, type(error.__cause__).__name__) from error
    except openai.APIStatusError as error:
        raise LanguageModelError(Trouble.HTTP, f"HTTP {error.status_code}") from error
    except httpx.TransportError as error:
        raise LanguageModelError(Trouble.CUT) from error
    except UnicodeError as error:
        raise LanguageModelError(Trouble.UNREADABLE, "UTF-8ではありません") from error
    except openai.APIError as error:
        raise LanguageModelError(Trouble.HTTP, "応答の途中のエラー") from error
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise LanguageModelError(Trouble.UNREADABLE, type(error).__name__) from error
