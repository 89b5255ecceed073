"""Draws lines of words over grounds and encodes them as a film, with the truth of when and where each can be read.

Pure drawing with Pillow; `write_film` encodes to a real H.264 file.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FRAMES_PER_SECOND = 10
FONT_FOLDER = Path("/usr/share/fonts")
"""Where fonts are looked for; without any, Pillow's own is used."""

Picture = NDArray[np.uint8]
"""(height, width, 3) RGB."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in fractions of the picture."""


@dataclass(frozen=True, slots=True)
class ScreenFact:
    """Words that can be read in one span of a film."""

    query: str
    start_seconds: float
    """When the whole query can be read: a fade counts from its middle, moving words when they are inside."""
    stop_seconds: float
    box: Box
    """Of the line that holds the words, in the middle of the span."""


@dataclass(frozen=True, slots=True)
class Film:
    """What is drawn, and its truth."""

    name: str
    kind: str
    seconds: float
    draw: Callable[[float], Picture]
    """Time in seconds -> picture."""
    facts: tuple[ScreenFact, ...]


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    left: float
    top: float
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont
    ink: tuple[int, int, int]
    start: float
    stop: float
    fade: float = 0.0
    speed: tuple[float, float] = (0.0, 0.0)
    """Pixels a second to the right and down, from `start` on."""

    def place(self, time_seconds: float) -> tuple[float, float]:
        passed = time_seconds - self.start
        return self.left + self.speed[0] * passed, self.top + self.speed[1] * passed

    def strength(self, time_seconds: float) -> float:
        if not self.start <= time_seconds < self.stop:
            return 0.0
        if not self.fade:
            return 1.0
        return min(1.0, (time_seconds - self.start) / self.fade, (self.stop - time_seconds) / self.fade)


@lru_cache(maxsize=64)
def font(name: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font of a file name below `FONT_FOLDER`, or Pillow's own."""
    found = next(iter(sorted(FONT_FOLDER.rglob(name))), None) if FONT_FOLDER.is_dir() else None
    return ImageFont.truetype(str(found), size) if found else ImageFont.load_default(size)


def write_film(film: Film, folder: Path, *, frames_per_second: int = FRAMES_PER_SECOND) -> Path:
    """Encodes a film as MP4."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{film.name}.mp4"
    first = film.draw(0.0)
    with av.open(str(path), "w") as output:
        options = {"preset": "veryfast", "crf": "24", "threads": "1"}
        stream = output.add_stream("libx264", rate=frames_per_second, options=options)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, frames_per_second)
        for number in range(round(film.seconds * frames_per_second)):
            frame = av.VideoFrame.from_ndarray(film.draw(number / frames_per_second), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, frames_per_second)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def film_of(
    name: str,
    kind: str,
    size: tuple[int, int],
    seconds: float,
    lines: Sequence[Line],
    facts: Sequence[Line],
    ground: Callable[[float], Picture],
    *,
    rng: random.Random | None = None,
) -> Film:
    still: dict[tuple[int, ...], Picture] = {}

    def draw(time_seconds: float) -> Picture:
        if kind != "slides":
            return drawn(time_seconds)
        shown = tuple(n for n, line in enumerate(lines) if line.strength(time_seconds) > 0)
        if shown not in still:  # an hour of slides is the same few pictures
            still.clear()
            still[shown] = drawn(time_seconds)
        return still[shown]

    def drawn(time_seconds: float) -> Picture:
        image = Image.fromarray(ground(time_seconds)).resize(size)
        for line in lines:
            strength = line.strength(time_seconds)
            if strength > 0:
                _write(image, line, time_seconds, strength)
        return np.asarray(image)

    return Film(name, kind, seconds, draw, tuple(_fact(line, size, rng) for line in facts))


def _write(image: Image.Image, line: Line, time_seconds: float, strength: float) -> None:
    if strength >= 1:
        ImageDraw.Draw(image).text(line.place(time_seconds), line.text, font=line.font, fill=line.ink)
        return
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).text(line.place(time_seconds), line.text, font=line.font, fill=round(255 * strength))
    image.paste(line.ink, mask=mask)


def _fact(line: Line, size: tuple[int, int], rng: random.Random | None) -> ScreenFact:
    width = line.font.getlength(line.text)
    height = line.font.getbbox(line.text)[3]
    start, stop = line.start + line.fade / 2, line.stop - line.fade / 2
    if line.speed[1]:  # whole line inside
        start += height / -line.speed[1]
        stop -= height / -line.speed[1]
    if line.speed[0]:
        start += width / line.speed[0]
        stop -= width / line.speed[0]
    left, top = line.place((start + stop) / 2)
    box = (left / size[0], top / size[1], (left + width) / size[0], (top + height) / size[1])
    words = [word for word in line.text.lower().split() if word != "-"]
    first = rng.randrange(len(words) - 1) if rng else 0
    return ScreenFact(" ".join(words[first : first + 2]), start, stop, box)


def plain(colour: tuple[int, int, int]) -> Callable[[float], Picture]:
    return lambda _: np.full((1, 1, 3), colour, np.uint8)


def moving(size: tuple[int, int], rng: random.Random) -> Callable[[float], Picture]:
    """Soft clouds of colour that drift, and discs that cross: as a camera that pans over something."""
    clouds = np.random.default_rng(rng.randrange(1 << 30)).integers(20, 130, (24, 40, 3)).astype(np.uint8)
    wide = np.asarray(Image.fromarray(clouds).resize((size[0] * 2, size[1]), Image.Resampling.BICUBIC))
    discs = [(rng.random(), rng.uniform(0.1, 0.9), rng.uniform(0.03, 0.12), rng.uniform(-0.2, 0.2)) for _ in range(4)]

    def draw(time_seconds: float) -> Picture:
        shift = int(time_seconds * size[0] * 0.06) % size[0]
        image = Image.fromarray(wide[:, shift : shift + size[0]])
        pen = ImageDraw.Draw(image)
        for left, top, radius, speed in discs:
            x, y, r = (left + speed * time_seconds) % 1 * size[0], top * size[1], radius * size[0]
            pen.ellipse((x - r, y - r, x + r, y + r), fill=(40 + int(200 * left), 90, 150))
        return np.asarray(image)

    return draw
