"""Drawn frame pairs to train the tiny Qwen2-VL on, in groups of scenes that differ in one fact.

Each scene has four pairs of frames, half a second apart, at random times spread over it, with the noise of a codec and
a scaler. Seed and number determine a scene, so only pictures and times are stored.
"""

import multiprocessing
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.training.codec_noise import add_codec_noise
from demo.training.scene_variants import scene_variants
from demo.world.drawing import Picture, ScenePainter
from demo.world.scenes import FRAMES_PER_SECOND, LONGEST_FRAMES, SHORTEST_FRAMES, Scene, place_actors, random_scene

PICTURE_HEIGHT, PICTURE_WIDTH = 112, 140
"""Pixels of a shown frame: 4 x 5 tokens a pair."""
PAIRS = 4
PAIR_FRAMES = 5
"""Between the two frames of a pair: half a second."""
SIBLINGS = 6
"""Scenes of a group: the first, three that differ from it in looks, two in motion."""


def clip_scene_group(seed: int, number: int) -> list[Scene]:
    """Draws SIBLINGS near-identical scenes; the same seed and number give the same scenes."""
    rng = Random(f"reelseek vlm scenes {seed} {number}")
    first = random_scene(rng, length=rng.randint(SHORTEST_FRAMES, LONGEST_FRAMES))
    scenes = scene_variants(first, rng)
    while len(scenes) < SIBLINGS:
        scenes.append(_moved(first, rng))
    return scenes


def _moved(scene: Scene, rng: Random) -> Scene:
    """Gives the same actors other motions."""
    kinds = [(actor.colour, actor.shape, actor.size) for actor in scene.actors]
    actors = scene.actors
    for _ in range(8):
        actors = place_actors(rng, kinds, scene.layout, scene.sign)
        if [actor.motion for actor in actors] != [actor.motion for actor in scene.actors]:
            break
    return replace(scene, actors=actors)


def clip_pair_starts(scene: Scene, rng: Random) -> list[int]:
    """Samples the first frames of PAIRS pairs, one in each quarter of the scene, in order of time."""
    room = scene.length - PAIR_FRAMES
    return [min(int(room * (quarter + rng.random()) / PAIRS), room - 1) for quarter in range(PAIRS)]


def shrink_clip_frame(picture: Picture, way: int) -> Picture:
    """Resizes to (112, 140, 3) as one of the common scalers does."""
    size = (PICTURE_WIDTH, PICTURE_HEIGHT)
    if way == 0:
        blurred = cv2.GaussianBlur(picture, (3, 3), 0.8)
        return np.asarray(cv2.resize(blurred, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def draw_clip_pairs(scene: Scene, starts: list[int], rng: Random, *, rough: bool = True) -> NDArray[np.uint8]:
    """Draws frame pairs that begin at the given frames of the scene: (n, 2, 112, 140, 3)."""
    painter, codec, way = ScenePainter(scene), rng.random(), rng.randrange(3)
    pairs = np.empty((len(starts), 2, PICTURE_HEIGHT, PICTURE_WIDTH, 3), np.uint8)
    for index, start in enumerate(starts):
        for second in range(2):
            picture = painter.frame(start + second * PAIR_FRAMES)
            pairs[index, second] = shrink_clip_frame(add_codec_noise(picture, Random(codec)) if rough else picture, way)
    return pairs


class FrameStore:
    """Drawn scenes on disk. One process draws, others may read what is done."""

    def __init__(self, folder: Path, *, scenes: int, seed: int) -> None:
        self.folder, self.seed = folder, seed
        folder.mkdir(parents=True, exist_ok=True)
        self.size = scenes // SIBLINGS * SIBLINGS
        self._done = folder / f"pairs-{seed}-{scenes}.done"
        self._path = folder / f"pairs-{seed}-{scenes}.npy"
        self.pixels = _open(self._path, (self.size, PAIRS, 2, PICTURE_HEIGHT, PICTURE_WIDTH, 3))
        self.scenes: list[Scene] = []
        self.starts: list[list[int]] = []

    @property
    def done(self) -> int:
        """Number of drawn scenes."""
        return int(self._done.read_text(encoding="ascii") or 0) if self._done.exists() else 0

    def refresh(self) -> int:
        """Extends `scenes` and `starts` to all drawn scenes; returns their number."""
        done = self.done
        while len(self.scenes) < done:
            for scene in clip_scene_group(self.seed, len(self.scenes) // SIBLINGS):
                self.starts.append(clip_pair_starts(scene, Random(f"{self.seed} {len(self.scenes)}")))
                self.scenes.append(scene)
        return done

    def draw(self, *, workers: int = 0) -> None:
        """Draws what is missing, in this process or in worker processes."""
        missing = range(self.done, self.size, SIBLINGS)
        draw = partial(_draw_group, self._path, self.seed)
        if not workers:
            for first in missing:
                draw(first)
                self._mark_done(first)
            return
        with multiprocessing.get_context("fork").Pool(workers) as pool:
            for first, _ in zip(missing, pool.imap(draw, missing, chunksize=8), strict=True):
                self._mark_done(first)

    def _mark_done(self, first: int) -> None:
        self._done.write_text(str(first + SIBLINGS), encoding="ascii")


def _draw_group(path: Path, seed: int, first: int) -> None:
    pixels = np.load(path, mmap_mode="r+")
    for row, scene in enumerate(clip_scene_group(seed, first // SIBLINGS), first):
        rng = Random(f"{seed} {row}")
        starts = clip_pair_starts(scene, rng)
        pixels[row] = draw_clip_pairs(scene, starts, rng)


def _open(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    if not path.exists():
        np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    return np.load(path, mmap_mode="r+")


def clip_start_seconds(start: int) -> float:
    """Converts a frame of a scene to seconds from the scene's start."""
    return start / FRAMES_PER_SECOND
