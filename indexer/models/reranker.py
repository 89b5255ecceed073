"""Judging how well texts answer a query, word by word, by sentence-transformers.

One vector of a text is made before anybody asks, and has to stand for all that may be asked of it. Two kinds of models
see more: a cross-encoder reads the query beside the text (Nogueira and Cho 2019, "Passage Re-ranking with BERT"), and
late interaction compares each word of the query, in its context, with each of the text (Khattab and Zaharia 2020,
"ColBERT"). Either costs a pass of the model a text, so only the best few of a search are read.
"""

import json
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indexer.errors import ModelBrokenError
from indexer.models.device import single_thread_on_cpu
from indexer.models.protocols import Reranker
from indexer.models.text_embedder import clean_texts
from indexer.models.weights.hub import ModelWeights
from indexer.models.weights.text_models import RERANKER, find_text_weights

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, MultiVectorEncoder

BATCH_PAIRS = 64
SCALE_FILE = "reelseek.json"
"""Beside a model of late interaction: `slope` and `bias` that make log odds of its mean similarity a word."""
LONGEST_TOKENS = 512
"""Of query and text together; what lies beyond is cut off. Passages and captions are far shorter."""


def load_reranker(
    spec: str, *, device: str, say: Callable[[str], None] = lambda line: print(line, file=sys.stderr)
) -> Reranker:
    """The reranker that `spec` names: a hub name or a local directory.

    Args:
        device: torch's name, as `cpu` or `cuda:0`.
        say: told before anything is downloaded.

    Raises:
        ModelMissingError: the weights are absent and cannot be fetched.
        ModelBrokenError: the weights were found and cannot be loaded, or judge in several classes.
    """
    weights = find_text_weights(spec, say=say, kind=RERANKER)
    import sentence_transformers  # takes seconds, so only when a model is really loaded
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    place = str(weights.directory)
    try:
        if _is_late(weights):
            late = sentence_transformers.MultiVectorEncoder(place, device=device, local_files_only=True)
            return LateReranker(late, weights)
        model = sentence_transformers.CrossEncoder(place, device=device, local_files_only=True)
    except ModelBrokenError:
        raise
    except Exception as error:
        raise ModelBrokenError(
            f"reranker {spec!r}: the files in {place} cannot be loaded: {type(error).__name__}: {error};"
            f" fetch them again, {_OTHERWISE}"
        ) from error
    if model.num_labels != 1:
        raise ModelBrokenError(
            f"reranker {spec!r} sorts pairs into {model.num_labels} classes, and a single score is wanted; {_OTHERWISE}"
        )
    return CrossReranker(model, weights)


_OTHERWISE = "give another one, as BAAI/bge-reranker-v2-m3, or search without it (`--no-rerank`)"


def _is_late(weights: ModelWeights) -> bool:
    """Whether it was saved as a model of late interaction."""
    config = weights.directory / "config_sentence_transformers.json"
    return config.is_file() and json.loads(config.read_text("utf-8")).get("model_type") == "MultiVectorEncoder"


class _Reranker(ABC):
    """What both kinds share: clean texts, each judged once, one call at a time."""

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

    def judge(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """n texts -> (n,) log odds; see `protocols.Reranker`."""
        if not texts:
            return np.zeros(0)
        asked, *read = clean_texts([query, *texts], tokens=self._longest)
        distinct = {text: row for row, text in enumerate(dict.fromkeys(read))}  # repeated captions cost once
        with self._lock, single_thread_on_cpu(self._device, parameters=self._parameters):
            judged = np.asarray(self._judge(asked, list(distinct)), np.float64).reshape(len(distinct))
        if not np.isfinite(judged).all():
            raise ModelBrokenError(f"reranker {self._name} returns no numbers; {_OTHERWISE}")
        return judged[[distinct[text] for text in read]]

    @abstractmethod
    def _judge(self, query: str, texts: list[str]) -> Any:
        """n different texts -> (n,) log odds."""


class CrossReranker(_Reranker):
    """A cross-encoder with a single score."""

    def __init__(self, model: "CrossEncoder", weights: ModelWeights) -> None:
        super().__init__(model, weights)
        self._model = model

    def _judge(self, query: str, texts: list[str]) -> Any:
        from torch.nn import Identity

        # Published rerankers squeeze their score into 0 to 1; here it is weighed with other evidence.
        pairs = [(query, text) for text in texts]
        return self._model.predict(pairs, batch_size=BATCH_PAIRS, show_progress_bar=False, activation_fn=Identity())


class LateReranker(_Reranker):
    """A model of late interaction whose similarities were put on a scale."""

    def __init__(self, model: "MultiVectorEncoder", weights: ModelWeights) -> None:
        super().__init__(model, weights)
        self._model = model
        self._slope, self._bias = _scale_in(weights)

    def _judge(self, query: str, texts: list[str]) -> Any:
        from sentence_transformers.multi_vector_encoder import maxsim

        asked = self._model.encode_query([query], show_progress_bar=False)
        told = self._model.encode_document(texts, batch_size=BATCH_PAIRS, show_progress_bar=False)
        mean = maxsim(asked, told, length_normalize=True)[0]  # (n,) from -1 to 1
        return self._slope * mean.cpu().numpy() + self._bias


def _scale_in(weights: ModelWeights) -> tuple[float, float]:
    file = weights.directory / SCALE_FILE
    try:
        told = json.loads(file.read_text("utf-8"))
        return float(told["slope"]), float(told["bias"])
    except FileNotFoundError:
        lack = "is not there"
    except (OSError, ValueError, KeyError, TypeError) as error:
        lack = f"cannot be read: {type(error).__name__}: {error}"
    raise ModelBrokenError(
        f"reranker {weights.name!r} compares word with word, and what its similarities are worth is not known:"
        f" {SCALE_FILE} (`slope`, `bias`) {lack}; {_OTHERWISE}"
    )
