"""Draws films with words on them, and says when and where each can be read: slides, titles, terminals, moving words.

Pure drawing with Pillow; `write_film` encodes one to a real H.264 file. Used by `bench.screen_text` and by tests.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FRAMES_PER_SECOND = 10
FONT_FOLDER = Path("/usr/share/fonts")
"""Where fonts are looked for; without any, Pillow's own is used."""
SANS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSansCondensed.ttf")
MONO = ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")
WORDS = tuple(
    "anchor apricot autumn badger bakery balcony bamboo banner barley basket beacon blanket blossom border "
    "bottle bridge bronze bucket butter cabin camera candle canyon carbon carpet castle cellar cherry chimney "
    "circle clover cobalt coffee comet copper coral cotton cradle crystal curtain dagger daisy desert diamond "
    "dolphin donkey dragon eagle ember engine fabric falcon feather fiddle filter flannel forest fossil "
    "fountain galaxy garden garlic ginger glacier goblet granite gravel hammer harbor harvest hazel helmet "
    "hermit hollow honey horizon island ivory jacket jasmine jungle kernel kettle kitchen ladder lagoon "
    "lantern laurel lemon lettuce library lizard magnet mango maple marble market meadow melon mirror monkey "
    "mosaic mountain museum napkin nectar needle nickel notebook nutmeg ocean olive orchard otter oyster "
    "paddle palace panther paper parrot pebble pencil pepper pickle pillow planet pocket pollen poplar pottery "
    "prairie pumpkin puzzle quartz rabbit radish raven ribbon river rocket saddle saffron salmon sandal satin "
    "scissors shadow shelter silver sparrow spider spinach spiral stable statue sugar summer sunset swan "
    "tablet tailor temple thistle thunder ticket tiger timber tomato tractor trumpet tulip tunnel turnip "
    "turtle vanilla velvet vessel village vinegar violet violin walnut walrus whistle willow window winter "
    "wizard yogurt zebra".split()
)

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
class _Line:
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


class _Writer:
    """Lines whose words nobody used before, so that each query is true in one place."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._used: set[frozenset[str]] = set()

    def line(self, count: int) -> str:
        while True:
            words = self._rng.sample(WORDS, count)
            pairs = {frozenset(pair) for pair in pairwise(words)}
            if not pairs & self._used:
                self._used |= pairs
                return " ".join(words)


@lru_cache(maxsize=64)
def font(name: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font of a file name below `FONT_FOLDER`, or Pillow's own."""
    found = next(iter(sorted(FONT_FOLDER.rglob(name))), None) if FONT_FOLDER.is_dir() else None
    return ImageFont.truetype(str(found), size) if found else ImageFont.load_default(size)


def make_films(seed: int, *, seconds: float = 60.0) -> list[Film]:
    """One film of each kind, about so long; another seed gives other words, fonts, sizes, colours and times."""
    rng = random.Random(f"screen films {seed}")
    writer = _Writer(rng)
    makers = (_slides, _titles, _terminal, _credits, _slide_in)
    return [make(f"{make.__name__.strip('_')}-{seed}", rng, writer, seconds) for make in makers]


def slide_hour(seed: int, *, seconds: float = 3600.0, changes: int = 30) -> Film:
    """A lecture whose slide changes `changes` times, at random."""
    rng = random.Random(f"hour {seed}")
    turns = sorted(rng.sample(range(20, int(seconds) - 20, 10), changes - 1))
    return _pages(f"hour-{changes}-{seed}", rng, _Writer(rng), [0.0, *map(float, turns), seconds], builds=False)


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


def pages_film(name: str, pages: Sequence[str], seconds: float, *, logo: str = "") -> Film:
    """Slides with the given words, each as long as the others and of another colour, and a logo on all of them."""
    step = seconds / len(pages)
    papers = [(240, 240, 232), (60, 90, 60), (210, 180, 230), (30, 40, 90), (250, 220, 150), (90, 30, 40)]
    size = (640, 360)
    mark = _Line(logo, 480, 20, font("DejaVuSans-Bold.ttf", 18), (250, 60, 60), 0.0, seconds)
    lines = [
        _Line(
            text,
            60,
            100 + 60 * (n % 3),
            font("DejaVuSans-Bold.ttf", 32),
            _ink_on(papers[n % len(papers)]),
            n * step,
            (n + 1) * step,
        )
        for n, text in enumerate(pages)
    ]

    def paper(time_seconds: float) -> Picture:
        return np.full((1, 1, 3), papers[int(time_seconds / step) % len(papers)], np.uint8)

    return _film(name, "slides", size, seconds, [*lines, mark] if logo else lines, lines, paper)


