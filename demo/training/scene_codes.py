"""What one frame of a scene shows, as whole numbers, for heads and loss functions. Pure."""

import numpy as np
from numpy.typing import NDArray

from demo.world.scenes import Scene
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, PATTERNS, SHAPES

CODE_FIELDS = ("layout", "background", "pattern", "colour0", "shape0", "size0", "colour1", "shape1", "size1")
Codes = NDArray[np.int8]
"""(n, 9) whole numbers, one per CODE_FIELDS; -1 where there is no second actor."""
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
