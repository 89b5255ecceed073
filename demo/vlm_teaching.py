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

from demo.grammar import Description, describe
from demo.scenes import Scene
from demo.vlm_checkpoint import TEXT_HEADS, TEXT_SIZE
from demo.vlm_facts import (
    BACKGROUNDS,
    COLOURS,
    MOTION_NAMES,
    PATTERN_NAMES,
    ROLES,
    SHAPE_NAMES,
    SIZE_NAMES,
    Ints,
    SceneFacts,
)
from demo.vlm_frames import PAIRS
from demo.vlm_text import UNTAUGHT, VISION_END, Batch

FACTS = {"role": 6, "colour": 9, "shape": 9, "size": 4, "motion": 11}
"""Of each of two actors; the last number of classes counts "there is none"."""
MOST_CLIPS = 8
TOLD = 93
HEAD_SIZE = TEXT_SIZE // TEXT_HEADS
WEIGHT = 0.3
HEARING_LAYER, LOOKING_LAYER, COPYING_LAYER = 2, 3, 4
"""Whose first heads are told where to look; what enters the first of them is to hold the scenes' facts."""


def told_codes(form: Description) -> list[int]:
    """Lists what a description tells as places in a list of TOLD facts: which things, motions, background and so on."""
    told = [COLOURS.index(one.colour) * len(SHAPE_NAMES) + SHAPE_NAMES.index(one.shape) for one in form.actors]
    told += [64 + MOTION_NAMES.index(one.motion) for one in form.actors if one.motion is not None]
    told += [74 + SIZE_NAMES.index(one.size) for one in form.actors if one.size is not None]
    told += [77 + BACKGROUNDS.index(form.background)] if form.background is not None else []
    told += [85 + PATTERN_NAMES.index(form.pattern)] if form.pattern is not None else []
    return told + ([90 + list(ROLES).index(form.relation)] if form.relation is not None else [])


def told_table(scenes: Sequence[Scene]) -> Tensor:
    """Marks what a description could tell of each scene: (scenes, TOLD)."""
    table = torch.zeros((len(scenes), TOLD), dtype=torch.bool)
    for row, scene in enumerate(scenes):
        everyone = tuple(range(len(scene.actors)))
        whole = describe(
            scene, actors=everyone, size=True, motion=everyone, relation=True, background=True, pattern=True
        )
        table[row, told_codes(whole)] = True
    return table


def fact_table(facts: SceneFacts) -> Ints:
    """Lists facts of scenes as codes: (n, 12): background, pattern, then FACTS of both actors."""
    columns = [facts.background, facts.pattern]
    for index in range(2):
        for name, classes in FACTS.items():
            codes = getattr(facts, name)[:, index]
            columns.append(np.where(codes < 0, classes - 1, codes))
    return np.stack(columns, 1)


