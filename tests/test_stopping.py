"""Told to stop, a server lets what it is answering come to its end, takes no more, and ends as is expected."""

from __future__ import annotations

import signal
from threading import Event

import httpx
import pytest
from conftest import PATIENCE_SECONDS, eventually
from scripted_model import scripted_model, waits
from serving import program_with_process

from guideqa.settings import Settings

PRICE = "星見町のショートステイの利用料は1泊いくら？"
FIRST = "星見町の利用料は1泊2,000円です。⟦利用料は1泊2,000円⟧\n"
REST = "生活保護の世帯からは受け取りません。⟦生活保護の世帯からは受け取らない⟧"
LONG = "600"  # seconds: longer than any test waits


def is_closed(address: str) -> bool:
    """Whether nobody listens there any more."""
    try:
        httpx.get(f"{address}/healthz", timeout=PATIENCE_SECONDS)
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        return False  # was taken at the last moment
    return False


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_answer_that_is_being_streamed_comes_to_its_end_and_a_page_that_is_only_open_keeps_nobody_waiting(
    tiny_settings: Settings, workers: str
) -> None:
    released = Event()
    with scripted_model() as model:
        model.will(waits(FIRST, released, REST))
        environment = {
            "GUIDEQA_LLM_URL": model.url,
            "GUIDEQA_LLM_MODEL": "scripted",
            "GUIDEQA_WORKERS": workers,
            "GUIDEQA_STOP_SECONDS": LONG,
        }
        with program_with_process(tiny_settings, **environment) as (address, process):
            question = {"question": PRICE, "stream": True}
            client = httpx.Client(base_url=address, timeout=PATIENCE_SECONDS)
            try:
                with (
                    client,
                    client.stream("GET", "/gradio_api/heartbeat/abc") as page,
                    client.stream("POST", "/v1/ask", json=question) as answer,
                ):
                    beats, lines = page.iter_lines(), answer.iter_lines()
                    assert "ALIVE" in next(beats)
                    assert "event: statement" in lines
                    process.send_signal(signal.SIGTERM)
                    assert eventually(lambda: is_closed(address))
                    released.set()
                    rest = list(lines)
                    assert not [line for line in beats if line and "ALIVE" not in line]
            finally:
                released.set()

            assert "event: done" in rest
            assert any("生活保護" in line for line in rest)
            assert process.wait(PATIENCE_SECONDS) == 0
