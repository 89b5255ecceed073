"""Facts that a question states about a scene, as codes: targets for how questions are read. Pure."""

from collections.abc import Sequence

import torch
from torch import Tensor

from demo.vlm.clips.scene_facts import BACKGROUNDS, COLOURS, MOTION_NAMES, PATTERN_NAMES, ROLES, SHAPE_NAMES, SIZE_NAMES
from demo.world.descriptions import Description, describe_scene
from demo.world.scenes import Scene

FACT_COUNT = 93


def fact_codes(form: Description) -> list[int]:
    """Lists the facts of a description as codes below FACT_COUNT: things, motions, sizes, background and so on."""
    told = [COLOURS.index(one.colour) * len(SHAPE_NAMES) + SHAPE_NAMES.index(one.shape) for one in form.actors]
    told += [64 + MOTION_NAMES.index(one.motion) for one in form.actors if one.motion is not None]
    told += [74 + SIZE_NAMES.index(one.size) for one in form.actors if one.size is not None]
    told += [77 + BACKGROUNDS.index(form.background)] if form.background is not None else []
    told += [85 + PATTERN_NAMES.index(form.pattern)] if form.pattern is not None else []
    return told + ([90 + list(ROLES).index(form.relation)] if form.relation is not None else [])


def possible_facts(scenes: Sequence[Scene]) -> Tensor:
    """Marks every fact that a description of each scene could state: (scenes, FACT_COUNT)."""
    table = torch.zeros((len(scenes), FACT_COUNT), dtype=torch.bool)
    for row, scene in enumerate(scenes):
        everyone = tuple(range(len(scene.actors)))
        whole = describe_scene(
            scene, actors=everyone, size=True, motion=everyone, relation=True, background=True, pattern=True
        )
        table[row, fact_codes(whole)] = True
    return table