class TeachingHeads(nn.Module):
    """What the heads say, and how wrong it is."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.classes = [8, 5, *FACTS.values(), *FACTS.values()]
        self.facts_head = nn.Linear(size, sum(self.classes))
        self.clip_head = nn.Linear(size, MOST_CLIPS)
        self.told_head = nn.Linear(size, TOLD)

    def loss(
        self, entering: Sequence[Tensor], batch: Batch, table: Ints, told: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """Returns the loss and what to log.

        Args:
            entering: (b, n, size) each, the states that enter each layer.
            table: (scenes, 12) of `fact_table`.
            told: (scenes, TOLD) of `told_table`.
        """
        loss = torch.zeros(())
        right: dict[str, float] = {}
        if batch.pairs.size:
            loss, right = self._shown_loss(entering, batch, table, told)
        if batch.looks:
            rows, ends = (torch.tensor([look[k] for look in batch.heard]) for k in (0, 1))
            known = torch.tensor([form is not None for form in batch.forms])
            asked = torch.zeros((len(rows), TOLD), dtype=torch.bool)
            for number, form in enumerate(batch.forms):
                if form is not None:
                    asked[number, told_codes(form)] = True
            if known.any():
                heard = self.told_head(entering[HEARING_LAYER][rows, ends].float())[known]
                loss = loss + 2 * _told_loss(heard, asked[known])
                right["taught told"] = float(((heard.detach() > 0) & asked[known]).sum() / asked[known].sum())
            clips = torch.tensor([clip for clip in batch.clips if clip != UNTAUGHT])
            rows, begins = (torch.tensor([look[k] for look in batch.looks]) for k in (0, 1))
            named = self.clip_head(entering[COPYING_LAYER][rows, begins].float())
            loss = loss + functional.cross_entropy(named, clips)
            right["taught clip"] = float((named.detach().argmax(1) == clips).float().mean())
        return loss * WEIGHT, right

    def _shown_loss(
        self, entering: Sequence[Tensor], batch: Batch, table: Ints, told: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """How well each pair's last state holds the facts of its scene."""
        states = entering[HEARING_LAYER][batch.ids == VISION_END].float()
        wanted = torch.from_numpy(table[batch.pairs // PAIRS])
        said = self.facts_head(states).split(self.classes, 1)
        loss = torch.stack([functional.cross_entropy(one, wanted[:, k]) for k, one in enumerate(said)]).mean()
        right = {
            "taught motion": float((said[6].detach().argmax(1) == wanted[:, 6]).float().mean()),
            "taught shape": float((said[4].detach().argmax(1) == wanted[:, 4]).float().mean()),
        }
        facts = told[torch.from_numpy(batch.pairs // PAIRS)]
        loss = loss + _told_loss(self.told_head(states), facts)
        return loss, right


def _told_loss(said: Tensor, wanted: Tensor) -> Tensor:
    """Of many facts few are told: a miss weighs more than a false alarm."""
    return functional.binary_cross_entropy_with_logits(said, wanted.float(), pos_weight=torch.tensor(4.0)) * 10


def attention_loss(text: Qwen2VLTextModel, entering: Sequence[Tensor], batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Tells one head where to look for what answers, and one of the last layer where to look for what is copied."""
    loss = torch.zeros(())
    right: dict[str, float] = {}
    for name, number, wanted in (
        ("taught look", LOOKING_LAYER, batch.looks),
        ("taught heard", HEARING_LAYER, batch.heard),
    ):
        rows, begins = (torch.tensor([look[k] for look in wanted]) for k in (0, 1))
        answering = torch.zeros((len(rows), batch.ids.shape[1]), dtype=torch.bool)
        for row, (_, _, tokens) in enumerate(wanted):
            answering[row, list(tokens)] = True
        looks = _scores(text, number, entering[number], batch, rows, begins)
        loss = loss + (looks.logsumexp(1) - looks.masked_fill(~answering, -1e4).logsumexp(1)).mean()
        hit = answering[torch.arange(len(rows)), looks.detach().argmax(1)]
        right[name] = float(hit.float().mean())
        shown = ~answering[:, 0]
        if shown.any():
            right[name + " shown"] = float(hit[shown].float().mean())
    if batch.copies.numel():
        rows, before, source = batch.copies
        last, words = cast(Qwen2VLDecoderLayer, text.layers[COPYING_LAYER]).self_attn, text.embed_tokens.weight
        scores = _scores(text, COPYING_LAYER, entering[COPYING_LAYER], batch, rows, before)
        loss = loss + functional.cross_entropy(scores, source)
        value = functional.linear(
            attention_input(text, COPYING_LAYER, entering[COPYING_LAYER][rows, source]),
            last.v_proj.weight[:HEAD_SIZE],
            last.v_proj.bias[:HEAD_SIZE],
        )
        said = functional.linear(text.norm(last.o_proj(functional.pad(value, (0, TEXT_SIZE - HEAD_SIZE)))), words)
        copies = batch.labels[rows, before]
        loss = loss + 0.5 * functional.cross_entropy(said.float(), copies)
        right["taught values"] = float((said.detach().argmax(1) == copies).float().mean())
        right["taught copies"] = float((scores.detach().argmax(1) == source).float().mean())
    return loss, right


def attention_input(text: Qwen2VLTextModel, number: int, states: Tensor) -> Tensor:
    """What a layer's attention reads of the states that enter it."""
    return cast(Qwen2VLDecoderLayer, text.layers[number]).input_layernorm(states)


def _scores(text: Qwen2VLTextModel, number: int, states: Tensor, batch: Batch, rows: Tensor, asking: Tensor) -> Tensor:
    """The first head's scores of a layer, from tokens (rows, asking) to all that they may see: (asking, n)."""
    layer = cast(Qwen2VLDecoderLayer, text.layers[number])
    attention = layer.self_attn
    normal = attention_input(text, number, states)
    key = functional.linear(normal, attention.k_proj.weight[:HEAD_SIZE], attention.k_proj.bias[:HEAD_SIZE])
    query = functional.linear(
        normal[rows, asking], attention.q_proj.weight[:HEAD_SIZE], attention.q_proj.bias[:HEAD_SIZE]
    )
    cos, sin = text.rotary_emb(states, batch.places)  # (b, n, HEAD_SIZE)
    key = _turned(key.float(), cos.float(), sin.float())
    query = _turned(query.float(), cos[rows, asking].float(), sin[rows, asking].float())
    scores = torch.zeros((len(rows), key.shape[1]))
    for row in rows.unique().tolist():
        mine = rows == row
        scores = scores.index_put((mine.nonzero()[:, 0],), (query[mine] @ key[row].T).float() * HEAD_SIZE**-0.5)
    parts = batch.parts[rows]  # (asking, n)
    own = parts[torch.arange(len(rows)), asking][:, None]
    seen = ((parts == 0) | (parts == own)) & (torch.arange(parts.shape[1]) <= asking[:, None])
    return scores.masked_fill(~seen, -1e4)


def _turned(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = HEAD_SIZE // 2
    return states * cos + torch.cat((-states[..., half:], states[..., :half]), -1) * sin
