"""The language model on packed sequences: a prefix with several tails in a row, pictures as cached features.

`run_layers` computes what `Qwen2VLTextModel` does for each (prefix, tail) alone: positions continue from the prefix in
every tail, and a mask hides the other tails.
"""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional
from transformers import Qwen2VLForConditionalGeneration
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLDecoderLayer

from demo.vlm.sequences.batches import VIDEO_PAD, Batch

LayerStep = Callable[[Qwen2VLDecoderLayer, Tensor, Tensor, Tensor, Tensor], Tensor]


def layer_step(layer: Qwen2VLDecoderLayer, hidden: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
    """Runs one layer: hidden (b, n, size); cos and sin (b, n, head size); mask (b, 1, n, n) is added to the scores."""
    attention = layer.self_attn
    count, length, _ = hidden.shape
    head, groups = attention.head_dim, attention.num_key_value_groups
    normal = layer.input_layernorm(hidden)

    def split(states: Tensor) -> Tensor:
        return states.view(count, length, -1, head).transpose(1, 2)

    query = _rotate(split(attention.q_proj(normal)), cos, sin)
    key = _rotate(split(attention.k_proj(normal)), cos, sin).repeat_interleave(groups, 1)
    value = split(attention.v_proj(normal)).repeat_interleave(groups, 1)
    with torch.autocast(hidden.device.type, enabled=False):
        if hidden.is_cuda:
            mask = mask.expand(-1, query.shape[1], -1, -1)
            mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        else:  # the fused one's backward is slow on a processor
            mixed = (query * head**-0.5 @ key.transpose(2, 3) + mask).softmax(-1) @ value
    hidden = hidden + attention.o_proj(mixed.transpose(1, 2).flatten(2))
    return hidden + layer.mlp(layer.post_attention_layernorm(hidden))


def _rotate(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = states.shape[-1] // 2
    turned = torch.cat((-states[..., half:], states[..., :half]), -1)
    return states * cos[:, None] + turned * sin[:, None]


def run_layers(
    model: Qwen2VLForConditionalGeneration, batch: Batch, features: Tensor, *, step: LayerStep
) -> tuple[Tensor, list[Tensor]]:
    """Runs all layers on a batch.

    Args:
        features: (pairs, tokens, size) of `batch.pairs`.
        step: `layer_step`, or the same compiled.

    Returns:
        The last states, and those that enter each layer, all (b, n, size).
    """
    text = model.model.language_model
    hidden = text.embed_tokens(batch.ids)
    kind = hidden.device.type
    low = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else hidden.dtype
    hidden = hidden.masked_scatter((batch.ids == VIDEO_PAD)[..., None], features.to(hidden.dtype))
    cos, sin = (turn.to(low) for turn in text.rotary_emb(hidden, batch.positions))
    size = batch.ids.shape[1]
    earlier = torch.ones((size, size), dtype=torch.bool, device=hidden.device).tril()
    parts = batch.parts
    seen = earlier & ((parts[:, None] == 0) | (parts[:, None] == parts[:, :, None]))  # (b, n, n)
    mask = torch.zeros(seen.shape, dtype=low, device=hidden.device).masked_fill_(~seen, -1e4)[:, None]
    entering: list[Tensor] = []
    for layer in text.layers:
        entering.append(hidden)
        hidden = step(cast(Qwen2VLDecoderLayer, layer), hidden, cos, sin, mask)
    return text.norm(hidden), entering


def reply_loss(model: Qwen2VLForConditionalGeneration, states: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Returns the weighted cross-entropy of the replies' tokens, and (t) whether the right one ranks first."""
    said = functional.linear(states[batch.taught[0], batch.taught[1]], model.lm_head.weight).float()
    losses = functional.cross_entropy(said, batch.words, reduction="none")
    return (losses * batch.weights).mean(), said.detach().argmax(1) == batch.words
