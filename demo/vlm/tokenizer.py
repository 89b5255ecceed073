"""The tiny Qwen2-VL's tokenizer in Qwen2's format, trained on the world's words; answers are single tokens."""

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, cast

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers import Regex as TokenRegex
from transformers import Qwen2Tokenizer
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

from demo.world import spoken_lines as spoken
from demo.world.sign_words import SIGN_WORDS
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, MOTIONS, SHAPES

CONTEXT_TOKENS = 2048
LEARNED_SIZE = 1536
SPECIAL_TOKENS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>",
]  # fmt: skip
"""The first tokens, in this order."""


def build_vlm_tokenizer(texts: Iterable[str]) -> Qwen2Tokenizer:
    """Trains a byte-level BPE in Qwen2's format: digits one by one, every byte representable."""
    learner = Tokenizer(models.BPE())
    learner.normalizer = normalizers.NFC()
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(TokenRegex(PRETOKENIZE_REGEX), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    learner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=LEARNED_SIZE,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    return tokenizer_with_answers(learner)


def tokenizer_with_answers(learned: Tokenizer) -> Qwen2Tokenizer:
    """Adds single tokens for the first words of answers and for the words on signs.

    An answer follows a quotation mark, where words learned after a space fall apart and a tiny model must spell. Sign
    words are one token everywhere, so that copying one is one step; other words are spelled.
    """
    model: dict[str, Any] = json.loads(learned.to_str())["model"]
    vocabulary: dict[str, int] = model["vocab"]
    merges: list[tuple[str, str]] = [tuple(merge) for merge in model["merges"]]
    for word in tokenizer_first_words():
        pieces = learned.encode(word, add_special_tokens=False).tokens
        for left, right in pairwise("".join(pieces[:count]) for count in range(1, len(pieces) + 1)):
            if right not in vocabulary:
                vocabulary[right] = len(vocabulary)
            if (left, right.removeprefix(left)) not in merges:
                merges.append((left, right.removeprefix(left)))
    tokenizer = Qwen2Tokenizer(
        vocab=vocabulary,
        merges=cast(Any, merges),
        unk_token="<|endoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL_TOKENS,
        model_max_length=CONTEXT_TOKENS,
        padding_side="left",
    )
    signs = [AddedToken(word, single_word=True, normalized=False) for word in SIGN_WORDS]
    tokenizer.add_tokens(cast(Any, signs))
    return tokenizer


def tokenizer_first_words() -> list[str]:
    """Lists the first words of answers to the world's questions."""
    phrases = [names[0] for table in (MOTIONS, SHAPES) for names in table.values()]
    numbers = ["one", *(number for numbers in spoken.NUMBERS for number in numbers)]
    words = [phrase.split()[0] for phrase in (*phrases, *numbers, *ACTOR_COLOURS, *BACKGROUND_COLOURS)]
    return sorted({word for word in words if word.isalpha()})
