"""Thumbnail fingerprints: whether two segments show the same picture, where there are no vectors of pictures.

A thumbnail is shrunk to 16 by 16 grey values (after Torralba and others 2008, "80 million tiny images"), and two are
compared by their correlation. Encodings of one video differ by little more than noise in it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

SIDE = 16
ALIKE = 0.95
"""Correlation from which two thumbnails show the same."""
LEAST_CONTRAST = 2.0
"""Standard deviation of the grey values, of 255; a blank picture is like no other."""


def thumbnail_fingerprints(paths: Sequence[Path]) -> NDArray[np.float32]:
    """(n, 256) of unit length; a row of zeros for a picture that is blank, absent or cannot be read."""
    found = np.zeros((len(paths), SIDE * SIDE), np.float32)
    for row, path in zip(found, paths, strict=True):
        try:
            with Image.open(path) as image:
                grey = np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX), np.float32).ravel()
        except (OSError, UnidentifiedImageError):
            continue
        if grey.std() >= LEAST_CONTRAST:
            centred = grey - grey.mean()
            row[:] = centred / np.linalg.norm(centred)
    return found
