"""Frames to train the tiny CLIP on: rendered once, with codec noise, into a memory map.

Frames come in groups of GROUP that differ in one fact, or in which fact belongs to which actor; a model must bind
colour to shape to tell them apart.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demo.training.codec_noise import add_codec_noise
from demo.training.scene_codes import CODE_FIELDS, Codes, scene_codes
from demo.training.scene_variants import GROUP, scene_variants
from demo.world.drawing import Picture, ScenePainter, actor_position
from demo.world.scenes import HEIGHT, WIDTH, Scene, random_scene

IMAGE_PIXELS = 96


Positions = NDArray[np.int8]
"""(n, 4) whole numbers: x and y of the first actor's centre in the shrunk frame, then the second's; -1 for none."""


def actor_positions(scene: Scene, index: int) -> list[int]:
    """Returns the actors' centres in frame `index`, in pixels of the shrunk frame, as a row of Positions."""
    positions: list[int] = []
    for actor in scene.actors:
        x, y, _ = actor_position(actor, index, scene.length)
        positions += [round(x * IMAGE_PIXELS / WIDTH), round(y * IMAGE_PIXELS / HEIGHT)]
    return positions + [-1] * (4 - len(positions))


def shrink_for_clip(picture: Picture) -> Picture:
    """Resizes a frame to (96, 96, 3) as the checkpoint's own preprocessing does: squashed, bicubic, antialiased."""
    small = Image.fromarray(picture).resize((IMAGE_PIXELS, IMAGE_PIXELS), Image.Resampling.BICUBIC)
    return np.asarray(small, np.uint8)


def render_frame_cache(
    folder: Path, *, frames: int, seed: int, progress: Callable[[float], None] | None = None
) -> tuple[NDArray[np.uint8], Codes, Positions]:
    """Renders frames, or opens those rendered before with the same count and seed.

    Returns:
        The frames, (frames, 96, 96, 3) uint8 RGB in a memory map, their codes and their
        positions. Groups lie one after another.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"frames-{frames}-{seed}"
    pictures_path, facts_path = folder / f"{name}.npy", folder / f"{name}-facts.npy"
    if facts_path.exists():
        facts = np.load(facts_path)
        return np.load(pictures_path, mmap_mode="r"), facts[:, : len(CODE_FIELDS)], facts[:, len(CODE_FIELDS) :]
    shape = (frames, IMAGE_PIXELS, IMAGE_PIXELS, 3)
    pictures = np.lib.format.open_memmap(pictures_path, mode="w+", dtype=np.uint8, shape=shape)
    facts = np.zeros((frames, len(CODE_FIELDS) + 4), np.int8)
    rng = Random(f"reelseek frame cache {seed}")
    for start in range(0, frames, GROUP):
        group = scene_variants(random_scene(rng), rng)
        for index, scene in enumerate(group[: frames - start], start):
            moment = rng.randrange(scene.length)
            pictures[index] = shrink_for_clip(add_codec_noise(ScenePainter(scene).frame(moment), rng))
            facts[index] = scene_codes(scene) + actor_positions(scene, moment)
        if progress is not None and start % (GROUP * 250) == 0:
            progress(start / frames)
    pictures.flush()
    np.save(facts_path, facts)
    return np.load(pictures_path, mmap_mode="r"), facts[:, : len(CODE_FIELDS)], facts[:, len(CODE_FIELDS) :]
