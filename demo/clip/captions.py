"""Captions for the tiny CLIP: sampled from a frame's codes, hard negatives, and which captions match which frames."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
from numpy.typing import NDArray

from demo.training.scene_codes import (
    BACKGROUND_CODES,
    COLOUR_CODES,
    LAYOUT_CODES,
    PATTERN_CODES,
    SHAPE_CODES,
    SIZE_CODES,
    Codes,
)
from demo.world.descriptions import Description
from demo.world.scenes import Actor, Scene

COLOURS, SHAPE_NAMES, BACKGROUNDS = list(COLOUR_CODES), list(SHAPE_CODES), list(BACKGROUND_CODES)
PATTERN_NAMES, LAYOUT_NAMES, SIZE_NAMES = list(PATTERN_CODES), list(LAYOUT_CODES), list(SIZE_CODES)


def scene_of_codes(codes: Sequence[int]) -> Scene:
    """Returns a scene with the facts of the codes; its actors' positions have no meaning."""
    layout, background, pattern = LAYOUT_NAMES[codes[0]], BACKGROUNDS[codes[1]], PATTERN_NAMES[codes[2]]
    actors = [
        Actor(COLOURS[colour], SHAPE_NAMES[shape], SIZE_NAMES[size], "still", 0.0, (0.0, 0.0), (0.0, 0.0), 0.0)
        for colour, shape, size in (codes[3:6], codes[6:9])
        if colour >= 0
    ]
    return Scene(0, 0, 1, background, pattern, layout, tuple(actors), None, None, "cut")


def hard_negative_caption(description: Description, rng: Random) -> Description:
    """Returns a similar description of other facts: positions or colours swapped, or one actor changed."""
    actors = description.actors
    if len(actors) == 2:
        one, two = actors
        if description.relation is not None and rng.random() < 0.6:
            return replace(description, actors=(two, one))
        if one.colour != two.colour and one.shape != two.shape and rng.random() < 0.6:
            return replace(description, actors=(replace(one, colour=two.colour), replace(two, colour=one.colour)))
    index = rng.randrange(len(actors))
    changed = replace(actors[index], colour=rng.choice(COLOURS), shape=rng.choice(SHAPE_NAMES))
    return replace(description, actors=(*actors[:index], changed, *actors[index + 1 :]))


def caption_fit_matrix(descriptions: Sequence[Description], codes: Codes) -> NDArray[np.bool_]:
    """Returns (n_descriptions, n_frames): whether a frame matches a description, ignoring motions."""
    facts = np.array([_fact_codes(description) for description in descriptions], np.int8)  # (n_descriptions, 9)

    def same(wanted: int, shown: int) -> NDArray[np.bool_]:
        column = facts[:, wanted, None]
        return (column == -2) | (column == codes[None, :, shown])

    straight = same(3, 3) & same(4, 4) & same(5, 5) & same(6, 6) & same(7, 7) & same(8, 8)
    crossed = same(3, 6) & same(4, 7) & same(5, 8) & same(6, 3) & same(7, 4) & same(8, 5)
    free = np.array([description.relation is None for description in descriptions])[:, None]
    return same(0, 0) & same(1, 1) & same(2, 2) & (straight | (crossed & free))


def _fact_codes(description: Description) -> list[int]:
    """Returns codes like those of a frame, with -2 for facts that are not stated."""
    codes = [
        LAYOUT_CODES[description.relation] if description.relation is not None else -2,
        BACKGROUND_CODES[description.background] if description.background is not None else -2,
        PATTERN_CODES[description.pattern] if description.pattern is not None else -2,
    ]
    for actor in description.actors:
        size = SIZE_CODES[actor.size] if actor.size is not None else -2
        codes += [COLOUR_CODES[actor.colour], SHAPE_CODES[actor.shape], size]
    return codes + [-2] * (9 - len(codes))
