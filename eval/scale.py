"""`guideqa bench search`: what a search costs as the documents grow in number, alone and with clients at once.

The larger index holds altered copies of a document. Nobody would wait for their embedding: their vectors are
those of the document's own passages, perturbed. Questions are embedded by the real encoder.
"""

from __future__ import annotations

import hashlib
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from eval.bench import SEARCH_COUNT, Times
from eval.copies import write_copies
from eval.errors import EvalConfigError
from eval.progress import ProgressBar
from eval.questions import EvalQuestion, default_files, load_questions
from guideqa.assistant import Assistant
from guideqa.cli import print_json
from guideqa.encoder.protocol import Encoder, Vectors
from guideqa.index.embeddings import EmbeddingCache
from guideqa.index.fields import texts_to_embed
from guideqa.index.folder import IndexFolder
from guideqa.settings import Settings, load_settings
from guideqa.wiring import build_assistant, open_encoder
from ingest.manifest import Manifest
from ingest.pipeline import Pipeline, Request
from ingest.readers.isolation import read_isolated

NEIGHBOURS = 10  # of which recall is measured
# The length of what is added to a vector of length 1: the copy's cosine to its original is about 0.96, as that
# of a passage and its neighbour in the guidebook with multilingual-e5-small.
_NOISE = 0.3
_WARM_UP = 5


