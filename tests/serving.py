"""A real server over HTTP for the tests: in this process, or the installed program in one of its own."""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import uvicorn
from conftest import PATIENCE_SECONDS, environment_of, eventually, guideqa_command, line_from
from fastapi import FastAPI

from guideqa.settings import Settings


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
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=address, timeout=PATIENCE_SECONDS) as client:
            assert eventually(lambda: server.started), "the server did not start"
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def program(settings: Settings, *options: str, **environment: str) -> Iterator[str]:
    """`guideqa serve` in a process of its own; yields the address that it says to open."""
    with program_with_id(settings, *options, **environment) as (address, _):
        yield address


@contextmanager
def program_with_id(settings: Settings, *options: str, **environment: str) -> Iterator[tuple[str, int]]:
    """The same, with the id of the process."""
    with program_with_process(settings, *options, **environment) as (address, process):
        yield address, process.pid


@contextmanager
def program_with_process(
    settings: Settings, *options: str, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The same, with the process itself."""
    port = free_port()
    process = subprocess.Popen(
        guideqa_command("serve", "--port", port, *options),
        env=environment_of(settings, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        said = line_from(process)
        assert f"http://127.0.0.1:{port}/" in said, said
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """See a process off that has been told to end, by force where it does not."""
    try:
        process.wait(PATIENCE_SECONDS)
    finally:
        process.kill()
        if process.stdout:
            process.stdout.close()


def free_port() -> int:
    """A port that nobody uses at this moment, none of those that are given to whoever connects to something."""
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
