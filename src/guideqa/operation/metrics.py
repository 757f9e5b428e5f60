"""Counts and times in Prometheus' form. Of one process, or of all workers together.

With several workers, `guideqa serve` sets PROMETHEUS_MULTIPROC_DIR before any of them starts: the client library
then keeps every value in files of that folder, and each worker tells the sum of all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from guideqa import __version__
from guideqa.errors import IndexUnavailableError
from guideqa.index.folder import IndexFolder

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
WORKERS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """What one server counts."""

    def __init__(self, folder: IndexFolder) -> None:
        """`folder`: where the index is whose age is told."""
        self._registry = CollectorRegistry()
        self._index = _IndexAge(folder)
        self._registry.register(self._index)
        self._requests = Counter(
            "guideqa_requests", "HTTP requests", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "guideqa_request_seconds",
            "Time of HTTP requests until the last byte",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._answers = Counter("guideqa_answers", "Answers", ["status"], registry=self._registry)
        self._answer_seconds = Histogram(
            "guideqa_answer_seconds", "Time of answers", buckets=_SECONDS, registry=self._registry
        )
        self._audit_failures = Counter(
            "guideqa_audit_failures",
            "Lines of the audit log that could not be written",
            registry=self._registry,
        )

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request has been answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_answer(self, status: str, seconds: float) -> None:
        """A question has been answered, or refused."""
        self._answers.labels(status).inc()
        self._answer_seconds.observe(seconds)

    def count_audit_failure(self) -> None:
        """A line of the audit log is missing."""
        self._audit_failures.inc()

    def exposition(self) -> bytes:
        """All values, as Prometheus reads them."""
        if WORKERS_FOLDER not in os.environ:
            return generate_latest(self._registry)
        from prometheus_client.multiprocess import MultiProcessCollector

        everything = CollectorRegistry()
        MultiProcessCollector(everything)  # type: ignore[no-untyped-call]
        everything.register(self._index)
        return generate_latest(everything)


class _IndexAge(Collector):
    """How long ago the index was switched to; nothing where there is none."""

    def __init__(self, folder: IndexFolder) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Looked up whenever somebody asks."""
        info = GaugeMetricFamily(
            "guideqa_info", "The program's version and index", labels=["version", "index"]
        )
        try:
            name = self._folder.current_name()
        except IndexUnavailableError:
            name = None
        info.add_metric([__version__, name or ""], 1)
        yield info
        switched_at = self._folder.switched_at()
        if switched_at is not None:
            age = max(0.0, time.time() - switched_at)
            yield GaugeMetricFamily(
                "guideqa_index_age_seconds", "Seconds since the index was switched to", age
            )
