"""A real server over HTTP for the tests: in this process, or the installed program in one of its own."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import uvicorn
from conftest import environment_of, guideqa_command
from fastapi import FastAPI

from guideqa.settings import Settings

PATIENCE_SECONDS = 60


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """The app behind uvicorn on a free port, and a client that speaks to it."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", proxy_headers=False)
    server = uvicorn.Server(config)
    thread = Thread(target=lambda: asyncio.run(server.serve([listener])))
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as client:
            _wait_for(lambda: server.started)
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def program(settings: Settings, **environment: str) -> Iterator[str]:
    """`guideqa serve` in a process of its own; yields the address that it says to open."""
    with program_with_id(settings, **environment) as (address, _):
        yield address


@contextmanager
def program_with_id(settings: Settings, **environment: str) -> Iterator[tuple[str, int]]:
    """The same, with the id of the process."""
    port = free_port()
    process = subprocess.Popen(
        guideqa_command("serve", "--port", port),
        env=environment_of(settings, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert f"http://127.0.0.1:{port}/" in said, said
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        process.stdout.close()


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(condition: object) -> None:
    assert callable(condition)
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "the server did not start"
        time.sleep(0.01)
