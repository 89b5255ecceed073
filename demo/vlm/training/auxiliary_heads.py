"""Heads on the language model's middle states that speed up learning on a CPU; thrown away after training.

After every pair the state is to hold what its scene shows; at the reply's begin, which clip answers.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLDecoderLayer, Qwen2VLTextModel

from demo.vlm.checkpoint import TEXT_HEADS, TEXT_SIZE
from demo.vlm.clips.frames import PAIRS
from demo.vlm.clips.scene_facts import SceneFacts
from demo.vlm.questions.description_facts import TOLD
from demo.vlm.sequences.batches import VISION_END, Batch, Marks

FACTS = {"role": 6, "colour": 9, "shape": 9, "size": 4, "motion": 11}
"""Of each of two actors; the last number of classes counts "there is none"."""
MOST_CLIPS = 8
HEAD_SIZE = TEXT_SIZE // TEXT_HEADS
WEIGHT = 0.3
HEARING_LAYER, LOOKING_LAYER, COPYING_LAYER = 2, 3, 4
"""Whose first heads are told where to look; what enters the first of them is to hold the scenes' facts."""

Rights = dict[str, Tensor]
"""Shares of what is right, each a scalar."""


def fact_table(facts: SceneFacts) -> Tensor:
    """Lists facts of scenes as codes: (n, 12): background, pattern, then FACTS of both actors."""
    columns = [facts.background, facts.pattern]
    for index in range(2):
        for name, classes in FACTS.items():
            codes = getattr(facts, name)[:, index]
            columns.append(np.where(codes < 0, classes - 1, codes))
    return torch.from_numpy(np.stack(columns, 1))


