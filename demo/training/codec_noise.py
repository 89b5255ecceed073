"""Noise of a lossy codec and a decoder, for drawn frames."""

from random import Random

import cv2
import numpy as np

from demo.world.drawing import Picture


def add_codec_noise(picture: Picture, rng: Random) -> Picture:
    """Imitates a lossy codec and a decoder on a frame: 4:2:0 colour, blocks, a little gain, sometimes a resize."""
    gain = rng.uniform(0.96, 1.04)
    noisy = cv2.convertScaleAbs(picture, alpha=gain, beta=rng.uniform(-4, 4))
    if rng.random() < 0.3:
        width = rng.randint(200, 320)
        noisy = cv2.resize(noisy, (width, width * 3 // 4), interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(40, 95)])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
