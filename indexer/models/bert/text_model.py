"""A text model that runs a small BERT by NumPy; its vectors are those that sentence-transformers computes."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from indexer.models.bert.checkpoint import TOKENIZER_FILE, bert_shape, read_weights
from indexer.models.bert.forward import BertEncoder
from indexer.models.protocols import TextModel, Vectors
from indexer.models.text_embedder import text_model_name, texts_for_embedding, unit_vectors
from indexer.models.weights.files import Announce
from indexer.models.weights.text_models import find_text_weights

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def load_bert_text_model(spec: str, *, announce: Announce) -> TextModel | None:
    """The text model of a spec, without PyTorch; None if it is not one that NumPy can run.

    Raises:
        ModelMissingError, ModelBrokenError: as `indexer.models.text_embedder.load_text_model`.
    """
    weights = find_text_weights(spec, announce=announce)
    shape = bert_shape(weights.directory)
    if shape is None:
        return None
    from tokenizers import Tokenizer

    try:
        encoder = BertEncoder(shape, read_weights(weights.directory))
        tokenizer = Tokenizer.from_file(str(weights.directory / TOKENIZER_FILE))
    except Exception:  # noqa: BLE001 - the tokenizer raises plain Exception; sentence-transformers says what is wrong
        return None
    tokenizer.no_padding()
    tokenizer.enable_truncation(shape.max_tokens)
    name = text_model_name(weights, version("sentence-transformers"))
    return BertTextModel(encoder, tokenizer, shape.max_tokens, name)


class BertTextModel:
    """A small BERT; each text is embedded by itself, so that no vector depends on a batch. Thread-safe."""

    def __init__(self, encoder: BertEncoder, tokenizer: "Tokenizer", max_tokens: int, name: str) -> None:
        self._encoder = encoder
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @property
    def dim(self) -> int:
        return self._encoder.dim

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """n texts -> (n, dim) float16 of unit length.

        Raises:
            ModelBrokenError: the model returns vectors without a direction.
        """
        if not texts:
            return np.zeros((0, self.dim), np.float16)
        clean = texts_for_embedding(texts, tokens=self._max_tokens)
        rows = [self._encoder.encode(np.array(self._tokenizer.encode(text).ids, np.int64)) for text in clean]
        return unit_vectors(np.stack(rows), self._name)

    def embed_queries(self, queries: Sequence[str]) -> Vectors:
        """As `embed_documents`: such a model has no prompts."""
        return self.embed_documents(queries)
