"""Any sentence-transformers model, by folder or name, with the prompts that it declares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from guideqa.encoder.protocol import ModelIdentity, Vectors, fingerprint_of
from guideqa.errors import ModelError

# What a model family expects when its folder does not say: without them e5 loses accuracy in silence.
_FAMILY_PROMPTS = {"e5": {"query": "query: ", "document": "passage: "}}
_SETTING = "GUIDEQA_MODEL"
_REMEDY = "モデルのフォルダーを {} で指定してください。"


class SentenceTransformerEncoder:
    """A sentence-transformers model on the CPU."""

    def __init__(self, model: str, threads: int = 0) -> None:
        """Load `model`, a folder or the name of one in the local cache; nothing is downloaded.

        Raises:
            ModelError: there is no such folder or cached model, or it cannot be loaded.
        """
        folder = model_folder(model)
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # stderr is for a user's errors
        if threads:
            torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except Exception as error:  # a damaged folder makes each of the libraries raise something else
            raise ModelError(f"埋め込みモデルが壊れています: {model}。{_REMEDY.format(_SETTING)}") from error
        self._lock = Lock()  # fast tokenizers raise "Already borrowed" when two threads meet in one
        declared = {key: value for key, value in self._model.prompts.items() if value}
        self._prompts = _prompts(model, declared)
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"埋め込みモデルの次元数が分かりません: {model}")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        prompts = [f"{key}={value}" for key, value in sorted(self._prompts.items())]
        name = Path(model).name
        self._identity = ModelIdentity(name, dimension, fingerprint_of(files, name, *prompts))

    @property
    def identity(self) -> ModelIdentity:
        """The model behind the vectors."""
        return self._identity

    def encode_queries(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of questions, shape (n, dimension)."""
        return self._encode(texts, self._prompts.get("query", ""))

    def encode_passages(self, texts: Sequence[str], /) -> Vectors:
        """Vectors of passages, shape (n, dimension)."""
        return self._encode(texts, self._prompts.get("document", ""))

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        if not texts:
            return np.zeros((0, self._identity.dimension), np.float32)
        encodable = [text.encode("utf-8", errors="replace").decode("utf-8") for text in texts]
        with self._lock:
            vectors = self._model.encode(
                encodable, prompt=prompt, normalize_embeddings=True, show_progress_bar=False, batch_size=16
            )
        return np.asarray(vectors, np.float32)


def model_folder(model: str, setting: str = _SETTING) -> Path:
    """Where the model's files lie: its own folder, or that of the local cache. `setting` is what names it.

    Raises:
        ModelError: there is no such folder or cached model.
    """
    from huggingface_hub import snapshot_download

    folder = Path(model)
    try:
        if not folder.is_dir():
            folder = Path(snapshot_download(model, local_files_only=True))
    except (OSError, ValueError) as error:
        raise ModelError(f"モデルがありません: {model}。{_REMEDY.format(setting)}") from error
    if not (folder / "config.json").is_file():
        raise ModelError(f"モデルのフォルダーではありません: {model!r}。{_REMEDY.format(setting)}")
    return folder


def _prompts(model: str, declared: dict[str, str]) -> dict[str, str]:
    if declared:
        return declared | {"document": declared.get("document", declared.get("passage", ""))}
    family = next(
        (prompts for name, prompts in _FAMILY_PROMPTS.items() if name in Path(model).name.lower()), {}
    )
    return dict(family)
