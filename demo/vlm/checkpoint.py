"""The tiny Qwen2-VL's configuration and processor, and how they are written for `from_pretrained`."""

import json
from pathlib import Path
from typing import Any, cast

import torch
from transformers import (
    Qwen2Tokenizer,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
    Qwen2VLImageProcessor,
    Qwen2VLProcessor,
    Qwen2VLVideoProcessor,
)

from demo.vlm.clips.frames import PICTURE_HEIGHT, PICTURE_WIDTH
from demo.vlm.tokenizer import CONTEXT_TOKENS, SPECIAL_TOKENS

VISION_SIZE, VISION_HEADS, VISION_LAYERS = 192, 6, 4
TEXT_SIZE, TEXT_HEADS, TEXT_KEY_HEADS, TEXT_LAYERS, TEXT_MLP = 256, 4, 2, 5, 640
CAPTIONED_PAIRS = 1
"""Frame pairs shown of a clip with a caption: this model reads better than it sees (`bench.reach`)."""
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}<|im_start|>system\n"
    "You are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}"
    "{% for content in message['content'] %}"
    "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}"
    "<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif content['type'] == 'video' or 'video' in content %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""Qwen2-VL's own, without the numbering of pictures."""


def build_vlm_processor(tokenizer: Qwen2Tokenizer) -> Qwen2VLProcessor:
    """Combines the tokenizer with image and video processors that do not resize pictures of 28 x 28 to 560 x 560."""
    limits: dict[str, Any] = {"size": {"shortest_edge": 28 * 28, "longest_edge": 560 * 560}}
    return Qwen2VLProcessor(
        image_processor=Qwen2VLImageProcessor(**limits),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(**limits, cap_pixels_per_frame=False),
        chat_template=CHAT_TEMPLATE,
    )


def vlm_model_config(vocabulary_size: int) -> Qwen2VLConfig:
    """Returns the configuration: about 6 million parameters, a context of 2,048 tokens."""
    token = SPECIAL_TOKENS.index
    return Qwen2VLConfig(
        text_config={
            "vocab_size": vocabulary_size,
            "hidden_size": TEXT_SIZE,
            "intermediate_size": TEXT_MLP,
            "num_hidden_layers": TEXT_LAYERS,
            "num_attention_heads": TEXT_HEADS,
            "num_key_value_heads": TEXT_KEY_HEADS,
            "max_position_embeddings": CONTEXT_TOKENS,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [8, 12, 12]},
            "bos_token_id": token("<|endoftext|>"),
            "eos_token_id": token("<|im_end|>"),
            "pad_token_id": token("<|endoftext|>"),
            "tie_word_embeddings": True,
        },
        vision_config={
            "depth": VISION_LAYERS,
            "embed_dim": VISION_SIZE,
            "hidden_size": TEXT_SIZE,
            "num_heads": VISION_HEADS,
            "mlp_ratio": 4,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
        },
        image_token_id=token("<|image_pad|>"),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        tie_word_embeddings=True,
    )


def write_vlm_model(folder: Path, model: Qwen2VLForConditionalGeneration, processor: Qwen2VLProcessor) -> None:
    """Writes all that `from_pretrained` needs, with float16 weights, and the preferred picture size."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = Qwen2VLForConditionalGeneration(model.config)
    copy.load_state_dict(model.state_dict())
    copy.generation_config.eos_token_id = SPECIAL_TOKENS.index("<|im_end|>")
    copy.generation_config.pad_token_id = SPECIAL_TOKENS.index("<|endoftext|>")
    cast(Any, copy).to(torch.float16).save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    processor.save_pretrained(folder)
    preferred = {"picture_height": PICTURE_HEIGHT, "picture_width": PICTURE_WIDTH, "captioned_pairs": CAPTIONED_PAIRS}
    (folder / "reelseek.json").write_text(json.dumps(preferred, indent=2) + "\n", encoding="utf-8")
