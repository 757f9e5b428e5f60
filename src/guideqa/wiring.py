"""The only place that names concrete classes: settings → ready parts."""

from __future__ import annotations

from guideqa.assistant import Assistant, Hand, Policy
from guideqa.encoder.protocol import Encoder
from guideqa.index.folder import IndexFolder
from guideqa.index.live import LiveIndex
from guideqa.retrieval.ranking import WEIGHTS, Features
from guideqa.retrieval.reranking import Reranker
from guideqa.retrieval.search import FusionWeights, Retriever
from guideqa.settings import Settings
from guideqa.text.lexicon import Lexicon
from guideqa.text.thesaurus import Thesaurus


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


def read_lexicon(settings: Settings) -> Lexicon:
    """The short forms that the corpus folder lists.

    Raises:
        SettingsError: the file is malformed.
    """
    return Lexicon.read(settings.corpus_dir / "lexicon.toml")


def read_thesaurus(settings: Settings) -> Thesaurus:
    """What documents say for everyday words, as the corpus folder lists it.

    Raises:
        SettingsError: the file is malformed.
    """
    return Thesaurus.read(settings.corpus_dir / "thesaurus.toml")


def build_retriever(settings: Settings, encoder: Encoder, features: Features = WEIGHTS) -> Retriever:
    """A retriever as the settings make it; `features` are other weights than the product's, to be measured."""
    weights = FusionWeights(settings.dense_weight, settings.lexical_weight)
    return Retriever(
        encoder,
        weights,
        read_lexicon(settings),
        features,
        build_reranker(settings),
        read_thesaurus(settings),
    )


def build_reranker(settings: Settings) -> Reranker | None:
    """The last stage of the retrieval; None, and nothing imported, where the settings name no model.

    Raises:
        ModelError: the model is not there or cannot be loaded.
    """
    if not settings.reranker:
        return None
    from guideqa.retrieval.reranking import CrossEncoderScorer

    return Reranker(CrossEncoderScorer(settings.reranker), settings.reranker_ms)


def build_assistant(settings: Settings, encoder: Encoder | None = None) -> Assistant:
    """An assistant over the index in the data folder. The index is opened at its first use.

    Raises:
        ModelError: the encoder cannot be loaded.
        SettingsError: what is set of a language model cannot be.
    """
    encoder = encoder or open_encoder(settings)
    live = LiveIndex(IndexFolder(settings.index_dir), encoder.identity)
    retriever = build_retriever(settings, encoder)
    policy = Policy(settings.max_question_chars, settings.caution.min_confidence)
    return Assistant(live, retriever, policy, build_hand(settings))


def build_hand(settings: Settings) -> Hand | None:
    """The language model that the settings name; None, and nothing imported, where they name none.

    Raises:
        SettingsError: an address, a name or a key file that is missing or cannot be.
    """
    if not settings.wants_language_model:
        return None
    from guideqa.llm.client import CompatibleModel
    from guideqa.llm.condensing import Condenser
    from guideqa.llm.endpoint import Endpoint
    from guideqa.llm.writer import Writer

    endpoint = Endpoint.of(settings)
    model = CompatibleModel(endpoint)
    seconds = endpoint.timeout_seconds
    return Hand(Writer(model, seconds, read_lexicon(settings)), Condenser(model, seconds))