class PerturbingEncoder:
    """Questions by the real encoder; a passage gets a known vector that its text's hash picks, perturbed."""

    def __init__(self, encoder: Encoder, known: Vectors) -> None:
        """`known` has shape (n, dimension), rows of length 1."""
        self._encoder = encoder
        self._known = known
        self.identity = encoder.identity

    def encode_queries(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of questions, shape (n, dimension)."""
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str], /) -> Vectors:
        """Vectors near the known ones, shape (n, dimension): equal texts have equal ones."""
        vectors: Vectors = np.stack([self._near(text) for text in texts])
        return vectors

    def _near(self, text: str) -> Vectors:
        digest = hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).digest()
        random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        origin = self._known[random.integers(len(self._known))]
        noise = random.standard_normal(len(origin)).astype(np.float32)
        moved: Vectors = origin + noise * np.float32(_NOISE / np.linalg.norm(noise))
        return moved / np.float32(np.linalg.norm(moved))


@dataclass(frozen=True, slots=True)
class Throughput:
    """Questions a second with a number of clients at once."""

    clients: int
    embedded: float  # the embedding alone
    searched: float

    def line(self) -> str:
        """For the terminal."""
        return (
            f"同時に{self.clients}: 毎秒{self.searched:.1f}件を検索（埋め込みだけなら{self.embedded:.1f}件）"
        )


@dataclass(frozen=True, slots=True)
class ScaleBench:
    """What was measured on the document alone and on the copies, in one run."""

    questions: int
    pages: tuple[int, int]
    passages: tuple[int, int]
    embedding: Times
    small: Times
    large: Times
    recall: tuple[float, float]  # of the vector index among the nearest, against brute force
    throughput: tuple[Throughput, ...]  # on the document alone

    @property
    def growth(self) -> float:
        """How many times the small index's search takes on the large one."""
        return self.large.ratio / self.small.ratio

    def lines(self) -> Iterator[str]:
        """For the terminal."""
        yield f"質問{self.questions}件"
        yield self.embedding.line("質問の埋め込みだけ")
        for pages, passages, times, recall in zip(
            self.pages, self.passages, (self.small, self.large), self.recall, strict=True
        ):
            name = f"検索（{pages:,}ページ、{passages:,}のまとまり）"
            yield f"{times.line(name)}、近傍{NEIGHBOURS}件の再現率{recall:.4f}"
        yield f"文書が増えたときの検索の時間: {self.growth:.2f}倍"
        yield from (item.line() for item in self.throughput)


def run(options: Namespace) -> None:
    """Measure and print.

    Raises:
        EvalConfigError: a number that makes no sense.
        InputError: the document cannot be read, or cannot be altered so often.
    """
    if min(options.copies, options.n, *options.clients) < 1:
        raise EvalConfigError("--copies、-n、--clients は1以上にしてください。")
    questions = load_questions(options.questions or default_files())
    chosen = questions[:: max(1, len(questions) // options.n)][: options.n]
    settings = load_settings()
    found = measure(options.path, options.copies, chosen, options.clients, settings, open_encoder(settings))
    if options.json:
        print_json(asdict(found) | {"growth": found.growth})
        return
    for line in found.lines():
        print(line)


def measure(
    document: Path,
    copies: int,
    questions: Sequence[EvalQuestion],
    clients: Sequence[int],
    settings: Settings,
    encoder: Encoder,
) -> ScaleBench:
    """Index the document, and so many altered copies of it, in a temporary folder, and search both in turn.

    Raises:
        InputError: the document cannot be read, or cannot be altered so often.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="guideqa-bench-", dir=settings.data_dir) as name:
        folder = Path(name)
        known = EmbeddingCache(settings.embeddings_path)
        small = _indexed([document], folder / "small", known, encoder)
        vectors = known.embed(encoder, texts_to_embed(small.index.store))
        perturbing = PerturbingEncoder(encoder, vectors)
        (folder / "copies").mkdir()
        paths = write_copies(read_isolated(document), copies, folder / "copies")
        altered = EmbeddingCache(folder / "altered.sqlite")
        large = _indexed(paths, folder / "large", altered, perturbing)
        every = altered.embed(perturbing, texts_to_embed(large.index.store))
        embedding, one, many = _timed(encoder, (small, large), questions)
        asked = encoder.encode_queries([question.question for question in questions])
        return ScaleBench(
            questions=len(questions),
            pages=(len(small.index.pages), len(large.index.pages)),
            passages=(len(small.index.passages), len(large.index.passages)),
            embedding=embedding,
            small=one,
            large=many,
            recall=(_recall(small, vectors, asked), _recall(large, every, asked)),
            throughput=tuple(_throughput(count, encoder, small, questions) for count in clients),
        )


def _indexed(paths: Sequence[Path], folder: Path, cache: EmbeddingCache, encoder: Encoder) -> Assistant:
    """An assistant over an index of these documents and nothing else."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    (corpus / "manifest.toml").write_text("works = []\n")
    settings = Settings(data_dir=folder / "var", corpus_dir=corpus)
    pipeline = Pipeline(IndexFolder(settings.index_dir), Manifest.read(corpus), cache, encoder)
    pipeline.ingest(Request(tuple(paths)), ProgressBar("埋め込み"))
    return build_assistant(settings, encoder)


def _timed(
    encoder: Encoder, assistants: tuple[Assistant, Assistant], questions: Sequence[EvalQuestion]
) -> tuple[Times, Times, Times]:
    """Embed and search each question in turn, so that a busy machine slows all alike."""
    small, large = assistants
    calls: list[Callable[[EvalQuestion], object]] = [
        lambda question: encoder.encode_queries([question.question]),
        lambda question: small.search(question.asked(), SEARCH_COUNT),
        lambda question: large.search(question.asked(), SEARCH_COUNT),
    ]
    taken = np.zeros((len(questions), len(calls)))
    for question in questions[:_WARM_UP]:
        for call in calls:
            call(question)
    for row, question in enumerate(questions):
        for place in range(len(calls)):
            column = (row + place) % len(calls)  # none is always first
            began = time.perf_counter()
            calls[column](question)
            taken[row, column] = (time.perf_counter() - began) * 1000
    median, tail = np.quantile(taken, 0.5, axis=0), np.quantile(taken, 0.95, axis=0)
    sums = taken.sum(axis=0)
    bare, one, many = (
        Times(float(p50), float(p95), float(total / sums[0]))
        for p50, p95, total in zip(median, tail, sums, strict=True)
    )
    return bare, one, many


def _recall(assistant: Assistant, vectors: Vectors, asked: Vectors) -> float:
    """The share of the truly nearest passages that the vector index finds; rows of all have length 1."""
    index = assistant.index
    shares = []
    for vector in asked:
        cosines = vectors @ vector
        threshold = np.sort(cosines)[-min(NEIGHBOURS, len(cosines))] - 1e-6
        found = index.vectors.nearest(vector, NEIGHBOURS)
        shares.append(np.mean([cosines[index.positions[record]] >= threshold for record, _ in found]))
    return float(np.mean(shares))


def _throughput(
    clients: int, encoder: Encoder, assistant: Assistant, questions: Sequence[EvalQuestion]
) -> Throughput:
    def rate(call: Callable[[EvalQuestion], object]) -> float:
        with ThreadPoolExecutor(clients) as pool:
            began = time.perf_counter()
            list(pool.map(call, questions))
            return len(questions) / (time.perf_counter() - began)

    return Throughput(
        clients,
        rate(lambda question: encoder.encode_queries([question.question])),
        rate(lambda question: assistant.search(question.asked(), SEARCH_COUNT)),
    )
