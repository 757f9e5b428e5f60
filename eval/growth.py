"""`guideqa bench ingest`: what a page costs in time and memory as the documents grow in number."""

from __future__ import annotations

import resource
import sqlite3
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.bench import TimedEncoder
from eval.copies import write_copies
from eval.errors import EvalConfigError
from eval.progress import ProgressBar
from guideqa.cli import print_json
from guideqa.encoder.protocol import Encoder
from guideqa.index.embeddings import EmbeddingCache
from guideqa.index.folder import IndexFolder
from guideqa.settings import Settings, load_settings
from ingest.manifest import Manifest
from ingest.pipeline import Pipeline, Request
from ingest.readers.isolation import read_isolated

REAL, DETERMINISTIC = "real", "deterministic"
ENCODERS = (DETERMINISTIC, REAL)


@dataclass(frozen=True, slots=True)
class Step:
    """One ingest of a number of copies from nothing, and the same once more with nothing changed."""

    copies: int
    pages: int
    passages: int
    repeated: int  # passages whose text another has too: they cost no embedding
    seconds: float
    embedding_seconds: float
    other_processor_seconds: float  # of all processes, without the embedding
    again_seconds: float
    peak_bytes: int  # of the process that ingests
    again_peak_bytes: int
    reader_bytes: int  # the largest of the processes that read one file each
    disk_bytes: int  # of the data folder

    @property
    def page_ms(self) -> float:
        """Milliseconds of a processor a page, without the embedding: a busy machine does not change it."""
        return self.other_processor_seconds / self.pages * 1000

    @property
    def again_share(self) -> float:
        """The second ingest's time as a share of the first's."""
        return self.again_seconds / self.seconds

    def line(self) -> str:
        """For the terminal."""
        return (
            f"{self.copies:4}部 {self.pages:6,}ページ {self.passages:7,}のまとまり: {self.seconds:7.1f}秒"
            f"（うち埋め込み{self.embedding_seconds:.1f}秒）、ほかはプロセッサー時間で1ページ{self.page_ms:.1f}ms、"
            f"最大{_mega(self.peak_bytes)}（読み取り{_mega(self.reader_bytes)}）、ディスク{_mega(self.disk_bytes)}、"
            f"もう一度: {self.again_seconds:.1f}秒（{self.again_share:.1%}）、最大{_mega(self.again_peak_bytes)}"
        )


@dataclass(frozen=True, slots=True)
class _Order:
    """What a process of its own is to ingest."""

    paths: tuple[Path, ...]
    folder: Path
    settings: Settings
    encoder: str


@dataclass(frozen=True, slots=True)
class _Run:
    pages: int
    passages: int
    seconds: float
    embedding_seconds: float
    other_processor_seconds: float
    peak_bytes: int
    reader_bytes: int


def run(options: Namespace) -> None:
    """Measure each size, and print it.

    Raises:
        EvalConfigError: a number of copies that makes no sense.
        InputError: the document cannot be read, or cannot be altered so often.
    """
    if min(options.copies) < 1:
        raise EvalConfigError(f"--copies は1以上にしてください: {min(options.copies)}")
    steps = []
    for step in measure(options.path, sorted(options.copies), options.encoder, load_settings()):
        steps.append(step)
        if not options.json:
            print(step.line(), flush=True)
    if options.json:
        print_json([asdict(step) for step in steps])
        return
    if len(steps) > 1:
        print(f"1ページの時間（埋め込みを除く）: 最小の{steps[-1].page_ms / steps[0].page_ms:.2f}倍")


def measure(document: Path, sizes: Sequence[int], encoder: str, settings: Settings) -> Iterator[Step]:
    """Ingest each number of altered copies into an empty folder, in processes of their own.

    Raises:
        InputError: the document cannot be read, or cannot be altered so often.
    """
    source = read_isolated(document)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    for size in sizes:
        with TemporaryDirectory(prefix="guideqa-bench-", dir=settings.data_dir) as name:
            folder = Path(name)
            (folder / "copies").mkdir()
            (folder / "corpus").mkdir()
            (folder / "corpus" / "manifest.toml").write_text("works = []\n")
            paths = tuple(write_copies(source, size, folder / "copies"))
            order = _Order(paths, folder, settings, encoder)
            first, again = _apart(order), _apart(order)
            yield Step(
                copies=size,
                pages=first.pages,
                passages=first.passages,
                repeated=first.passages - _different_texts(folder / "var" / "embeddings.sqlite"),
                seconds=first.seconds,
                embedding_seconds=first.embedding_seconds,
                other_processor_seconds=first.other_processor_seconds,
                again_seconds=again.seconds,
                peak_bytes=first.peak_bytes,
                again_peak_bytes=again.peak_bytes,
                reader_bytes=first.reader_bytes,
                disk_bytes=sum(p.stat().st_size for p in (folder / "var").rglob("*") if p.is_file()),
            )


def _apart(order: _Order) -> _Run:
    """Ingest in a fresh process: a peak of memory is a process's for life, and an engine must not be forked."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_ingest, order).result()


def _ingest(order: _Order) -> _Run:
    timed = TimedEncoder(_open(order))
    data = order.folder / "var"
    pipeline = Pipeline(
        IndexFolder(data / "index"),
        Manifest.read(order.folder / "corpus"),
        EmbeddingCache(data / "embeddings.sqlite"),
        timed,
    )
    began, used = time.perf_counter(), time.process_time()
    report = pipeline.ingest(Request(order.paths, if_changed=True), ProgressBar("埋め込み"))
    seconds, used = time.perf_counter() - began, time.process_time() - used
    readers = resource.getrusage(resource.RUSAGE_CHILDREN)
    return _Run(
        pages=sum(document.page_count for document in report.ledger.documents),
        passages=report.passages,
        seconds=seconds,
        embedding_seconds=timed.seconds,
        other_processor_seconds=used + readers.ru_utime + readers.ru_stime - timed.processor_seconds,
        peak_bytes=_peak(),
        reader_bytes=readers.ru_maxrss * 1024,
    )


def _open(order: _Order) -> Encoder:
    from guideqa.testing import BigramEncoder
    from guideqa.wiring import open_encoder

    return BigramEncoder() if order.encoder == DETERMINISTIC else open_encoder(order.settings)


def _peak() -> int:
    """The most memory that this process ever held, in bytes; what its parent held is not in it."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _different_texts(cache: Path) -> int:
    with closing(sqlite3.connect(cache)) as connection:
        count: int = connection.execute("SELECT COUNT(*) FROM vectors").fetchone()[0]
        return count


def _mega(size: int) -> str:
    return f"{size / 1024**2:,.0f}MB"
