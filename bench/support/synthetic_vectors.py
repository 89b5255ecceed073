"""Synthetic frame vectors and queries with the structure of CLIP's, for benchmarks of search.

What is imitated, because an index is only as good as the structure it can use:

- a hierarchy: a library has topics, a topic has videos, a video has segments of about 10 sampled frames, and the
  frames of one segment are near-duplicates (cosine about 0.95), so the true top 10 are full of close calls;
- anisotropy: all pictures share a mean direction (two random frames have a cosine near 0.5), and the variance along
  the other directions falls off as a power law, as in CLIP's spaces;
- the modality gap: a query is not a member of the library. It has a mean of its own, a part that it shares with the
  scene it describes (large or small: some queries are vague), and a part that nothing shares; its best frames lie
  at a cosine near 0.35, other frames near 0.15, like CLIP's texts.

What is left out: real pictures. Figures from here say how the index behaves, not how good a model is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FRAMES_PER_SEGMENT = 10
FRAMES_PER_VIDEO = 1000
Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class World:
    """The directions that a seeded library and its queries share."""

    dim: int
    seed: int
    spectrum: Float32
    """(dim,) standard deviation along each axis, unit length."""
    picture_mean: Float32
    """(dim,) unit length."""
    text_mean: Float32
    """(dim,) unit length."""
    topics: Float32
    """(n_topics, dim)"""


def make_world(*, dim: int = 512, seed: int = 0, n_topics: int = 200) -> World:
    """The fixed part of a library; the same seed gives the same one."""
    rng = np.random.default_rng([seed, 1])
    spectrum = _unit(np.power(1.0 + np.arange(dim), -0.35))
    means = _unit(rng.standard_normal((2, dim), dtype=np.float32))
    topics = rng.standard_normal((n_topics, dim), dtype=np.float32) * spectrum
    return World(dim, seed, spectrum, means[0], means[1], topics)


def videos(
    world: World, frames: int, *, first: int = 0, per_video: int = FRAMES_PER_VIDEO
) -> Iterator[tuple[NDArray[np.float16], NDArray[np.int32]]]:
    """Video after video until `frames` are made: vectors (n, dim) of unit length and each frame's segment (n,).

    Args:
        first: number of the video to begin with; those before it count as made.
        per_video: frames of each video.
    """
    made, index = first * per_video, first
    while made < frames:
        n = min(per_video, frames - made)
        scenes = _scenes(world, index, per_video)
        segment = np.arange(n, dtype=np.int32) // FRAMES_PER_SEGMENT
        rng = np.random.default_rng([world.seed, 3, index])
        noise = rng.standard_normal((n, world.dim), dtype=np.float32) * world.spectrum
        content = scenes[segment] + 0.25 * noise  # (n, dim)
        yield _unit(world.picture_mean + content).astype(np.float16), segment
        made, index = made + n, index + 1


def queries(world: World, frames: int, count: int, *, per_video: int = FRAMES_PER_VIDEO) -> Float32:
    """(count, dim) unit-length queries, each about a random segment of a library of `frames`; members of none."""
    rng = np.random.default_rng([world.seed, 4, frames])
    result = np.empty((count, world.dim), np.float32)
    for row in range(count):
        frame = int(rng.integers(frames))
        scene = _scenes(world, frame // per_video, per_video)[frame % per_video // FRAMES_PER_SEGMENT]
        own = rng.standard_normal(world.dim, dtype=np.float32) * world.spectrum
        precision = rng.uniform(0.2, 0.8)  # from "a street" to a description of one scene
        about = 0.25 * world.picture_mean + precision * _unit(scene)
        result[row] = 1.0 * world.text_mean + about + 0.6 * own
    return _unit(result)


def _scenes(world: World, video: int, frames: int) -> Float32:
    """(segments of one video, dim): what each of its segments shows."""
    rng = np.random.default_rng([world.seed, 2, video])
    topic = world.topics[rng.integers(len(world.topics))]
    own = rng.standard_normal(world.dim, dtype=np.float32) * world.spectrum
    segments = -(-frames // FRAMES_PER_SEGMENT)
    scenes = rng.standard_normal((segments, world.dim), dtype=np.float32) * world.spectrum
    return 0.6 * topic + 0.5 * own + 0.6 * scenes  # about unit length


def _unit(vectors: NDArray[np.floating[Any]]) -> Float32:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)
