"""Frames to train the tiny CLIP on: rendered once, shrunk and made noisy as real decoding does, kept in a memory map.

Frames come in groups of GROUP that differ in one fact, or in which fact belongs to which actor; a model must bind
colour to shape to tell them apart.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demo.world.drawing import Picture, ScenePainter, actor_place
from demo.world.scenes import HEIGHT, WIDTH, Actor, Scene, random_scene
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, PATTERNS, SHAPES, SIZES

IMAGE_PIXELS = 96
GROUP = 4
CODE_FIELDS = ("layout", "background", "pattern", "colour0", "shape0", "size0", "colour1", "shape1", "size1")

Codes = NDArray[np.int8]
"""(n, 9) whole numbers, one per CODE_FIELDS; -1 where there is no second actor."""

Places = NDArray[np.int8]
"""(n, 4) whole numbers: x and y of the first actor's centre in the shrunk frame, then the second's; -1 for none."""

COLOUR_CODES = {name: code for code, name in enumerate(ACTOR_COLOURS)}
SHAPE_CODES = {name: code for code, name in enumerate(SHAPES)}
SIZE_CODES = {"small": 0, "large": 1, "changing": 2}
BACKGROUND_CODES = {name: code for code, name in enumerate(BACKGROUND_COLOURS)}
PATTERN_CODES = {name: code for code, name in enumerate(PATTERNS)}
LAYOUT_CODES = {"alone": 0, "side": 1, "stacked": 2}


def scene_codes(scene: Scene) -> list[int]:
    """Returns what one frame of a scene shows as whole numbers, in the order of CODE_FIELDS."""
    codes = [LAYOUT_CODES[scene.layout], BACKGROUND_CODES[scene.background], PATTERN_CODES[scene.pattern]]
    for actor in scene.actors:
        codes += [COLOUR_CODES[actor.colour], SHAPE_CODES[actor.shape], SIZE_CODES[actor.size]]
    return codes + [-1] * (len(CODE_FIELDS) - len(codes))


def scene_places(scene: Scene, index: int) -> list[int]:
    """Returns where the actors' centres are in frame `index`, in pixels of the shrunk frame, as a row of Places."""
    places: list[int] = []
    for actor in scene.actors:
        x, y, _ = actor_place(actor, index, scene.length)
        places += [round(x * IMAGE_PIXELS / WIDTH), round(y * IMAGE_PIXELS / HEIGHT)]
    return places + [-1] * (4 - len(places))


def shrink(picture: Picture) -> Picture:
    """Resizes a frame to (96, 96, 3) as the checkpoint's own preprocessing does: squashed, bicubic, antialiased."""
    small = Image.fromarray(picture).resize((IMAGE_PIXELS, IMAGE_PIXELS), Image.Resampling.BICUBIC)
    return np.asarray(small, np.uint8)


def roughen(picture: Picture, rng: Random) -> Picture:
    """Does to a frame about what a lossy codec and a decoder do: 4:2:0 colour, blocks, a little gain, a resize."""
    gain = rng.uniform(0.96, 1.04)
    rough = cv2.convertScaleAbs(picture, alpha=gain, beta=rng.uniform(-4, 4))
    if rng.random() < 0.3:
        width = rng.randint(200, 320)
        rough = cv2.resize(rough, (width, width * 3 // 4), interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", rough, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(40, 95)])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def variants(scene: Scene, rng: Random) -> list[Scene]:
    """Returns GROUP scenes: the one given and others near it, each with another description."""
    found = [scene]
    seen = {tuple(scene_codes(scene))}
    moves = list(CHANGES)
    while len(found) < GROUP:
        base = scene if rng.random() < 0.75 else found[-1]
        changed = CHANGES[rng.choice(moves)](base, rng)
        if tuple(scene_codes(changed)) not in seen and _distinct(changed):
            seen.add(tuple(scene_codes(changed)))
            found.append(changed)
    return found


def _distinct(scene: Scene) -> bool:
    kinds = [(actor.colour, actor.shape) for actor in scene.actors]
    return len(set(kinds)) == len(kinds) and all(actor.colour != scene.background for actor in scene.actors)


def _swap(scene: Scene, *fields: str) -> Scene:
    if len(scene.actors) < 2:
        return scene
    one, two = scene.actors
    taken = {field: getattr(two, field) for field in fields}
    given = {field: getattr(one, field) for field in fields}
    return replace(scene, actors=(replace(one, **taken), replace(two, **given)))


def _alter(scene: Scene, rng: Random, field: str, names: list[str]) -> Scene:
    index = rng.randrange(len(scene.actors))
    actors = list(scene.actors)
    actors[index] = replace(actors[index], **{field: rng.choice(names)})  # pyright: ignore[reportArgumentType]
    return replace(scene, actors=tuple(actors))


def _resize(scene: Scene, rng: Random) -> Scene:
    """Makes a small actor large or the reverse, at the same place as far as it fits."""
    index = rng.randrange(len(scene.actors))
    actors = list(scene.actors)
    actor: Actor = actors[index]
    if actor.size in SIZES:
        ratio = 44.5 / 28.5
        size, radius = ("large", actor.radius * ratio) if actor.size == "small" else ("small", actor.radius / ratio)
        actors[index] = replace(actor, size=size, radius=radius)
    return replace(scene, actors=tuple(actors))


CHANGES: dict[str, Callable[[Scene, Random], Scene]] = {
    "swap colours": lambda scene, rng: _swap(scene, "colour"),
    "swap shapes": lambda scene, rng: _swap(scene, "shape"),
    "swap places": lambda scene, rng: _swap(scene, "colour", "shape"),
    "colour": lambda scene, rng: _alter(scene, rng, "colour", list(ACTOR_COLOURS)),
    "shape": lambda scene, rng: _alter(scene, rng, "shape", list(SHAPES)),
    "size": _resize,
    "background": lambda scene, rng: replace(scene, background=rng.choice(list(BACKGROUND_COLOURS))),
    "pattern": lambda scene, rng: replace(scene, pattern=rng.choice(list(PATTERNS))),
}


def render_cache(
    folder: Path, *, frames: int, seed: int, progress: Callable[[float], None] | None = None
) -> tuple[NDArray[np.uint8], Codes, Places]:
    """Renders frames, or opens those rendered before with the same count and seed.

    Returns:
        The frames, (frames, 96, 96, 3) uint8 RGB in a memory map, their codes and their
        places. Groups lie one after another.
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
        group = variants(random_scene(rng), rng)
        for index, scene in enumerate(group[: frames - start], start):
            moment = rng.randrange(scene.length)
            pictures[index] = shrink(roughen(ScenePainter(scene).frame(moment), rng))
            facts[index] = scene_codes(scene) + scene_places(scene, moment)
        if progress is not None and start % (GROUP * 250) == 0:
            progress(start / frames)
    pictures.flush()
    np.save(facts_path, facts)
    return np.load(pictures_path, mmap_mode="r"), facts[:, : len(CODE_FIELDS)], facts[:, len(CODE_FIELDS) :]
