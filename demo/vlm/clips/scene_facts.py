"""What drawn frame pairs show, as arrays: targets for the vision tower's heads. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.vlm.clips.frames import PAIR_FRAMES, PICTURE_HEIGHT, PICTURE_WIDTH
from demo.world.drawing import actor_position
from demo.world.scenes import HEIGHT, WIDTH, Scene
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, MOTIONS, PATTERNS, SHAPES

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

COLOURS, SHAPE_NAMES, BACKGROUNDS = list(ACTOR_COLOURS), list(SHAPES), list(BACKGROUND_COLOURS)
PATTERN_NAMES, MOTION_NAMES, SIZE_NAMES = list(PATTERNS), list(MOTIONS), ["small", "large", "changing"]
ROLES = {"alone": (1,), "side": (2, 3), "stacked": (4, 5)}
"""Layout -> codes of its actors: alone, left, right, upper, lower; 0 is no actor."""
TOKEN_PIXELS = 28
DX, DY = 10.0, 10.0
"""Pixels of the drawn picture that a displacement within a pair is measured in."""


@dataclass
class SceneFacts:
    """Facts of scenes, row by row; where there is no second actor its codes are -1."""

    background: Ints
    """(n,)"""
    pattern: Ints
    """(n,)"""
    role: Ints
    """(n, 2)"""
    colour: Ints
    """(n, 2)"""
    shape: Ints
    """(n, 2)"""
    size: Ints
    """(n, 2)"""
    motion: Ints
    """(n, 2)"""
    positions: Floats
    """(n, pairs, 2 actors, 2 frames, 3) x, y and radius in pixels of the shown picture; far outside for no actor."""


def scene_facts(scenes: list[Scene], starts: list[list[int]]) -> SceneFacts:
    """Collects the facts of scenes whose pairs begin at the given frames."""
    count = len(scenes)
    codes = np.full((5, count, 2), -1, np.int64)
    positions = np.full((count, len(starts[0]), 2, 2, 3), -999.0, np.float32)
    scale = np.array([PICTURE_WIDTH / WIDTH, PICTURE_HEIGHT / HEIGHT, PICTURE_WIDTH / WIDTH])
    for row, scene in enumerate(scenes):
        for index, actor in enumerate(scene.actors):
            codes[:, row, index] = (
                ROLES[scene.layout][index],
                COLOURS.index(actor.colour),
                SHAPE_NAMES.index(actor.shape),
                SIZE_NAMES.index(actor.size),
                MOTION_NAMES.index(actor.motion),
            )
            for pair, start in enumerate(starts[row]):
                for second in range(2):
                    place = actor_position(actor, start + second * PAIR_FRAMES, scene.length)
                    positions[row, pair, index, second] = place * scale
    background = np.array([BACKGROUNDS.index(scene.background) for scene in scenes])
    pattern = np.array([PATTERN_NAMES.index(scene.pattern) for scene in scenes])
    role, colour, shape, size, motion = codes
    return SceneFacts(background, pattern, role, colour, shape, size, motion, positions)


@dataclass
class TokenFacts:
    """What each merged token of n pictures shows."""

    background: Ints
    """(n,)"""
    pattern: Ints
    """(n,)"""
    role: Ints
    """(n, tokens) 0 where no actor is."""
    colour: Ints
    """(n, tokens) -1 where no actor is, as in `shape`."""
    shape: Ints
    """(n, tokens)"""
    measures: Floats
    """(n, tokens, 8) of the actor there: x and y from the token's middle and from the picture's, in tokens; how far x,
    y and radius change within the pair; the radius."""


def token_facts(facts: SceneFacts, rows: Ints, pairs: Ints, corners: Ints, *, tall: int, wide: int) -> TokenFacts:
    """Lists what the tokens of crops of pictures show.

    Args:
        rows, pairs: (n,) which scene and which of its pairs.
        corners: (n, 2) x and y of the window's upper left corner, in pixels.
        tall, wide: tokens of the window.
    """
    positions = facts.positions[rows, pairs].copy()  # (n, actor, frame, xyr)
    positions[..., :2] -= corners[:, None, None, :]
    middle = positions.mean(2)  # (n, actor, xyr)
    y, x = np.divmod(np.arange(tall * wide), wide)
    tokens = (np.stack([x, y], 1) + 0.5) * TOKEN_PIXELS  # (tokens, xy)
    away = middle[:, None, :, :2] - tokens[None, :, None, :]  # (n, tokens, actor, xy)
    outside = np.maximum(np.abs(away) - TOKEN_PIXELS / 2, 0)
    covers = np.hypot(outside[..., 0], outside[..., 1]) < 0.75 * middle[:, None, :, 2]
    which = np.hypot(away[..., 0], away[..., 1]).argmin(2)  # (n, tokens)
    here = np.take_along_axis(covers, which[..., None], 2)[..., 0]

    def of_actor(codes: Ints, nothing: int) -> Ints:
        return np.where(here, np.take_along_axis(codes[rows], which, 1), nothing)

    change = (
        (positions[:, :, 1] - positions[:, :, 0])
        * np.array([320 / 140, 240 / 112, 320 / 140])
        / np.array([DX, DY, 2.0])
    )
    size = np.array([wide, tall]) * TOKEN_PIXELS / 2
    whole = np.concatenate([(middle[..., :2] - size) / TOKEN_PIXELS, change, middle[..., 2:] / 10 - 1.5], 2)
    index = which[..., None]
    near = np.take_along_axis(away, index[..., None], 2)[:, :, 0] / TOKEN_PIXELS
    measures = np.concatenate([near, np.take_along_axis(whole, index, 1)], 2).astype(np.float32)
    return TokenFacts(
        facts.background[rows],
        facts.pattern[rows],
        of_actor(facts.role, 0),
        of_actor(facts.colour, -1),
        of_actor(facts.shape, -1),
        np.clip(measures, -6, 6),
    )