class TeachingHeads(nn.Module):
    """What the heads say, and how wrong it is."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.classes = [8, 5, *FACTS.values(), *FACTS.values()]
        self.facts_head = nn.Linear(size, sum(self.classes))
        self.clip_head = nn.Linear(size, MOST_CLIPS)
        self.told_head = nn.Linear(size, TOLD)

    def loss(self, entering: Sequence[Tensor], batch: Batch, table: Tensor, told: Tensor) -> tuple[Tensor, Rights]:
        """Returns the loss and what to log.

        Args:
            entering: (b, n, size) each, the states that enter each layer.
            table: (scenes, 12) of `fact_table`.
            told: (scenes, TOLD) of `told_table`.
        """
        loss = entering[0].new_zeros(())
        right: Rights = {}
        if len(batch.pairs):
            loss, right = self._shown_loss(entering, batch, table, told)
        if len(batch.heard.rows):
            heard = self.told_head(entering[HEARING_LAYER][batch.heard.rows, batch.heard.tokens].float())
            loss = loss + 2 * _told_loss(heard, batch.told, batch.is_told[:, None])
            right["taught told"] = ((heard.detach() > 0) & batch.told).sum() / batch.told.sum().clamp(min=1)
            named = self.clip_head(entering[COPYING_LAYER][batch.looks.rows, batch.looks.tokens].float())
            loss = loss + functional.cross_entropy(named, batch.clips)
            right["taught clip"] = (named.detach().argmax(1) == batch.clips).float().mean()
        return loss * WEIGHT, right

    def _shown_loss(
        self, entering: Sequence[Tensor], batch: Batch, table: Tensor, told: Tensor
    ) -> tuple[Tensor, Rights]:
        """How well each pair's last state holds the facts of its scene."""
        states = entering[HEARING_LAYER][batch.ids == VISION_END].float()
        wanted = table[batch.pairs // PAIRS]
        said = self.facts_head(states).split(self.classes, 1)
        loss = torch.stack([functional.cross_entropy(one, wanted[:, k]) for k, one in enumerate(said)]).mean()
        right = {
            "taught motion": (said[6].detach().argmax(1) == wanted[:, 6]).float().mean(),
            "taught shape": (said[4].detach().argmax(1) == wanted[:, 4]).float().mean(),
        }
        loss = loss + _told_loss(self.told_head(states), told[batch.pairs // PAIRS])
        return loss, right


def _told_loss(said: Tensor, wanted: Tensor, counted: Tensor | None = None) -> Tensor:
    """Of many facts few are told: a miss weighs more than a false alarm.

    Args:
        said, wanted: (k, TOLD)
        counted: (k, 1) which of them count; all without.
    """
    weight = torch.tensor(4.0, device=said.device)
    losses = functional.binary_cross_entropy_with_logits(said, wanted.float(), pos_weight=weight, reduction="none")
    if counted is None:
        return losses.mean() * 10
    return (losses * counted).sum() / (counted.sum() * TOLD).clamp(min=1) * 10


def attention_loss(text: Qwen2VLTextModel, entering: Sequence[Tensor], batch: Batch) -> tuple[Tensor, Rights]:
    """Tells one head where to look for what answers, and one of the last layer where to look for what is copied."""
    loss = entering[0].new_zeros(())
    right: Rights = {}
    for name, number, marks in (
        ("taught look", LOOKING_LAYER, batch.looks),
        ("taught heard", HEARING_LAYER, batch.heard),
    ):
        looks = _scores(text, number, entering[number], batch, marks)
        loss = loss + (looks.logsumexp(1) - looks.masked_fill(~marks.aims, -1e4).logsumexp(1)).mean()
        hit = marks.aims.gather(1, looks.detach().argmax(1, keepdim=True))[:, 0].float()
        shown = ~marks.aims[:, 0]
        right[name] = hit.mean()
        right[name + " shown"] = (hit * shown).sum() / shown.sum().clamp(min=1)
    if len(batch.copies.rows):
        copying, copies_right = _copy_loss(text, entering[COPYING_LAYER], batch)
        loss, right = loss + copying, right | copies_right
    return loss, right


def _copy_loss(text: Qwen2VLTextModel, states: Tensor, batch: Batch) -> tuple[Tensor, Rights]:
    """The first head of the last layer is to look at what is copied, and to say it."""
    marks = batch.copies
    last, words = cast(Qwen2VLDecoderLayer, text.layers[COPYING_LAYER]).self_attn, text.embed_tokens.weight
    scores, source = _scores(text, COPYING_LAYER, states, batch, marks), marks.aims.int().argmax(1)
    value = functional.linear(
        attention_input(text, COPYING_LAYER, states[marks.rows, source]),
        last.v_proj.weight[:HEAD_SIZE],
        last.v_proj.bias[:HEAD_SIZE],
    )
    said = functional.linear(text.norm(last.o_proj(functional.pad(value, (0, TEXT_SIZE - HEAD_SIZE)))), words)
    copies = batch.ids[marks.rows, marks.tokens + 1]
    loss = functional.cross_entropy(scores, source) + 0.5 * functional.cross_entropy(said.float(), copies)
    right = {
        "taught values": (said.detach().argmax(1) == copies).float().mean(),
        "taught copies": (scores.detach().argmax(1) == source).float().mean(),
    }
    return loss, right


def attention_input(text: Qwen2VLTextModel, number: int, states: Tensor) -> Tensor:
    """What a layer's attention reads of the states that enter it."""
    return cast(Qwen2VLDecoderLayer, text.layers[number]).input_layernorm(states)


def _scores(text: Qwen2VLTextModel, number: int, states: Tensor, batch: Batch, marks: Marks) -> Tensor:
    """The first head's scores of a layer, from marked tokens to all that they may see: (marks, n)."""
    layer = cast(Qwen2VLDecoderLayer, text.layers[number])
    attention, rows, asking = layer.self_attn, marks.rows, marks.tokens
    normal = attention_input(text, number, states)
    key = functional.linear(normal, attention.k_proj.weight[:HEAD_SIZE], attention.k_proj.bias[:HEAD_SIZE])
    query = functional.linear(
        normal[rows, asking], attention.q_proj.weight[:HEAD_SIZE], attention.q_proj.bias[:HEAD_SIZE]
    )
    cos, sin = text.rotary_emb(states, batch.places)  # (b, n, HEAD_SIZE)
    key = _turned(key.float(), cos.float(), sin.float())
    query = _turned(query.float(), cos[rows, asking].float(), sin[rows, asking].float())
    packed = query.new_zeros((len(key), marks.most, HEAD_SIZE)).index_put((rows, marks.slots), query)
    scores = (packed @ key.transpose(1, 2))[rows, marks.slots] * HEAD_SIZE**-0.5
    parts = batch.parts[rows]  # (marks, n)
    own = parts.gather(1, asking[:, None])
    at = torch.arange(parts.shape[1], device=parts.device)
    return scores.masked_fill(~(((parts == 0) | (parts == own)) & (at <= asking[:, None])), -1e4)


def _turned(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = HEAD_SIZE // 2
    return states * cos + torch.cat((-states[..., half:], states[..., :half]), -1) * sin
