"""Auxiliary heads on the language model's hidden states, which speed up learning on a CPU; dropped after training.

The state after each pair must hold what its scene shows; the state before a reply, which clip answers.
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
from demo.vlm.questions.description_facts import FACT_COUNT
from demo.vlm.sequences.batches import VISION_END, AttentionTargets, Batch

FACTS = {"role": 6, "colour": 9, "shape": 9, "size": 4, "motion": 11}
"""Classes of each of two actors' facts, the last of which is "there is none"."""
MOST_CLIPS = 8
HEAD_SIZE = TEXT_SIZE // TEXT_HEADS
WEIGHT = 0.3
HEARING_LAYER, LOOKING_LAYER, COPYING_LAYER = 2, 3, 4
"""Layers whose first head's attention is supervised; the input of the first of them must hold the scenes' facts."""

Accuracies = dict[str, Tensor]
"""Shares of right predictions, each a scalar."""


def fact_table(facts: SceneFacts) -> Tensor:
    """Lists facts of scenes as codes: (n, 12): background, pattern, then FACTS of both actors."""
    columns = [facts.background, facts.pattern]
    for index in range(2):
        for name, classes in FACTS.items():
            codes = getattr(facts, name)[:, index]
            columns.append(np.where(codes < 0, classes - 1, codes))
    return torch.from_numpy(np.stack(columns, 1))


class AuxiliaryHeads(nn.Module):
    """Linear heads with their losses."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.classes = [8, 5, *FACTS.values(), *FACTS.values()]
        self.facts_head = nn.Linear(size, sum(self.classes))
        self.clip_head = nn.Linear(size, MOST_CLIPS)
        self.told_head = nn.Linear(size, FACT_COUNT)

    def loss(
        self, entering: Sequence[Tensor], batch: Batch, table: Tensor, possible: Tensor
    ) -> tuple[Tensor, Accuracies]:
        """Returns the loss and what to log.

        Args:
            entering: (b, n, size) each, the states that enter each layer.
            table: (scenes, 12) of `fact_table`.
            possible: (scenes, FACT_COUNT) of `possible_facts`.
        """
        loss = entering[0].new_zeros(())
        right: Accuracies = {}
        if len(batch.pairs):
            loss, right = self._shown_loss(entering, batch, table, possible)
        questions, answers, facts = batch.question_targets, batch.answer_targets, batch.question_facts
        if len(questions.rows):
            predicted = self.told_head(entering[HEARING_LAYER][questions.rows, questions.tokens].float())
            loss = loss + 2 * _facts_loss(predicted, facts, batch.has_facts[:, None])
            right["taught told"] = ((predicted.detach() > 0) & facts).sum() / facts.sum().clamp(min=1)
            named = self.clip_head(entering[COPYING_LAYER][answers.rows, answers.tokens].float())
            loss = loss + functional.cross_entropy(named, batch.answer_clips)
            right["taught clip"] = (named.detach().argmax(1) == batch.answer_clips).float().mean()
        return loss * WEIGHT, right

    def _shown_loss(
        self, entering: Sequence[Tensor], batch: Batch, table: Tensor, possible: Tensor
    ) -> tuple[Tensor, Accuracies]:
        """Loss of the facts of each pair's scene, from the pair's last state."""
        states = entering[HEARING_LAYER][batch.ids == VISION_END].float()
        wanted = table[batch.pairs // PAIRS]
        said = self.facts_head(states).split(self.classes, 1)
        loss = torch.stack([functional.cross_entropy(one, wanted[:, k]) for k, one in enumerate(said)]).mean()
        right = {
            "taught motion": (said[6].detach().argmax(1) == wanted[:, 6]).float().mean(),
            "taught shape": (said[4].detach().argmax(1) == wanted[:, 4]).float().mean(),
        }
        loss = loss + _facts_loss(self.told_head(states), possible[batch.pairs // PAIRS])
        return loss, right


def _facts_loss(said: Tensor, wanted: Tensor, counted: Tensor | None = None) -> Tensor:
    """Binary cross-entropy over facts. Few of them are true, so a miss weighs more than a false alarm.

    Args:
        said, wanted: (k, FACT_COUNT)
        counted: (k, 1) which rows count; None for all.
    """
    weight = torch.tensor(4.0, device=said.device)
    losses = functional.binary_cross_entropy_with_logits(said, wanted.float(), pos_weight=weight, reduction="none")
    if counted is None:
        return losses.mean() * 10
    return (losses * counted).sum() / (counted.sum() * FACT_COUNT).clamp(min=1) * 10


def attention_loss(text: Qwen2VLTextModel, entering: Sequence[Tensor], batch: Batch) -> tuple[Tensor, Accuracies]:
    """Supervises the heads that attend to what answers, and the head of the last layer that copies."""
    loss = entering[0].new_zeros(())
    right: Accuracies = {}
    for name, number, marks in (
        ("taught look", LOOKING_LAYER, batch.answer_targets),
        ("taught heard", HEARING_LAYER, batch.question_targets),
    ):
        looks = _scores(text, number, entering[number], batch, marks)
        loss = loss + (looks.logsumexp(1) - looks.masked_fill(~marks.aims, -1e4).logsumexp(1)).mean()
        hit = marks.aims.gather(1, looks.detach().argmax(1, keepdim=True))[:, 0].float()
        shown = ~marks.aims[:, 0]
        right[name] = hit.mean()
        right[name + " shown"] = (hit * shown).sum() / shown.sum().clamp(min=1)
    if len(batch.copy_targets.rows):
        copying, copies_right = _copy_loss(text, entering[COPYING_LAYER], batch)
        loss, right = loss + copying, right | copies_right
    return loss, right


def _copy_loss(text: Qwen2VLTextModel, states: Tensor, batch: Batch) -> tuple[Tensor, Accuracies]:
    """Supervises the first head of the last layer: its attention and the token that its value predicts."""
    marks = batch.copy_targets
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
    """Normalizes the input of a layer's attention."""
    return cast(Qwen2VLDecoderLayer, text.layers[number]).input_layernorm(states)


