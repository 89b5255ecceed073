"""The tiny CLIP's configuration and tokenizer, and how it is written in open_clip's `local-dir:` format."""

import json
from pathlib import Path
from typing import TypedDict

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from torch import nn

from demo.clip.frame_cache import IMAGE_PIXELS
from demo.training.wordpiece import SEPARATOR_ID, SPECIAL_TOKENS, wordpiece_tokenizer
from demo.world.descriptions import all_description_words

CONTEXT_TOKENS = 40
EMBEDDING_SIZE = 192


class ModelConfig(TypedDict):
    """`model_cfg` of open_clip_config.json."""

    embed_dim: int
    vision_cfg: dict[str, int | list[int]]
    text_cfg: dict[str, int | str]


def clip_vocabulary() -> list[str]:
    """Lists the tokens: every word of the descriptions, then single characters for all other words."""
    characters = "abcdefghijklmnopqrstuvwxyz0123456789"
    punctuation = list(".,;:!?'\"-()")
    pieces = [*characters, *(f"##{character}" for character in characters), *punctuation]
    return (
        SPECIAL_TOKENS + all_description_words() + [piece for piece in pieces if piece not in all_description_words()]
    )


def build_clip_tokenizer() -> Tokenizer:
    """Builds the word-level tokenizer; an unknown word falls back to its letters."""
    tokens = {token: index for index, token in enumerate(clip_vocabulary())}
    return wordpiece_tokenizer(WordPiece(tokens, unk_token="[UNK]", max_input_chars_per_word=40))


def clip_model_config() -> ModelConfig:
    """Returns `model_cfg`: a ModifiedResNet of 96 x 96 pictures and a two-layer text transformer."""
    return {
        "embed_dim": EMBEDDING_SIZE,
        "vision_cfg": {"image_size": IMAGE_PIXELS, "layers": [1, 1, 1, 1], "width": 24, "head_width": 32},
        "text_cfg": {
            "context_length": CONTEXT_TOKENS,
            "vocab_size": len(clip_vocabulary()),
            "hf_tokenizer_name": "demo-words",
            "width": 128,
            "heads": 4,
            "layers": 2,
            "pool_type": "eos",
            "eos_id": SEPARATOR_ID,
        },
    }


def write_clip_model(folder: Path, model: nn.Module) -> None:
    """Writes configuration, tokenizer and weights (float16, safetensors) so that open_clip loads them."""
    folder.mkdir(parents=True, exist_ok=True)
    preprocess = {
        "size": [IMAGE_PIXELS, IMAGE_PIXELS],
        "mode": "RGB",
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
        "interpolation": "bicubic",
        "resize_mode": "squash",
    }
    config = {"model_cfg": clip_model_config(), "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    build_clip_tokenizer().save(str(folder / "tokenizer.json"))
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    special = dict(zip(names, SPECIAL_TOKENS, strict=True))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": CONTEXT_TOKENS, **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    weights = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous().clone()
        for name, tensor in model.state_dict().items()
    }
    save_file(weights, folder / "open_clip_model.safetensors")


def load_clip_tokens(texts: list[str], tokenizer: Tokenizer) -> torch.Tensor:
    """Tokenizes as open_clip's wrapper does: (n, CONTEXT_TOKENS) int64, padded and cut."""
    tokenizer.enable_truncation(CONTEXT_TOKENS)
    tokenizer.enable_padding(length=CONTEXT_TOKENS)
    return torch.tensor([encoding.ids for encoding in tokenizer.encode_batch(texts)], dtype=torch.int64)
