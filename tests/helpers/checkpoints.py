"""Small checkpoints of random weights in the formats of the real ones."""

import json
from collections.abc import Sequence
from pathlib import Path

CONFIG = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
PREPROCESS = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "squash"}


def write_clip_checkpoint(folder: Path) -> Path:
    """An open_clip checkpoint of random weights, the same each time."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(5)
    network = open_clip.model.CLIP(**CONFIG)  # pyright: ignore[reportArgumentType]
    folder.mkdir(exist_ok=True)
    save_file(network.state_dict(), folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": CONFIG, "preprocess_cfg": PREPROCESS}))
    return folder


def write_bert_checkpoint(folder: Path, words: Sequence[str], *, labels: int = 0) -> Path:
    """A 2-layer BERT of 16 dimensions with random weights and these words; with a head of so many labels, or none."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizerFast

    folder.mkdir(parents=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = BertConfig(vocab_size=len(vocabulary), max_position_embeddings=64, num_labels=labels or 2, **size)
    (BertForSequenceClassification if labels else BertModel)(config).save_pretrained(folder)
    return folder
