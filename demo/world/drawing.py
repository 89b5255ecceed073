"""Drawing of scenes, frame by frame. Pictures are (240, 320, 3) uint8 RGB; equal scenes give equal pixels."""

from functools import lru_cache
from math import cos, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from demo.world.scenes import FADE_FRAMES, FRAMES_PER_SECOND, HEIGHT, SIGN_STRIP_PIXELS, WIDTH, Actor, Scene, Sign
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, Colour

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]

SUBPIXEL_BITS = 4
SIGN_FONT_PIXELS = 28
SIGN_STYLES: list[tuple[Colour, Colour]] = [
    ((250, 250, 250), (10, 10, 10)),
    ((15, 15, 15), (250, 250, 250)),
    ((20, 35, 80), (255, 255, 255)),
    ((255, 250, 225), (60, 20, 10)),
]
"""(board, letters)"""


class ScenePainter:
    """Draws the frames of one scene; the background and the sign are drawn once."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._background = paint_background(scene.background, scene.pattern)
        self._board = paint_sign(scene.sign) if scene.sign is not None else None

    def frame(self, index: int) -> Picture:
        """Draws frame `index` of the scene, 0 being its first; fades are not part of it."""
        picture = self._background.copy()
        sign = self.scene.sign
        if self._board is not None and sign is not None and sign.start <= index < sign.stop:
            height, width = self._board.shape[:2]
            top = 4 if sign.at_top else HEIGHT - height - 4
            left = (WIDTH - width) // 2
            picture[top : top + height, left : left + width] = self._board
        for actor in self.scene.actors:
            paint_actor(picture, actor, index, self.scene.length)
        return picture


def paint_actor(picture: Picture, actor: Actor, index: int, length: int) -> None:
    """Draws an actor into the picture as it is in frame `index` of a scene of `length` frames."""
    x, y, radius = actor_position(actor, index, length)
    scale = 1 << SUBPIXEL_BITS
    middle = np.array([x, y])
    outlines = [
        np.round((ring * radius + middle) * scale).astype(np.int32).reshape(-1, 1, 2) for ring in OUTLINES[actor.shape]
    ]
    edge = (255, 255, 255) if actor.colour == "black" else (0, 0, 0)
    cv2.fillPoly(picture, outlines, ACTOR_COLOURS[actor.colour], cv2.LINE_AA, SUBPIXEL_BITS)
    cv2.polylines(picture, outlines, True, edge, 2, cv2.LINE_AA, SUBPIXEL_BITS)


def actor_position(actor: Actor, index: int, length: int) -> tuple[float, float, float]:
    """Returns (x, y, radius) in pixels of an actor in frame `index` of a scene of `length` frames."""
    x, y = actor.centre
    reach_x, reach_y = actor.reach
    progress = index / max(length - 1, 1)
    along = 2 * progress - 1
    turn = 2 * pi * (actor.phase + index / FRAMES_PER_SECOND / 3.0)
    match actor.motion:
        case "right" | "left":
            x += along * min(reach_x, 100) * (1 if actor.motion == "right" else -1)
        case "down" | "up":
            y += along * min(reach_y, 75) * (1 if actor.motion == "down" else -1)
        case "loop":
            span = min(reach_x, reach_y, 38)
            x, y = x + span * cos(turn), y + span * sin(turn)
        case "bounce":
            span = min(reach_y, 36)
            y += span - 2 * span * abs(sin(turn * 1.3))
        case "shake":
            x += 7.0 * (1 if (index + int(actor.phase * 4)) % 2 else -1)
        case "grow":
            return x, y, actor.radius * (0.55 + 0.45 * progress)
        case "shrink":
            return x, y, actor.radius * (1.0 - 0.45 * progress)
        case _:
            pass
    return x, y, actor.radius


def fade_pictures(before: Scene, after: Scene) -> list[Picture]:
    """Draws the FADE_FRAMES pictures around a fade: half belong to the end of `before`, half to `after`."""
    half = FADE_FRAMES // 2
    old, new = ScenePainter(before), ScenePainter(after)
    pictures: list[Picture] = []
    for step in range(FADE_FRAMES):
        weight = (step + 1) / (FADE_FRAMES + 1)
        one = old.frame(min(before.length - half + step, before.length - 1)).astype(np.float32)
        two = new.frame(max(step - half, 0)).astype(np.float32)
        if after.entry == "black":
            mixed = one * (1 - 2 * weight) if weight < 0.5 else two * (2 * weight - 1)
        else:
            mixed = one * (1 - weight) + two * weight
        pictures.append(np.round(mixed).astype(np.uint8))
    return pictures


@lru_cache(maxsize=64)
def paint_background(colour: str, pattern: str) -> Picture:
    """Draws a background; the result is shared, so it must not be written to."""
    base = np.array(BACKGROUND_COLOURS[colour], np.float64)
    dark, light = base * 0.72, base + (255 - base) * 0.45
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    match pattern:
        case "striped":
            chosen = (x + y) // 22 % 2 == 0
        case "dotted":
            chosen = (x % 40 - 20) ** 2 + (y % 40 - 20) ** 2 < 81
        case "checked":
            chosen = (x // 40 + y // 40) % 2 == 0
        case _:
            chosen = np.zeros((HEIGHT, WIDTH), np.bool_)
    if pattern == "shaded":
        slope = (y / (HEIGHT - 1))[:, :, None]
        picture = (base + (255 - base) * 0.6) * (1 - slope) + base * 0.45 * slope
    elif pattern == "plain":
        picture = np.broadcast_to(base, (HEIGHT, WIDTH, 3))
    else:
        picture = np.where(chosen[:, :, None], dark, light if pattern != "dotted" else base)
    return np.ascontiguousarray(np.round(picture), np.uint8)


@lru_cache(maxsize=1)
def _sign_font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=SIGN_FONT_PIXELS)


def paint_sign(sign: Sign) -> Picture:
    """Draws a sign's board with its words, as high as fits the strip kept free for it."""
    board, letters = SIGN_STYLES[sign.style % len(SIGN_STYLES)]
    font = _sign_font()
    left, _, right, _ = font.getbbox(sign.text)
    width, height = min(WIDTH - 4, int(right - left) + 28), SIGN_STRIP_PIXELS - 8
    image = Image.new("RGB", (width, height), board)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, width - 1, height - 1), outline=letters, width=2)
    pen.text((width / 2, height / 2), sign.text, fill=letters, font=font, anchor="mm")
    return np.asarray(image)


