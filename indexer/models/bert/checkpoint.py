"""A BERT checkpoint as sentence-transformers saves it: its sizes, if NumPy can run it, and its weights."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_BYTES = 200_000_000
"""Of the weights' file: a larger model is slow in float64 on a CPU."""
WEIGHTS_FILE, TOKENIZER_FILE = "model.safetensors", "tokenizer.json"
_MODULES = (["Transformer"], ["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])


@dataclass(frozen=True, slots=True)
class BertShape:
    """Sizes of a BERT encoder with mean pooling."""

    layers: int
    heads: int
    layer_norm_epsilon: float
    max_tokens: int
    """Longest input, with its first and last special token."""


def bert_shape(directory: Path) -> BertShape | None:
    """The sizes of the model in a directory; None if it is anything but a plain, small BERT with mean pooling.

    A model with prompts is none either, nor one whose files cannot be read: sentence-transformers says why.
    """
    try:
        return _shape(directory)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _shape(directory: Path) -> BertShape | None:
    config = _json(directory / "config.json")
    sentence = _json(directory / "sentence_bert_config.json", optional=True)
    tokenizer = _json(directory / "tokenizer_config.json", optional=True)
    is_bert = (
        config["model_type"] == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
        and str(tokenizer.get("tokenizer_class", "BertTokenizer")).startswith("BertTokenizer")
    )
    is_small = (directory / WEIGHTS_FILE).stat().st_size <= LARGEST_BYTES and (directory / TOKENIZER_FILE).is_file()
    if not (is_bert and is_small and _pools_by_mean(directory)) or sentence.get("do_lower_case") or _prompts(directory):
        return None
    limits = (sentence.get("max_seq_length"), tokenizer.get("model_max_length"), config["max_position_embeddings"])
    limit = sentence.get("max_seq_length") or min(int(one) for one in limits if one)
    return BertShape(
        layers=int(config["num_hidden_layers"]),
        heads=int(config["num_attention_heads"]),
        layer_norm_epsilon=float(config["layer_norm_eps"]),
        max_tokens=int(limit),
    )


def _pools_by_mean(directory: Path) -> bool:
    modules: Any = _json(directory / "modules.json", optional=True)
    if not modules:
        return True  # sentence-transformers adds mean pooling
    if [str(one["type"]).rsplit(".", 1)[-1] for one in modules] not in _MODULES[1:]:
        return False
    pooling = _json(directory / str(modules[1]["path"]) / "config.json")
    chosen = [name for name, value in pooling.items() if value is True and "_mode_" in name]
    return pooling.get("pooling_mode") == "mean" or chosen == ["pooling_mode_mean_tokens"]


def _prompts(directory: Path) -> bool:
    config = _json(directory / "config_sentence_transformers.json", optional=True)
    return any((config.get("prompts") or {}).values()) or bool(config.get("default_prompt_name"))


def _json(file: Path, *, optional: bool = False) -> dict[str, Any]:
    return {} if optional and not file.exists() else json.loads(file.read_text(encoding="utf-8"))


def read_weights(directory: Path) -> dict[str, NDArray[Any]]:
    """Weights by their name in a BERT without a head.

    Raises:
        OSError, ValueError, KeyError: the file is no such checkpoint.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        found = load_file(str(directory / WEIGHTS_FILE))
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    weights = {name.removeprefix("bert."): value for name, value in found.items()}
    for name, value in weights.items():
        if name.startswith("encoder.") and not np.isfinite(value).all():
            raise ValueError(f"{name} holds values that are not numbers")
    return weights
