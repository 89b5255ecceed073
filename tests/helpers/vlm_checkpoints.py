"""Tiny vision-language models of random weights, one of each family, in the format of the real ones: they know nothing.

Each has less than a megabyte and is written in less than a second.
"""

import json
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import Qwen2Tokenizer
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

SPECIAL = (
    "<|endoftext|> <|im_start|> <|im_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>"
).split()
PICTURE_TOKENS = {"qwen": [], "llava": ["<image>", "<video>"]}
WORDS = ["a red circle moving left on a blue background", "Clip 1, 22.8s to 25.1s:\n", '{"answer": "", "found": true}']
CONTEXT = 2048
SIDE = 56
"""Of the pictures of LLaVA, pixels: 4 x 4 patches."""
FAMILY_NAMES = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_5", "llava", "llava_onevision")


def chat_template(family: str) -> str:
    """Writes messages as the family's own template does, in the order of their parts."""
    image = "<image>" if family.startswith("llava") else "<|vision_start|><|image_pad|><|vision_end|>"
    opening = "<|im_start|>assistant\n"
    if family == "qwen3_5":  # as published: the model thinks unless it is told not to
        opening += "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n"
        opening += "{% else %}<think>\n{% endif %}"
    return (
        "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
        "{% if part['type'] == 'image' %}" + image + "{% else %}{{ part['text'] }}{% endif %}"
        "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}" + opening + "{% endif %}"
    )  # fmt: skip


def write_vlm_checkpoint(
    folder: Path,
    family: str = "qwen2_vl",
    *,
    picture_size: tuple[int, int] | None = None,
    context: int = CONTEXT,
    tokenizer: Qwen2Tokenizer | None = None,
) -> Path:
    """The same each time; `picture_size` goes into reelseek.json."""
    torch.manual_seed(11)
    tokenizer = tokenizer or _tokenizer(_maker_of(family), context)
    config, processor = _BUILDERS[family](tokenizer, context)
    model: Any = transformers.AutoModelForImageTextToText.from_config(config).eval()
    with torch.no_grad():  # untrained, all scores are alike; these make greedy choices differ
        model.lm_head.weight.mul_(20)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    if picture_size:
        height, width = picture_size
        (folder / "reelseek.json").write_text(json.dumps({"picture_height": height, "picture_width": width}))
    return folder


def _maker_of(family: str) -> str:
    return "llava" if family.startswith("llava") else "qwen"


def _tokenizer(maker: str, context: int) -> Qwen2Tokenizer:
    special = SPECIAL + PICTURE_TOKENS[maker]
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    learner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    learner.train_from_iterator(WORDS * 3, trainer)
    learned = json.loads(learner.to_str())["model"]
    return Qwen2Tokenizer(
        vocab=learned["vocab"],
        merges=[tuple(merge) for merge in learned["merges"]],
        unk_token="<|endoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=special,
        model_max_length=context,
    )


def _text(tokenizer: Qwen2Tokenizer, context: int, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "vocab_size": len(tokenizer) + 24,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": context,
        "bos_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "tie_word_embeddings": False,
    }
    return values | more


def _rope(**sections: Any) -> dict[str, Any]:
    return {"rope_type": "default", "rope_theta": 10000.0, **sections}


def _qwen_tokens(tokenizer: Qwen2Tokenizer) -> dict[str, Any]:
    names = {"image": "image_pad", "video": "video_pad", "vision_start": "vision_start", "vision_end": "vision_end"}
    ids = {f"{name}_token_id": tokenizer.convert_tokens_to_ids(f"<|{token}|>") for name, token in names.items()}
    return {**ids, "tie_word_embeddings": False}


_QWEN2_LIMITS: dict[str, Any] = {"size": {"shortest_edge": 28 * 28, "longest_edge": 560 * 560}}
_QWEN3_LIMITS: dict[str, Any] = {
    "size": {"shortest_edge": 32 * 32, "longest_edge": 640 * 640 * 64},
    "patch_size": 16,
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
}


def _qwen2_vl(tokenizer: Qwen2Tokenizer, context: int) -> tuple[Any, Any]:
    config = transformers.Qwen2VLConfig(
        text_config=_text(tokenizer, context, rope_parameters=_rope(mrope_section=[2, 3, 3])),
        vision_config={
            "depth": 1,
            "embed_dim": 32,
            "hidden_size": 32,
            "num_heads": 2,
            "mlp_ratio": 2,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
        },
        **_qwen_tokens(tokenizer),
    )
    processor = transformers.Qwen2VLProcessor(
        image_processor=transformers.Qwen2VLImageProcessor(**_QWEN2_LIMITS),
        tokenizer=tokenizer,
        video_processor=transformers.Qwen2VLVideoProcessor(**_QWEN2_LIMITS, cap_pixels_per_frame=False),
        chat_template=chat_template("qwen2_vl"),
    )
    return config, processor


