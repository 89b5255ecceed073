"""The rerankers: log odds that a text answers a query, by sentence-transformers.

The one vector of a text is computed before any query, and must serve all of them. Two kinds of models see more: a
cross-encoder reads query and text together (Nogueira and Cho 2019, "Passage Re-ranking with BERT"), and late
interaction compares each word of the query, in its context, with each word of the text (Khattab and Zaharia 2020,
"ColBERT"). Both run the model once a text, so only the best few texts of a search are reranked.
"""

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indexer.errors import ModelBrokenError
from indexer.models.custom_code import forbid_custom_code, loading_failure
from indexer.models.device import single_thread_on_cpu
from indexer.models.load_lock import LOAD_LOCK
from indexer.models.protocols import Reranker
from indexer.models.text_embedder import texts_for_embedding
from indexer.models.weights.files import Announce, announce_on_stderr
from indexer.models.weights.hub import ModelWeights
from indexer.models.weights.text_models import RERANKER, find_text_weights

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, MultiVectorEncoder

BATCH_PAIRS = 64
SCALE_FILE = "reelseek.json"
"""Beside a model of late interaction: `slope` and `bias` that turn its mean similarity a word into log odds."""
LONGEST_TOKENS = 512
"""Of query and text together; the rest is truncated. Passages and captions are far shorter."""
_OTHERWISE = "give another one, such as BAAI/bge-reranker-v2-m3, or search without it (`--no-rerank`)"


def load_reranker(spec: str, *, device: str, announce: Announce = announce_on_stderr) -> Reranker:
    """Loads a reranker.

    Args:
        spec: a hub name or a local directory.
        device: PyTorch's name, as `cpu` or `cuda:0`.
        announce: called with a message before anything is downloaded.

    Raises:
        ModelMissingError: the weights are absent and cannot be downloaded.
        ModelBrokenError: the weights cannot be loaded, or the model gives more than one score.
    """
    weights = find_text_weights(spec, announce=announce, kind=RERANKER)
    import sentence_transformers  # takes seconds, so only when a model is really loaded
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    forbid_custom_code()
    directory = str(weights.directory)
    try:
        if _is_late(weights):
            with LOAD_LOCK:
                late = sentence_transformers.MultiVectorEncoder(
                    directory, device=device, local_files_only=True, trust_remote_code=False
                )
            return LateReranker(late, weights)
        with LOAD_LOCK:
            model = sentence_transformers.CrossEncoder(
                directory, device=device, local_files_only=True, trust_remote_code=False
            )
    except ModelBrokenError:
        raise
    except Exception as error:
        raise ModelBrokenError(
            f"reranker {spec!r}: the files in {directory} cannot be loaded: {loading_failure(error)};"
            f" fetch them again, {_OTHERWISE}"
        ) from error
    if model.num_labels != 1:
        raise ModelBrokenError(
            f"reranker {spec!r} sorts pairs into {model.num_labels} classes, and a single score is wanted; {_OTHERWISE}"
        )
    return CrossReranker(model, weights)


def _is_late(weights: ModelWeights) -> bool:
    """Whether a model of late interaction was saved there."""
    config = weights.directory / "config_sentence_transformers.json"
    return config.is_file() and json.loads(config.read_text("utf-8")).get("model_type") == "MultiVectorEncoder"


class _Reranker(ABC):
    """The common part of both kinds: cleans texts, scores each distinct text once, serves one call at a time."""

    def __init__(self, model: "CrossEncoder | MultiVectorEncoder", weights: ModelWeights) -> None:
        self._parameters = sum(parameter.numel() for parameter in model.parameters())
        self._device = model.device.type
        self._longest = min(model.max_seq_length or LONGEST_TOKENS, LONGEST_TOKENS)
        model.max_seq_length = self._longest
        self._lock = threading.Lock()  # the tokenizer's padding is state shared by all threads
        self._name = f"{weights.name} {weights.fingerprint}"

    @property
    def name(self) -> str:
        return self._name

    def rerank_logits(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """n texts -> (n,) log odds; see `indexer.models.protocols.Reranker`."""
        if not texts:
            return np.zeros(0)
        clean_query, *clean = texts_for_embedding([query, *texts], tokens=self._longest)
        distinct = {text: row for row, text in enumerate(dict.fromkeys(clean))}  # a repeated caption is scored once
        with self._lock, single_thread_on_cpu(self._device, parameters=self._parameters):
            scores = np.asarray(self._judge(clean_query, list(distinct)), np.float64).reshape(len(distinct))
        if not np.isfinite(scores).all():
            raise ModelBrokenError(f"reranker {self._name} returns values that are not numbers; {_OTHERWISE}")
        return scores[[distinct[text] for text in clean]]

    @abstractmethod
    def _judge(self, query: str, texts: list[str]) -> Any:
        """n distinct texts -> (n,) log odds."""


class CrossReranker(_Reranker):
    """A cross-encoder with a single score."""

    def __init__(self, model: "CrossEncoder", weights: ModelWeights) -> None:
        super().__init__(model, weights)
        self._model = model

    def _judge(self, query: str, texts: list[str]) -> Any:
        from torch.nn import Identity

        # Published rerankers map their score to 0 to 1; here it is combined with other evidence as log odds.
        pairs = [(query, text) for text in texts]
        return self._model.predict(pairs, batch_size=BATCH_PAIRS, show_progress_bar=False, activation_fn=Identity())


class LateReranker(_Reranker):
    """A model of late interaction with the scale of its similarities."""

    def __init__(self, model: "MultiVectorEncoder", weights: ModelWeights) -> None:
        super().__init__(model, weights)
        self._model = model
        self._slope, self._bias = _read_scale(weights)

    def _judge(self, query: str, texts: list[str]) -> Any:
        from sentence_transformers.multi_vector_encoder import maxsim

        encoded_query = self._model.encode_query([query], show_progress_bar=False)
        encoded_texts = self._model.encode_document(texts, batch_size=BATCH_PAIRS, show_progress_bar=False)
        mean = maxsim(encoded_query, encoded_texts, length_normalize=True)[0]  # (n,) from -1 to 1
        return self._slope * mean.cpu().numpy() + self._bias


def _read_scale(weights: ModelWeights) -> tuple[float, float]:
    """Slope and bias."""
    file = weights.directory / SCALE_FILE
    try:
        values = json.loads(file.read_text("utf-8"))
        return float(values["slope"]), float(values["bias"])
    except FileNotFoundError:
        fault = "is not there"
    except (OSError, ValueError, KeyError, TypeError) as error:
        fault = f"cannot be read: {type(error).__name__}: {error}"
    raise ModelBrokenError(
        f"reranker {weights.name!r} is a late-interaction model without a scale for its similarities:"
        f" {SCALE_FILE} (`slope`, `bias`) {fault}; {_OTHERWISE}"
    )