def _scores(text: Qwen2VLTextModel, number: int, states: Tensor, batch: Batch, marks: AttentionTargets) -> Tensor:
    """Attention scores of a layer's first head, from supervised tokens to all that they may see: (marks, n)."""
    layer = cast(Qwen2VLDecoderLayer, text.layers[number])
    attention, rows, asking = layer.self_attn, marks.rows, marks.tokens
    normal = attention_input(text, number, states)
    key = functional.linear(normal, attention.k_proj.weight[:HEAD_SIZE], attention.k_proj.bias[:HEAD_SIZE])
    query = functional.linear(
        normal[rows, asking], attention.q_proj.weight[:HEAD_SIZE], attention.q_proj.bias[:HEAD_SIZE]
    )
    cos, sin = text.rotary_emb(states, batch.positions)  # (b, n, HEAD_SIZE)
    key = _rotate(key.float(), cos.float(), sin.float())
    query = _rotate(query.float(), cos[rows, asking].float(), sin[rows, asking].float())
    packed = query.new_zeros((len(key), marks.most, HEAD_SIZE)).index_put((rows, marks.slots), query)
    scores = (packed @ key.transpose(1, 2))[rows, marks.slots] * HEAD_SIZE**-0.5
    parts = batch.parts[rows]  # (marks, n)
    own = parts.gather(1, asking[:, None])
    at = torch.arange(parts.shape[1], device=parts.device)
    return scores.masked_fill(~(((parts == 0) | (parts == own)) & (at <= asking[:, None])), -1e4)


def _rotate(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = HEAD_SIZE // 2
    return states * cos + torch.cat((-states[..., half:], states[..., :half]), -1) * sin