def _circle(radius: float = 1.0, x: float = 0.0, start: float = 0.0, stop: float = 2 * pi) -> Points:
    turns = np.linspace(start, stop, 48)
    return np.stack([x + radius * np.cos(turns), radius * np.sin(turns)], axis=1)


def _star() -> Points:
    turns = np.arange(10) * pi / 5 - pi / 2
    radii = np.where(np.arange(10) % 2 == 0, 1.08, 0.44)
    return np.stack([radii * np.cos(turns), radii * np.sin(turns) + 0.06], axis=1)


def _heart() -> Points:
    turns = np.linspace(0, 2 * pi, 60)
    x = np.sin(turns) ** 3
    y = -(13 * np.cos(turns) - 5 * np.cos(2 * turns) - 2 * np.cos(3 * turns) - np.cos(4 * turns)) / 16
    return np.stack([x, y * 0.98 - 0.06], axis=1)


def _moon() -> Points:
    corner = pi * 0.30
    outer = _circle(1.0, start=corner, stop=2 * pi - corner)
    middle = 0.62
    inner_radius = float(np.hypot(cos(corner) - middle, sin(corner)))
    inner_corner = float(np.arctan2(sin(corner), cos(corner) - middle))
    inner = _circle(inner_radius, middle, 2 * pi - inner_corner, inner_corner)
    return np.concatenate([outer, inner]) + np.array([0.1, 0.0])


def _cross() -> Points:
    arm = 0.36
    corner = [(-arm, -1), (arm, -1), (arm, -arm), (1, -arm), (1, arm), (arm, arm)]
    return np.array(corner + [(-x, -y) for x, y in corner], np.float64)


OUTLINES: dict[str, list[Points]] = {
    "circle": [_circle()],
    "square": [np.array([(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)])],
    "triangle": [np.array([(0.0, -0.95), (1.0, 0.85), (-1.0, 0.85)])],
    "star": [_star()],
    "cross": [_cross()],
    "heart": [_heart()],
    "ring": [_circle(), _circle(0.5)],
    "moon": [_moon()],
}
"""Each shape as closed outlines (points, 2) in a square of side 2 about (0, 0); an inner outline is a hole."""
