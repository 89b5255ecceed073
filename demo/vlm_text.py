"""The language model on packed sequences: a prefix with several tails in a row, pictures from features kept before.

`read` computes what `Qwen2VLTextModel` does for each (prefix, tail) alone: positions go on from the prefix in every
tail, and a mask hides the other tails.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from transformers import Qwen2VLForConditionalGeneration
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLDecoderLayer

from demo.grammar import Description
from demo.vlm_facts import TOKEN_PIXELS
from demo.vlm_frames import PICTURE_WIDTH
from demo.vlm_sequences import PAIR_TOKENS, PROBE, TrainSequence
from demo.vlm_tokenizer import SPECIAL_TOKENS

VIDEO_PAD = SPECIAL_TOKENS.index("<|video_pad|>")
VISION_END = SPECIAL_TOKENS.index("<|vision_end|>")
WIDE = PICTURE_WIDTH // TOKEN_PIXELS
BLOCK_ROWS, BLOCK_COLUMNS = np.divmod(np.arange(PAIR_TOKENS), WIDE)
BLOCK_STEP = max(PAIR_TOKENS // WIDE, WIDE)
"""How far the positions go on over one pair: by its longer side."""
UNTAUGHT = -100
ANSWER_TOKENS = slice(4, 8)
"""Of a reply: the first tokens of its answer."""
ANSWER_WEIGHT = 8.0

LayerStep = Callable[[Qwen2VLDecoderLayer, Tensor, Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Batch:
    """b packed sequences, padded on the right."""

    ids: Tensor
    """(b, n) token ids."""
    places: Tensor
    """(3, b, n)"""
    parts: Tensor
    """(b, n) 0 for the prefix, then the number of the tail; -1 for padding."""
    pairs: NDArray[np.int64]
    """Which pairs' features belong to the video tokens, in order."""
    labels: Tensor
    """(b, n) the next token, UNTAUGHT outside the replies."""
    kinds: tuple[tuple[str, ...], ...]
    """(b) of each sequence's tails."""
    copies: Tensor
    """(3, copies) row, the token before the copy, the token that is copied."""
    looks: tuple[tuple[int, int, tuple[int, ...]], ...]
    """Of each question with a reply: row, the token before it, the tokens that it should look at."""
    heard: tuple[tuple[int, int, tuple[int, ...]], ...]
    """Of every question: row, its last token, the tokens that it should look at."""
    forms: tuple[Description | None, ...]
    """(heard) What each question tells of a scene."""
    clips: tuple[int, ...]
    """(tails) the clip that each reply names first, 0 for none, UNTAUGHT for a caption."""


def places_of(ids: NDArray[np.int16]) -> tuple[NDArray[np.int64], int]:
    """Returns the positions (3, n) that Qwen2-VL gives to tokens with whole pairs among them, and the next one."""
    pads = np.flatnonzero(ids == VIDEO_PAD)
    steps = np.ones(len(ids), np.int64)
    steps[pads] = 0
    steps[pads[PAIR_TOKENS - 1 :: PAIR_TOKENS]] = BLOCK_STEP
    ends = np.cumsum(steps)
    places = np.tile(ends - steps, (3, 1))
    pairs = len(pads) // PAIR_TOKENS
    places[1:, pads] = np.repeat(places[0, pads[::PAIR_TOKENS]], PAIR_TOKENS)
    places[0, pads] = places[1, pads]
    places[1, pads] += np.tile(BLOCK_ROWS, pairs)
    places[2, pads] += np.tile(BLOCK_COLUMNS, pairs)
    return places, int(ends[-1])


def collate(sequences: Sequence[TrainSequence]) -> Batch:
    """Packs and pads sequences into a batch."""
    count, longest = len(sequences), max(one.size for one in sequences)
    longest += -longest % 32
    ids, parts = np.zeros((count, longest), np.int64), np.full((count, longest), -1, np.int64)
    places = np.zeros((3, count, longest), np.int64)
    labels = np.full((count, longest), UNTAUGHT, np.int64)
    copies: list[tuple[int, int, int]] = []
    looks: list[tuple[int, int, tuple[int, ...]]] = []
    heard: list[tuple[int, int, tuple[int, ...]]] = []
    for row, one in enumerate(sequences):
        at = len(one.prefix)
        ids[row, :at], parts[row, :at] = one.prefix, 0
        places[:, row, :at], then = places_of(one.prefix)
        for number, tail in enumerate(one.tails, 1):
            size = len(tail.ids)
            ids[row, at : at + size], parts[row, at : at + size] = tail.ids, number
            places[:, row, at : at + size] = then + np.arange(size)
            labels[row, at + tail.reply - 1 : at + size - 1] = tail.ids[tail.reply :]
            looks += [(row, at + tail.reply - 1, tail.looks)] if tail.looks and tail.kind != PROBE else []
            heard += [(row, at + tail.question, tail.looks)] if tail.looks else []
            copies += [(row, at + token - 1, source) for token, source in tail.copies]
            at += size
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(places),
        torch.from_numpy(parts),
        np.array([pair for one in sequences for pair in one.pairs], np.int64),
        torch.from_numpy(labels),
        tuple(tuple(tail.kind for tail in one.tails if tail.kind != PROBE) for one in sequences),
        torch.tensor(copies, dtype=torch.long).view(-1, 3).T,
        tuple(looks),
        tuple(heard),
        tuple(tail.form for one in sequences for tail in one.tails if tail.looks),
        tuple(
            UNTAUGHT if tail.clip is None else tail.clip
            for one in sequences
            for tail in one.tails
            if tail.kind != PROBE
        ),
    )


