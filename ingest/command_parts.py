"""What the commands that write the index share: a pipeline by the settings, progress, and the report."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from guideqa.cli import print_json

if TYPE_CHECKING:
    from guideqa.encoder.protocol import Encoder
    from guideqa.settings import Settings
    from ingest.pipeline import Pipeline
    from ingest.progress import Watch
    from ingest.report import IngestReport


def open_pipeline(
    settings: Settings | None = None,
    encoder: Encoder | None = None,
    watch: Watch = lambda progress: None,
) -> Pipeline:
    """The pipeline that the settings describe."""
    from guideqa.index.embeddings import EmbeddingCache
    from guideqa.index.folder import IndexFolder
    from guideqa.index.shipped import FILE
    from guideqa.settings import load_settings
    from guideqa.wiring import open_encoder
    from ingest.manifest import Manifest
    from ingest.pipeline import Pipeline

    settings = settings or load_settings()
    manifest = Manifest.read(settings.corpus_dir)
    cache = EmbeddingCache(settings.embeddings_path, settings.corpus_dir / FILE)
    folder = IndexFolder(settings.index_dir)
    return Pipeline(folder, manifest, cache, encoder or open_encoder(settings), settings.chroma_url, watch)


def print_report(report: IngestReport, *, as_json: bool) -> None:
    """Show a report.

    Raises:
        InputError: files could not be added; the others have been.
    """
    from guideqa.errors import InputError

    if as_json:
        print_json(report.record())
    for line in () if as_json else report.lines():
        print(line)
    if report.failures:
        raise InputError(
            f"{len(report.failures)}個のファイルを追加できませんでした（ほかは追加済み）: {'／'.join(report.failures)}"
        )


def show_progress(done: int, of: int) -> None:
    """How many passages have been embedded, where somebody is looking."""
    if sys.stderr.isatty():
        print(f"\r埋め込み {done}/{of}", end="\n" if done == of else "", file=sys.stderr, flush=True)
