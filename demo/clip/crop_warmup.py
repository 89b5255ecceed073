"""Warm-up of a picture tower's convolutions on small crops of single actors, before whole frames.

A crop costs a sixth of a frame and shows one thing, so shapes are learned in minutes where whole frames take hours.
"""

import json
import time
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip.modified_resnet import ModifiedResNet
from torch import Tensor, nn
from torch.nn import functional

from demo.clip.frame_cache import IMAGE_PIXELS, Positions
from demo.training.loop import allow_fast_training_products
from demo.training.scene_codes import Codes

CROP_PIXELS = 40
CROP_CLASSES = (8, 8, 3)
"""Classes of colour, shape and size."""


def draw_actor_crops(
    pictures: NDArray[np.uint8], codes: Codes, positions: Positions, *, count: int, rng: Random
) -> tuple[Tensor, Tensor]:
    """Samples crops of actors: (count, 3, 40, 40) in [-1, 1], and (count, 3) colour, shape and size."""
    half = CROP_PIXELS // 2
    crops = np.zeros((count, CROP_PIXELS, CROP_PIXELS, 3), np.uint8)
    targets = np.zeros((count, 3), np.int64)
    for number in range(count):
        row = rng.randrange(len(codes))
        actor = rng.randrange(2) if codes[row, 6] >= 0 else 0
        x, y = (int(place) for place in positions[row, 2 * actor : 2 * actor + 2])
        x, y = x + rng.randint(-3, 3), y + rng.randint(-3, 3)
        columns = np.clip(np.arange(x - half, x + half), 0, IMAGE_PIXELS - 1)
        rows = np.clip(np.arange(y - half, y + half), 0, IMAGE_PIXELS - 1)
        crops[number] = pictures[row][np.ix_(rows, columns)]
        targets[number] = codes[row, 3 + 3 * actor : 6 + 3 * actor]
    return crops_to_input(crops), torch.from_numpy(targets)


def crops_to_input(pictures: NDArray[np.uint8]) -> Tensor:
    """Turns (n, height, width, 3) into the model's input, (n, 3, height, width) in [-1, 1]."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)


def run_clip_trunk(tower: ModifiedResNet, pictures: Tensor) -> Tensor:
    """Runs all but the last layer: (n, 384, height / 16, width / 16)."""
    return tower.layer3(tower.layer2(tower.layer1(tower.stem(pictures))))


def freeze_batch_norms(tower: ModifiedResNet) -> None:
    """Freezes the batch norms of all but the last layer."""
    tower.train()
    for name, module in tower.named_modules():
        if isinstance(module, nn.BatchNorm2d) and not name.startswith("layer4"):
            module.eval()


@torch.no_grad()
def embed_clip_frames(tower: ModifiedResNet, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Runs the trained tower over all frames once: (n, dim)."""
    tower.eval()
    parts: list[NDArray[np.float32]] = []
    for start in range(0, len(pictures), 128):
        with allow_fast_training_products():
            parts.append(tower(crops_to_input(pictures[start : start + 128])).float().numpy())
    return np.concatenate(parts)


@torch.no_grad()
def cache_feature_maps(tower: ModifiedResNet, pictures: NDArray[np.uint8], path: Path) -> NDArray[np.float16]:
    """Runs the trunk over all frames once; returns a memory map (n, 6, 6, 384) of its maps."""
    if path.exists():
        return np.load(path, mmap_mode="r")
    side = IMAGE_PIXELS // 16
    partial = path.with_suffix(".part.npy")
    maps = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float16, shape=(len(pictures), side, side, 384))
    for start in range(0, len(pictures), 128):
        with allow_fast_training_products():
            found = run_clip_trunk(tower, crops_to_input(pictures[start : start + 128]))
        maps[start : start + 128] = found.permute(0, 2, 3, 1).half().numpy()
    maps.flush()
    partial.rename(path)
    return np.load(path, mmap_mode="r")


def warm_up_on_crops(
    tower: ModifiedResNet, pictures: NDArray[np.uint8], codes: Codes, positions: Positions, *, steps: int, seed: int
) -> None:
    """Trains the tower's convolutions in place; its attention pool is left as it is."""
    head = nn.Linear(tower.attnpool.k_proj.in_features, sum(CROP_CLASSES))
    parameters = [p for name, p in tower.named_parameters() if not name.startswith("attnpool")] + [*head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps, pct_start=0.15)
    rng = Random(f"reelseek crops {seed}")
    began = time.perf_counter()
    right = np.zeros(3)
    for step in range(1, steps + 1):
        crops, targets = draw_actor_crops(pictures, codes, positions, count=128, rng=rng)
        with allow_fast_training_products():
            logits = head(tower.layer4(run_clip_trunk(tower, crops)).mean((2, 3))).float().split(CROP_CLASSES, dim=1)
        loss = torch.stack([functional.cross_entropy(one, targets[:, k]) for k, one in enumerate(logits)]).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 2.0)
        optimizer.step()
        schedule.step()
        right += [(one.argmax(1) == targets[:, k]).float().mean().item() / 50 for k, one in enumerate(logits)]
        if step % 50 == 0:
            shares = dict(zip(("colour", "shape", "size"), right.round(3).tolist(), strict=True))
            print(json.dumps({"crops": step, "seconds": round(time.perf_counter() - began), **shares}), flush=True)
            right = np.zeros(3)
