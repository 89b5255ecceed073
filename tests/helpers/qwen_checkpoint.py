"""A tiny Qwen2-VL of random weights in the format of the real ones: it runs, and knows nothing."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    Qwen2Tokenizer,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
    Qwen2VLImageProcessor,
    Qwen2VLProcessor,
    Qwen2VLVideoProcessor,
)
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

SPECIAL = (
    "<|endoftext|> <|im_start|> <|im_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>"
).split()
WORDS = ["a red circle moving left on a blue background", "Clip 1, 22.8s to 25.1s:\n", '{"answer": "", "found": true}']
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
    "{% if part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTEXT = 2048


def write_vlm_checkpoint(folder: Path, *, picture_size: tuple[int, int] | None = (56, 84)) -> Path:
    """The same each time; `picture_size` goes into reelseek.json."""
    torch.manual_seed(11)
    tokenizer = _tokenizer()
    model = Qwen2VLForConditionalGeneration(_config(len(tokenizer) + 24)).eval()
    with torch.no_grad():  # untrained, all scores are alike; these make greedy choices differ
        model.lm_head.weight.mul_(20)
    model.generation_config.eos_token_id = SPECIAL.index("<|im_end|>")
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    limits: dict[str, Any] = {"size": {"shortest_edge": 28 * 28, "longest_edge": 560 * 560}}
    Qwen2VLProcessor(
        image_processor=Qwen2VLImageProcessor(**limits),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(**limits, cap_pixels_per_frame=False),
        chat_template=TEMPLATE,
    ).save_pretrained(folder)
    if picture_size:
        height, width = picture_size
        (folder / "reelseek.json").write_text(json.dumps({"picture_height": height, "picture_width": width}))
    return folder


def _tokenizer() -> Qwen2Tokenizer:
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
        vocab_size=400, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    learner.train_from_iterator(WORDS * 3, trainer)
    learned = json.loads(learner.to_str())["model"]
    return Qwen2Tokenizer(
        vocab=learned["vocab"],
        merges=[tuple(merge) for merge in learned["merges"]],
        unk_token="<|endoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL,
        model_max_length=CONTEXT,
    )


def _config(vocabulary: int) -> Qwen2VLConfig:
    ids = {name: SPECIAL.index(f"<|{name}|>") for name in ("endoftext", "im_end", "image_pad", "video_pad")}
    return Qwen2VLConfig(
        text_config={
            "vocab_size": vocabulary,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "max_position_embeddings": CONTEXT,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]},
            "bos_token_id": ids["endoftext"],
            "eos_token_id": ids["im_end"],
            "pad_token_id": ids["endoftext"],
            "tie_word_embeddings": False,
        },
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
        image_token_id=ids["image_pad"],
        video_token_id=ids["video_pad"],
        vision_start_token_id=SPECIAL.index("<|vision_start|>"),
        vision_end_token_id=SPECIAL.index("<|vision_end|>"),
        tie_word_embeddings=False,
    )
