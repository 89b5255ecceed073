"""Pictures that differ all over, and stay themselves when they are made smaller."""

import numpy as np

from indexer.decode.frame_transforms import scale_frame
from indexer.records import Pixels


def drawn(seed: int) -> Pixels:
    """(180, 320, 3): coarse colours that run into each other, as a blurred photograph has them."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 16, 3)).astype(np.uint8)
    return scale_frame(coarse, 320, 180)
