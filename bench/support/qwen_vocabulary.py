"""The true tokenizer of the Qwen-VL models, from the vocabulary that the package dashscope carries, where it is there.

Nothing of dashscope is imported: its file of 151,643 byte pairs is read. `pip install --no-deps dashscope` adds it.
"""

import base64
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any, cast

from transformers import Qwen2Tokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

MISSING = "needs Qwen's vocabulary: pip install --no-deps dashscope"
FILE_NAME = "qwen.tiktoken"
CONTROL_TOKENS = (
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|>"
    " <|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>"
).split()
"""In the order of their ids, which follow the byte pairs."""
SCORES = 151_936
"""Of the published models up to 7B: their vocabulary, padded."""


def qwen_vocabulary_file() -> Path | None:
    """The file of byte pairs; None where dashscope is not installed."""
    try:
        names = files("dashscope") or []
    except PackageNotFoundError:
        return None
    return next((Path(str(name.locate())) for name in names if name.name == FILE_NAME), None)


@lru_cache(maxsize=1)
def qwen_tokenizer(file: Path) -> Qwen2Tokenizer:
    """Builds the tokenizer from byte pairs: a line for each token, its bytes in base64 and its rank."""
    lines = (line.split() for line in file.read_bytes().splitlines() if line)
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    letters = bytes_to_unicode()

    def spelled(token: bytes) -> str:
        return "".join(letters[byte] for byte in token)

    merges: list[tuple[str, str]] = []
    for token in sorted(ranks, key=ranks.__getitem__):
        splits = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
        known = [(left, right) for left, right in splits if left in ranks and right in ranks]
        merges += [
            (spelled(left), spelled(right))
            for left, right in sorted(known, key=lambda pair: (ranks[pair[0]], ranks[pair[1]]))
        ]
    vocabulary = {spelled(token): rank for token, rank in ranks.items()}
    return Qwen2Tokenizer(
        vocab=vocabulary | {token: len(ranks) + place for place, token in enumerate(CONTROL_TOKENS)},
        merges=cast(Any, merges),
        unk_token="<|endoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=CONTROL_TOKENS,
        model_max_length=32_768,
    )