def _qwen2_5_vl(tokenizer: Qwen2Tokenizer, context: int) -> tuple[Any, Any]:
    config = transformers.Qwen2_5_VLConfig(
        text_config=_text(tokenizer, context, rope_parameters=_rope(mrope_section=[2, 3, 3])),
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "out_hidden_size": 32,
            "intermediate_size": 48,
            "num_heads": 2,
            "patch_size": 14,
            "window_size": 112,
            "fullatt_block_indexes": [1],
            "tokens_per_second": 2,
        },
        **_qwen_tokens(tokenizer),
    )
    processor = transformers.Qwen2_5_VLProcessor(
        image_processor=transformers.Qwen2VLImageProcessor(**_QWEN2_LIMITS),
        tokenizer=tokenizer,
        video_processor=transformers.Qwen2VLVideoProcessor(**_QWEN2_LIMITS, cap_pixels_per_frame=False),
        chat_template=chat_template("qwen2_5_vl"),
    )
    return config, processor


_QWEN3_VISION: dict[str, Any] = {
    "depth": 2,
    "hidden_size": 32,
    "out_hidden_size": 32,
    "intermediate_size": 48,
    "num_heads": 2,
    "patch_size": 16,
    "num_position_embeddings": 64,
}


def _qwen3_processor(tokenizer: Qwen2Tokenizer, family: str) -> Any:
    return transformers.Qwen3VLProcessor(
        image_processor=transformers.Qwen2VLImageProcessor(**_QWEN3_LIMITS),
        tokenizer=tokenizer,
        video_processor=transformers.Qwen3VLVideoProcessor(**_QWEN3_LIMITS, cap_pixels_per_frame=False),
        chat_template=chat_template(family),
    )


def _qwen3_vl(tokenizer: Qwen2Tokenizer, context: int) -> tuple[Any, Any]:
    rope = _rope(mrope_section=[4, 2, 2], mrope_interleaved=True)
    config = transformers.Qwen3VLConfig(
        text_config=_text(tokenizer, context, head_dim=16, rope_parameters=rope),
        vision_config=_QWEN3_VISION | {"deepstack_visual_indexes": [0]},
        **_qwen_tokens(tokenizer),
    )
    return config, _qwen3_processor(tokenizer, "qwen3_vl")


def _qwen3_5(tokenizer: Qwen2Tokenizer, context: int) -> tuple[Any, Any]:
    rope = _rope(mrope_section=[2, 1, 1], mrope_interleaved=True, partial_rotary_factor=0.25)
    config = transformers.Qwen3_5Config(
        text_config=_text(
            tokenizer,
            context,
            num_hidden_layers=4,
            head_dim=32,
            linear_key_head_dim=16,
            linear_value_head_dim=16,
            linear_num_key_heads=1,
            linear_num_value_heads=2,
            rope_parameters=rope,
        ),
        vision_config=_QWEN3_VISION,
        **_qwen_tokens(tokenizer),
    )
    return config, _qwen3_processor(tokenizer, "qwen3_5")


_SIGLIP: dict[str, Any] = {
    "model_type": "siglip_vision_model",
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": SIDE,
    "patch_size": 14,
    "vision_use_head": False,
}


def _llava(tokenizer: Qwen2Tokenizer, context: int) -> tuple[Any, Any]:
    config = transformers.LlavaConfig(
        text_config=_text(tokenizer, context, model_type="qwen2"),
        vision_config=_SIGLIP,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        tie_word_embeddings=False,
    )
    processor = transformers.LlavaProcessor(
        image_processor=transformers.SiglipImageProcessor(size={"height": SIDE, "width": SIDE}),
        tokenizer=tokenizer,
        patch_size=14,
        vision_feature_select_strategy="full",
        chat_template=chat_template("llava"),
    )
    return config, processor


def _llava_onevision(tokenizer: Qwen2Tokenizer, context: int) -> tuple[Any, Any]:
    pinpoints = [[SIDE, SIDE], [SIDE, 2 * SIDE]]
    size: dict[str, Any] = {"size": {"height": SIDE, "width": SIDE}}
    config = transformers.LlavaOnevisionConfig(
        text_config=_text(tokenizer, context, model_type="qwen2"),
        vision_config=_SIGLIP,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        video_token_index=tokenizer.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=pinpoints,
        tie_word_embeddings=False,
    )
    processor = transformers.LlavaOnevisionProcessor(
        image_processor=transformers.LlavaOnevisionImageProcessor(**size, image_grid_pinpoints=pinpoints),
        tokenizer=tokenizer,
        video_processor=transformers.LlavaOnevisionVideoProcessor(**size),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=chat_template("llava_onevision"),
    )
    return config, processor


_BUILDERS = {
    "qwen2_vl": _qwen2_vl,
    "qwen2_5_vl": _qwen2_5_vl,
    "qwen3_vl": _qwen3_vl,
    "qwen3_5": _qwen3_5,
    "llava": _llava,
    "llava_onevision": _llava_onevision,
}
