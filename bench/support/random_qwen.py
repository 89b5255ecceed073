"""Qwen2-VL in its true shape, with its processor settings and random weights, for `bench.models.real_size`.

The tokenizer is a byte-level one of Qwen2's format without merges: the vocabulary of the scores has its true size, the
words cost more tokens than they would.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    Qwen2Tokenizer,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
    Qwen2VLImageProcessor,
    Qwen2VLProcessor,
    Qwen2VLVideoProcessor,
)

SHAPES: dict[str, dict[str, Any]] = {
    # The configuration that is published with Qwen/Qwen2-VL-2B-Instruct.
    "2b": {
        "text": {"hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12},
        "vision": {"depth": 32, "embed_dim": 1280, "num_heads": 16},
        "key_value_heads": 2,
        "vocabulary": 151_936,
        "sections": [16, 24, 24],
    },
    "tiny": {
        "text": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2},
        "vision": {"depth": 2, "embed_dim": 64, "num_heads": 2},
        "key_value_heads": 1,
        "vocabulary": 1_024,
        "sections": [4, 6, 6],
    },
}
CONTEXT_TOKENS = 32_768
SPECIAL = (
    "<|endoftext|> <|im_start|> <|im_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>"
).split()
TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}<|im_start|>system\n"
    "You are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}{% if part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
PIXELS = {"shortest_edge": 56 * 56, "longest_edge": 28 * 28 * 16_384}
"""As published: 4 to 16,384 tokens a picture."""


def write_random_checkpoint(folder: Path, shape: str, *, device: str = "cpu") -> Path:
    """Writes it in bfloat16 where it is not there yet; the 2B shape takes 4.4 GB. Its numbers are drawn on a device."""
    if (folder / "tokenizer_config.json").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            model = Qwen2VLForConditionalGeneration(config_of(shape))
    finally:
        torch.set_default_dtype(before)
    model.generation_config.eos_token_id = SPECIAL.index("<|im_end|>")
    model.save_pretrained(folder)
    del model
    Qwen2VLProcessor(
        image_processor=Qwen2VLImageProcessor(size=dict(PIXELS)),
        tokenizer=_tokenizer(),
        video_processor=Qwen2VLVideoProcessor(size=dict(PIXELS), cap_pixels_per_frame=False),
        chat_template=TEMPLATE,
    ).save_pretrained(folder)
    return folder


def config_of(shape: str) -> Qwen2VLConfig:
    """The configuration of a shape of `SHAPES`."""
    sizes = SHAPES[shape]
    return Qwen2VLConfig(
        text_config={
            **sizes["text"],
            "vocab_size": sizes["vocabulary"],
            "num_key_value_heads": sizes["key_value_heads"],
            "max_position_embeddings": CONTEXT_TOKENS,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1_000_000.0,
                "mrope_section": sizes["sections"],
            },
            "bos_token_id": SPECIAL.index("<|endoftext|>"),
            "eos_token_id": SPECIAL.index("<|im_end|>"),
            "pad_token_id": SPECIAL.index("<|endoftext|>"),
            "tie_word_embeddings": True,
        },
        vision_config={
            **sizes["vision"],
            "hidden_size": sizes["text"]["hidden_size"],
            "mlp_ratio": 4,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
        },
        image_token_id=SPECIAL.index("<|image_pad|>"),
        video_token_id=SPECIAL.index("<|video_pad|>"),
        vision_start_token_id=SPECIAL.index("<|vision_start|>"),
        vision_end_token_id=SPECIAL.index("<|vision_end|>"),
        tie_word_embeddings=True,
    )


def _tokenizer() -> Qwen2Tokenizer:
    from tokenizers import pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    return Qwen2Tokenizer(
        vocab={word: place for place, word in enumerate([*SPECIAL, *letters])},
        merges=[],
        unk_token="<|endoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL,
        model_max_length=CONTEXT_TOKENS,
    )


def parameters_of(model: Any) -> tuple[int, int]:
    """(text without the embedding, vision) parameters."""
    counts = {name: parameter.numel() for name, parameter in model.named_parameters()}
    vision = sum(count for name, count in counts.items() if "visual" in name)
    words = sum(count for name, count in counts.items() if "embed_tokens" in name or "lm_head" in name)
    return sum(counts.values()) - vision - words, vision
