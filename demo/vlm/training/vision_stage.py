"""The first stage: the vision tower learns single actors from crops, then whole pictures, token by token."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VisionTransformerPretrainedModel

from demo.training.loop import allow_fast_training_products
from demo.vlm.clips.frames import PAIRS, PICTURE_HEIGHT, PICTURE_WIDTH, SIBLINGS, FrameStore
from demo.vlm.clips.scene_facts import TOKEN_PIXELS, SceneFacts, TokenFacts, scene_facts, token_facts
from demo.vlm.training.optimizer import Optimizer, learning_rate_share
from demo.vlm.training.vision_model import TokenHeads, encode_patches, to_patches

TALL, WIDE = PICTURE_HEIGHT // TOKEN_PIXELS, PICTURE_WIDTH // TOKEN_PIXELS
CROP_TOKENS = 2
HELD_OUT = 100 * SIBLINGS
"""Scenes at the end of the store that are never trained on."""


@dataclass(frozen=True, slots=True)
class VisionSchedule:
    """Lengths and learning rates of the two parts."""

    crop_steps: int
    crops: int
    picture_steps: int
    pictures: int
    matrix_rate: float
    rate: float


def vision_crop_batch(
    store: FrameStore, facts: SceneFacts, rng: np.random.Generator, *, last: int, count: int
) -> tuple[Tensor, TokenFacts]:
    """Crops 56 x 56 pixels around actors: patches (count, 16, 1176) and what their tokens show."""
    side = CROP_TOKENS * TOKEN_PIXELS
    rows, pairs = rng.integers(0, last, count), rng.integers(0, PAIRS, count)
    actor = np.where(facts.role[rows, 1] > 0, rng.integers(0, 2, count), 0)
    middle = facts.positions[rows, pairs, actor].mean(1)[:, :2]  # (count, xy)
    corners = np.round(middle - side / 2 + rng.uniform(-9, 9, (count, 2))).astype(np.int64)
    corners = np.clip(corners, 0, [PICTURE_WIDTH - side, PICTURE_HEIGHT - side])
    pixels = np.stack(
        [
            store.pixels[row, pair, :, y : y + side, x : x + side]
            for row, pair, (x, y) in zip(rows, pairs, corners, strict=True)
        ]
    )
    return to_patches(pixels), token_facts(facts, rows, pairs, corners, tall=CROP_TOKENS, wide=CROP_TOKENS)


def vision_picture_batch(
    store: FrameStore, facts: SceneFacts, rng: np.random.Generator, *, first: int = 0, last: int, count: int
) -> tuple[Tensor, TokenFacts]:
    """Samples whole pictures: patches (count, 80, 1176) and what their tokens show."""
    rows, pairs = rng.integers(first, last, count), rng.integers(0, PAIRS, count)
    pixels = np.stack([store.pixels[row, pair] for row, pair in zip(rows, pairs, strict=True)])
    corners = np.zeros((count, 2), np.int64)
    return to_patches(pixels), token_facts(facts, rows, pairs, corners, tall=TALL, wide=WIDE)


def train_vision_stage(
    tower: Qwen2VisionTransformerPretrainedModel,
    store: FrameStore,
    plan: VisionSchedule,
    *,
    seed: int,
    log: Callable[[dict[str, Any]], None],
    state: dict[str, Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Trains the tower in place; yields the state to resume from every 500 steps."""
    store.refresh()
    facts = scene_facts(store.scenes, store.starts)
    last = len(store.scenes) - HELD_OUT
    device = tower.device
    heads = TokenHeads(tower.config.hidden_size).to(device)
    look = cast(Callable[..., Tensor], torch.compile(encode_patches, dynamic=False))
    for part, steps in (("crops", plan.crop_steps), ("pictures", plan.picture_steps)):
        begin = 0
        named = [*tower.named_parameters(), *heads.named_parameters()]
        optimizer = Optimizer(named, matrix_rate=plan.matrix_rate, rate=plan.rate)
        if state is not None and (part == state["part"] or state["part"] == "pictures"):
            if part != state["part"]:
                continue
            tower.load_state_dict(state["tower"])
            heads.load_state_dict(state["heads"])
            optimizer.load_state_dict(state["optimizer"])
            begin, state = state["step"], None
        sums: dict[str, float] = {}
        began = time.perf_counter()
        whole = part == "pictures"
        tall, wide = (TALL, WIDE) if whole else (CROP_TOKENS, CROP_TOKENS)
        for step in range(begin, steps):
            rng = np.random.default_rng([seed, int(whole), step])
            if whole:
                patches, shown = vision_picture_batch(store, facts, rng, last=last, count=plan.pictures)
            else:
                patches, shown = vision_crop_batch(store, facts, rng, last=last, count=plan.crops)
            with allow_fast_training_products(device.type):
                seen = look(tower, patches.to(device), tall=tall, wide=wide)
            loss, right = heads.loss(seen.float(), shown, whole=whole)
            optimizer.step(loss, learning_rate_share(step, step / steps))
            for name, value in right.items():
                sums[name] = sums.get(name, 0.0) + value / 100
            if (step + 1) % 100 == 0:
                took = round(time.perf_counter() - began)
                log({"part": part, "step": step + 1, "seconds": took} | {k: round(v, 3) for k, v in sums.items()})
                sums = {}
            if (step + 1) % 500 == 0 or step + 1 == steps:
                yield {
                    "part": part,
                    "step": step + 1,
                    "tower": tower.state_dict(),
                    "heads": heads.state_dict(),
                    "optimizer": optimizer.state_dict(),
                }
    log({"part": "held out", **held_out_vision_batch(tower, heads, store, facts, seed=seed)})


@torch.no_grad()
def held_out_vision_batch(
    tower: Qwen2VisionTransformerPretrainedModel, heads: TokenHeads, store: FrameStore, facts: SceneFacts, *, seed: int
) -> dict[str, float]:
    """Evaluates the heads on held-out scenes."""
    sums: dict[str, float] = {}
    rng = np.random.default_rng([seed, 99])
    size = len(store.scenes)
    for _ in range(10):
        patches, shown = vision_picture_batch(store, facts, rng, first=size - HELD_OUT, last=size, count=64)
        with allow_fast_training_products(tower.device.type):
            seen = encode_patches(tower, patches.to(tower.device), tall=TALL, wide=WIDE)
        for name, value in heads.loss(seen.float(), shown, whole=True)[1].items():
            sums[name] = sums.get(name, 0.0) + value / 10
    return {name: round(value, 3) for name, value in sums.items()}