def _ink_on(paper: tuple[int, int, int]) -> tuple[int, int, int]:
    return (20, 20, 30) if sum(paper) > 380 else (240, 240, 240)


def _slides(name: str, rng: random.Random, writer: _Writer, seconds: float) -> Film:
    turns = [0.0]
    while turns[-1] < seconds - 14:
        turns.append(round(turns[-1] + rng.uniform(6, 12), 1))
    return _pages(name, rng, writer, [*turns, seconds], builds=True)


def _pages(name: str, rng: random.Random, writer: _Writer, turns: Sequence[float], *, builds: bool) -> Film:
    size = rng.choice([(960, 540), (1280, 720), (1024, 768)])
    dark = rng.random() < 0.4
    ink, paper = ((235, 235, 240), (24, 28, 48)) if dark else ((30, 30, 40), (245, 244, 238))
    family, letter = rng.choice(SANS), round(size[1] * rng.uniform(0.035, 0.05))
    footer = _Line(
        f"{writer.line(2)} course", size[0] * 0.05, size[1] * 0.93, font(family, letter // 2 + 5), ink, 0, turns[-1]
    )
    lines, facts = [footer], list[_Line]()
    for start, stop in pairwise(turns):
        title = _Line(
            writer.line(3).title(), size[0] * 0.07, size[1] * 0.08, font(family, round(letter * 1.5)), ink, start, stop
        )
        bullets = rng.randint(2, 4)
        step = rng.uniform(1.2, 2.0) if builds and rng.random() < 0.5 and stop - start > 1.5 * bullets + 2 else 0.0
        body = [
            _Line(
                "- " + writer.line(rng.randint(3, 5)),
                size[0] * 0.1,
                size[1] * 0.28 + n * letter * 2.1,
                font(family, letter),
                ink,
                round(start + step * n, 1),
                stop,
            )
            for n in range(bullets)
        ]
        lines += [title, *body]
        facts += [title, rng.choice(body)]
    return _film(name, "slides", size, turns[-1], lines, facts, _plain(paper), rng=rng)


def _titles(name: str, rng: random.Random, writer: _Writer, seconds: float) -> Film:
    """Title cards that fade in and out over a picture that moves."""
    size = rng.choice([(640, 360), (854, 480), (1280, 720)])
    lines: list[_Line] = []
    clock = rng.uniform(1, 3)
    while clock < seconds - 5:
        letter = round(size[1] * rng.uniform(0.07, 0.12))
        shown = rng.uniform(2.2, 4.0)
        left, top = size[0] * rng.uniform(0.05, 0.15), size[1] * rng.uniform(0.15, 0.75)
        ink = rng.choice([(255, 255, 255), (255, 236, 130)])
        lines.append(
            _Line(writer.line(2).title(), left, top, font(rng.choice(SANS), letter), ink, clock, clock + shown, 0.5)
        )
        clock += shown + rng.uniform(1.0, 4.0)
    return _film(name, "titles", size, seconds, lines, lines, _moving(size, rng))


def _terminal(name: str, rng: random.Random, writer: _Writer, seconds: float) -> Film:
    """Commands typed letter by letter, output at once, and everything moves up when the screen is full."""
    size = rng.choice([(960, 600), (1280, 720)])
    letter = rng.randint(15, 20)
    family, height = font(rng.choice(MONO), letter), round(letter * 1.45)
    rows = (size[1] - 20) // height
    written: list[tuple[float, float, str]] = []  # start, letters a second (0: at once), text
    clock, texts = 1.0, list[tuple[float, str]]()
    while clock < seconds - 6:
        command, speed = f"$ run {writer.line(3)}", rng.uniform(9, 16)
        written.append((clock, speed, command))
        texts.append((clock + len(command) / speed, command))
        clock += len(command) / speed + rng.uniform(0.3, 1.0)
        for _ in range(rng.randint(1, 3)):
            written.append((clock, 0.0, writer.line(rng.randint(3, 6))))
            texts.append((clock, written[-1][2]))
        clock += rng.uniform(1.0, 2.5)

    def stop_of(place: int) -> float:
        later = written[place + rows][0] if place + rows < len(written) else seconds
        return min(later, seconds)

    def draw(time_seconds: float) -> Picture:
        image = Image.new("RGB", size, (16, 18, 20))
        pen = ImageDraw.Draw(image)
        begun = [item for item in written if item[0] <= time_seconds]
        first = max(0, len(begun) - rows)
        for row, (start, speed, text) in enumerate(begun[first:]):
            shown = text if not speed else text[: int((time_seconds - start) * speed)]
            pen.text((12, 10 + row * height), shown, font=family, fill=(210, 220, 210))
        return np.asarray(image)

    def box(place: int, time_seconds: float) -> Box:
        begun = sum(item[0] <= time_seconds for item in written)
        top = 10 + (place - max(0, begun - rows)) * height
        width = family.getlength(written[place][2])
        return 12 / size[0], top / size[1], (12 + width) / size[0], (top + height) / size[1]

    facts: list[ScreenFact] = []
    for place, (start, text) in enumerate(texts):
        if stop_of(place) - start > 1.5 and rng.random() < 0.6:
            words = [word for word in text.split() if word not in ("$", "run")]
            stop = stop_of(place)
            facts.append(ScreenFact(" ".join(words[-2:]), start, stop, box(place, (start + stop) / 2)))
    return Film(name, "terminal", seconds, draw, tuple(facts))


def _credits(name: str, rng: random.Random, writer: _Writer, seconds: float) -> Film:
    """Lines that come in below and leave above."""
    size = rng.choice([(640, 360), (960, 540)])
    letter = round(size[1] * rng.uniform(0.05, 0.08))
    family = font(rng.choice(SANS), letter)
    crossing = rng.uniform(4.0, 7.0)
    speed = (size[1] + letter) / crossing
    lines: list[_Line] = []
    clock = 0.5
    while clock < seconds - crossing:
        text = writer.line(2).title()
        left = (size[0] - family.getlength(text)) / 2
        lines.append(_Line(text, left, size[1], family, (240, 240, 240), clock, clock + crossing, 0, (0, -speed)))
        clock += rng.uniform(2.2, 4.0) * letter / speed
    return _film(name, "credits", size, seconds, lines, lines[:: max(1, len(lines) // 14)], _plain((8, 8, 12)))


def _slide_in(name: str, rng: random.Random, writer: _Writer, seconds: float) -> Film:
    """Titles that run in from the left, cross slowly, and run on to the right, over a picture that moves."""
    size = rng.choice([(640, 360), (854, 480)])
    lines: list[_Line] = []
    clock = 1.0
    while clock < seconds - 8:
        family = font(rng.choice(SANS), round(size[1] * rng.uniform(0.07, 0.1)))
        text = writer.line(2).title()
        width = family.getlength(text)
        crossing = rng.uniform(5.0, 7.0)
        speed = (size[0] + width) / crossing
        top = size[1] * rng.uniform(0.1, 0.8)
        lines.append(_Line(text, -width, top, family, (255, 255, 255), clock, clock + crossing, 0, (speed, 0)))
        clock += crossing + rng.uniform(0.5, 2.0)
    return _film(name, "slide-in", size, seconds, lines, lines, _moving(size, rng))


def _film(
    name: str,
    kind: str,
    size: tuple[int, int],
    seconds: float,
    lines: Sequence[_Line],
    facts: Sequence[_Line],
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


def _write(image: Image.Image, line: _Line, time_seconds: float, strength: float) -> None:
    if strength >= 1:
        ImageDraw.Draw(image).text(line.place(time_seconds), line.text, font=line.font, fill=line.ink)
        return
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).text(line.place(time_seconds), line.text, font=line.font, fill=round(255 * strength))
    image.paste(line.ink, mask=mask)


def _fact(line: _Line, size: tuple[int, int], rng: random.Random | None) -> ScreenFact:
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


def _plain(colour: tuple[int, int, int]) -> Callable[[float], Picture]:
    return lambda _: np.full((1, 1, 3), colour, np.uint8)


def _moving(size: tuple[int, int], rng: random.Random) -> Callable[[float], Picture]:
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


def times_of(film: Film, frames_per_second: int = FRAMES_PER_SECOND) -> Iterator[float]:
    """Times of a film's frames."""
    return (number / frames_per_second for number in range(round(film.seconds * frames_per_second)))
