"""The vision tower on batches of equal pictures, and the heads that teach it what each merged token shows.

`encode_patches` computes what `Qwen2VisionTransformerPretrainedModel` does, for many pictures of one size at once.
"""

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VisionTransformerPretrainedModel, Qwen2VLVisionBlock
from transformers.utils.constants import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from demo.vlm.clips.scene_facts import TokenFacts

PATCH, MERGE = 14, 2
GROUPS = {"role": 6, "background": 8, "pattern": 5, "colour": 8, "shape": 8, "measures": 8}
"""What the head predicts of every token, with the number of outputs."""

_MEAN = torch.tensor(OPENAI_CLIP_MEAN)[:, None] * 255
_SCALE = torch.tensor(OPENAI_CLIP_STD)[:, None] * 255


def to_patches(pixels: NDArray[np.uint8] | Tensor) -> Tensor:
    """Cuts frame pairs (n, 2, height, width, 3) into normalized patches as the processor does: (n, patches, 1176)."""
    count, frames, height, width, channels = pixels.shape
    tall, wide = height // PATCH // MERGE, width // PATCH // MERGE
    cut = torch.as_tensor(pixels).view(count, frames, tall, MERGE, PATCH, wide, MERGE, PATCH, channels)
    cut = cut.permute(0, 2, 5, 3, 6, 8, 1, 4, 7).reshape(count, tall * wide * MERGE**2, channels, -1)
    return ((cut - _MEAN.to(cut.device)) / _SCALE.to(cut.device)).flatten(2)


def patch_positions(tall: int, wide: int) -> Tensor:
    """Row and column of each patch in the processor's order, for a picture of tall x wide tokens: (patches, 2)."""
    rows, columns = torch.meshgrid(torch.arange(tall * MERGE), torch.arange(wide * MERGE), indexing="ij")
    both = torch.stack([rows, columns], 2).view(tall, MERGE, wide, MERGE, 2)
    return both.permute(0, 2, 1, 3, 4).reshape(-1, 2)


def encode_patches(tower: Qwen2VisionTransformerPretrainedModel, patches: Tensor, *, tall: int, wide: int) -> Tensor:
    """Runs the tower on pictures of tall x wide tokens: (n, patches, 1176) to (n, tokens, text size)."""
    count = len(patches)
    heads = tower.config.num_heads
    cos, sin = tower.rotary_pos_emb(patches, patch_positions(tall, wide).to(patches.device))
    hidden = functional.linear(patches, tower.patch_embed.proj.weight.flatten(1))  # (n, patches, size)
    low = hidden.dtype
    cos, sin = cos.to(low), sin.to(low)
    for block in cast(list[Qwen2VLVisionBlock], tower.blocks):
        states = block.attn.qkv(block.norm1(hidden)).view(count, hidden.shape[1], 3, heads, -1)
        query, key, value = states.permute(2, 0, 3, 1, 4).unbind(0)  # (n, heads, patches, head size)
        query, key = _rotate(query, cos, sin), _rotate(key, cos, sin)
        weights = (query @ key.transpose(2, 3) * query.shape[-1] ** -0.5).softmax(
            -1
        )  # the fused one's backward is slow
        mixed = weights.to(value.dtype) @ value
        hidden = hidden + block.attn.proj(mixed.transpose(1, 2).flatten(2))
        hidden = hidden + block.mlp(block.norm2(hidden))
    return tower.merger(hidden).view(count, tall * wide, -1)


def _rotate(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = states.shape[-1] // 2
    turned = torch.cat((-states[..., half:], states[..., :half]), -1)
    return states * cos + turned * sin


class TokenHeads(nn.Module):
    """Linear heads on merged tokens; dropped after training."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.head = nn.Linear(size, sum(GROUPS.values()))

    def loss(self, seen: Tensor, facts: TokenFacts, *, whole: bool) -> tuple[Tensor, dict[str, float]]:
        """Returns the summed loss and what to log; on `whole` pictures also the actors' roles are predicted."""
        said = dict(zip(GROUPS, self.head(seen).float().split(list(GROUPS.values()), 2), strict=True))

        def there(codes: NDArray[Any]) -> Tensor:
            return torch.from_numpy(codes).to(seen.device)

        role = there(facts.role)
        here = role > 0
        tokens = role.shape[1]
        wanted: dict[str, Tensor] = {
            "background": there(facts.background)[:, None].expand(-1, tokens),
            "pattern": there(facts.pattern)[:, None].expand(-1, tokens),
            "role": role if whole else here.long(),
        }
        losses = [functional.cross_entropy(said[name].flatten(0, 1), aim.flatten()) for name, aim in wanted.items()]
        right = {name: float((said[name].argmax(2) == aim).float().mean()) for name, aim in wanted.items()}
        for name, aim in (("colour", facts.colour), ("shape", facts.shape)):
            target = there(aim)[here]
            losses.append(2 * functional.cross_entropy(said[name][here], target))
            right[name] = float((said[name][here].argmax(1) == target).float().mean())
        off = functional.smooth_l1_loss(
            said["measures"][here], there(facts.measures)[here], reduction="none", beta=0.1
        ).mean(0)
        if not whole:
            off = off[[0, 1, 4, 5, 6, 7]]
        right |= {
            "place": float(off[:2].detach().mean()),
            "shift": float(off[-4:-2].detach().mean()),
            "radius": float(off[-1].detach()),
        }
        return torch.stack(losses).sum() + 2 * off.sum(), right