def layer_step(layer: Qwen2VLDecoderLayer, hidden: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
    """Runs one layer: hidden (b, n, size); cos and sin (b, n, head size); mask (b, 1, n, n) is added to the scores."""
    attention = layer.self_attn
    count, length, _ = hidden.shape
    head, groups = attention.head_dim, attention.num_key_value_groups
    normal = layer.input_layernorm(hidden)

    def split(states: Tensor) -> Tensor:
        return states.view(count, length, -1, head).transpose(1, 2)

    query = _turn(split(attention.q_proj(normal)), cos, sin) * head**-0.5
    key = _turn(split(attention.k_proj(normal)), cos, sin).repeat_interleave(groups, 1)
    value = split(attention.v_proj(normal)).repeat_interleave(groups, 1)
    with torch.autocast("cpu", enabled=False):
        mixed = (query @ key.transpose(2, 3) + mask).softmax(-1) @ value  # the fused one's backward is slow
    hidden = hidden + attention.o_proj(mixed.transpose(1, 2).flatten(2))
    return hidden + layer.mlp(layer.post_attention_layernorm(hidden))


def _turn(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = states.shape[-1] // 2
    turned = torch.cat((-states[..., half:], states[..., :half]), -1)
    return states * cos[:, None] + turned * sin[:, None]


def read(
    model: Qwen2VLForConditionalGeneration, batch: Batch, features: Tensor, *, step: LayerStep
) -> tuple[Tensor, list[Tensor]]:
    """Reads a batch.

    Args:
        features: (pairs, tokens, size) of `batch.pairs`.
        step: `layer_step`, or the same compiled.

    Returns:
        The last states, and those that enter each layer, all (b, n, size).
    """
    text = model.model.language_model
    hidden = text.embed_tokens(batch.ids)
    low = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else hidden.dtype
    hidden = hidden.masked_scatter((batch.ids == VIDEO_PAD)[..., None], features.to(hidden.dtype))
    cos, sin = (turn.to(low) for turn in text.rotary_emb(hidden, batch.places))
    size = batch.ids.shape[1]
    earlier = torch.ones((size, size), dtype=torch.bool).tril()
    parts = batch.parts
    seen = earlier & ((parts[:, None] == 0) | (parts[:, None] == parts[:, :, None]))  # (b, n, n)
    mask = torch.zeros(seen.shape, dtype=low).masked_fill_(~seen, -1e4)[:, None]
    entering: list[Tensor] = []
    for layer in text.layers:
        entering.append(hidden)
        hidden = step(cast(Qwen2VLDecoderLayer, layer), hidden, cos, sin, mask)
    return text.norm(hidden), entering


def reply_loss(model: Qwen2VLForConditionalGeneration, states: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Returns the cross-entropy of the replies' tokens, and (b, n) False where the wrong token comes first.

    The answer of a "what" question counts `ANSWER_WEIGHT` times: a word or two beside forty tokens of form and times.
    """
    labels = batch.labels
    taught = labels != UNTAUGHT
    said = functional.linear(states[taught], model.lm_head.weight).float()
    right = torch.ones(labels.shape, dtype=torch.bool)
    right[taught] = said.detach().argmax(1) == labels[taught]
    losses = functional.cross_entropy(said, labels[taught], reduction="none")
    return (losses * _weights(batch)[taught]).mean(), right


def _weights(batch: Batch) -> Tensor:
    """(b, n) how much each token of the replies counts."""
    weights = torch.ones(batch.labels.shape)
    for row, kinds in enumerate(batch.kinds):
        for number, kind in enumerate(kinds, 1):
            if kind.startswith("what"):
                own = ((batch.labels[row] != UNTAUGHT) & (batch.parts[row] == number)).nonzero()[:, 0]
                weights[row, own[ANSWER_TOKENS]] = ANSWER_WEIGHT
    return weights
