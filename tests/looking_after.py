"""What the tests of the documents page and of its API share: a server with an index of its own, and its jobs."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from conftest import eventually

from guideqa.settings import Settings
from ingest.job_process import ORDER

CLUB = "星の会は、毎月第二土曜日の午後に天文台の三階で開く。\f星の会の会費は、一年に四百円とする。"
CLUB_QUESTION = "星の会の会費は一年にいくら？"


def copied(settings: Settings, folder: Path) -> Settings:
    """The same settings over a copy of their data folder."""
    shutil.copytree(settings.data_dir, folder, dirs_exist_ok=True)
    return settings.model_copy(update={"data_dir": folder})


def sent(api: httpx.Client, *files: tuple[str, str | bytes], **fields: str) -> httpx.Response:
    """Upload files, each a name and its content."""
    parts = [
        ("files", (name, content.encode() if isinstance(content, str) else content))
        for name, content in files
    ]
    return api.post("/v1/documents", files=parts, data=fields)


def accepted(response: httpx.Response) -> str:
    """The id of the job that a request has become."""
    assert response.status_code == 202, response.text
    job_id: str = response.json()["id"]
    return job_id


def over(api: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    """The job that a request has become, once it is over."""
    job_id = accepted(response)
    found: dict[str, Any] = {}

    def is_over() -> bool:
        found.update(job_of(api, job_id))
        return found["state"] not in ("waiting", "running")

    assert eventually(is_over), found
    return found


def job_of(api: httpx.Client, job_id: str) -> dict[str, Any]:
    """A job as the API tells it."""
    found: dict[str, Any] = api.get(f"/v1/jobs/{job_id}").raise_for_status().json()
    return found


def documents_of(api: httpx.Client) -> set[str]:
    """The ids of the documents that answer."""
    listed = api.get("/v1/documents").raise_for_status().json()["documents"]
    return {item["id"] for item in listed}


@contextmanager
def held_up(settings: Settings) -> Iterator[None]:
    """While the block lasts no job has its turn."""
    with (settings.data_dir / ORDER).open("a") as order:
        fcntl.flock(order, fcntl.LOCK_EX)
        yield
