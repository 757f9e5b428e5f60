"""The only place that names concrete classes: settings → ready parts."""

from __future__ import annotations

from guideqa.assistant import Assistant, Policy
from guideqa.encoder.protocol import Encoder
from guideqa.index.folder import IndexFolder
from guideqa.index.live import LiveIndex
from guideqa.retrieval.search import FusionWeights, Retriever
from guideqa.settings import Settings
from guideqa.text.lexicon import Lexicon


def open_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings name.

    Raises:
        ModelError: it is not there or cannot be loaded.
    """
    from guideqa.encoder import nano

    if settings.model == nano.NAME:
        return nano.NanoEncoder(settings.threads)
    from guideqa.encoder.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(settings.model, settings.threads)


def build_assistant(settings: Settings, encoder: Encoder | None = None) -> Assistant:
    """An assistant over the index in the data folder. The index is opened at its first use.

    Raises:
        ModelError: the encoder cannot be loaded.
    """
    encoder = encoder or open_encoder(settings)
    live = LiveIndex(IndexFolder(settings.index_dir), encoder.identity)
    weights = FusionWeights(settings.dense_weight, settings.lexical_weight)
    retriever = Retriever(encoder, weights, Lexicon.read(settings.corpus_dir / "lexicon.toml"))
    return Assistant(live, retriever, Policy(settings.max_question_chars, settings.caution.min_confidence))
