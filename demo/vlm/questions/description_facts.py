"""What a question tells of a scene, as a list of facts: what listening is taught with. Pure."""

from collections.abc import Sequence

import torch
from torch import Tensor

from demo.vlm.clips.scene_facts import BACKGROUNDS, COLOURS, MOTION_NAMES, PATTERN_NAMES, ROLES, SHAPE_NAMES, SIZE_NAMES
from demo.world.descriptions import Description, describe
from demo.world.scenes import Scene

TOLD = 93
"""How many facts can be told."""


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
