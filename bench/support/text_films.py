"""Films with words on them, and when and where each can be read: slides, titles, terminals, moving words.

Drawn by `bench.support.film_drawing`; used by `bench.screen_text` and by tests.
"""

import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from bench.support.film_drawing import Box, Film, Line, Picture, ScreenFact, film_of, font, moving, plain
from bench.support.plain_words import Writer

SANS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSansCondensed.ttf")
MONO = ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")


def make_films(seed: int, *, seconds: float = 60.0) -> list[Film]:
    """One film of each kind, about so long; another seed gives other words, fonts, sizes, colours and times."""
    rng = random.Random(f"screen films {seed}")
    writer = Writer(rng)
    makers = (_slides, _titles, _terminal, _credits, _slide_in)
    return [make(f"{make.__name__.strip('_')}-{seed}", rng, writer, seconds) for make in makers]


def slide_turns(seconds: float) -> range:
    """When the slides of a lecture may change, seconds."""
    return range(20, int(seconds) - 20, 10)


def slide_hour(seed: int, *, seconds: float = 3600.0, changes: int = 30) -> Film:
    """A lecture whose slide changes `changes` times, at random."""
    rng = random.Random(f"hour {seed}")
    turns = sorted(rng.sample(slide_turns(seconds), changes - 1))
    return _pages(f"hour-{changes}-{seed}", rng, Writer(rng), [0.0, *map(float, turns), seconds], builds=False)


def pages_film(name: str, pages: Sequence[str], seconds: float, *, logo: str = "") -> Film:
    """Slides with the given words, each as long as the others and of another colour, and a logo on all of them."""
    step = seconds / len(pages)
    papers = [(240, 240, 232), (60, 90, 60), (210, 180, 230), (30, 40, 90), (250, 220, 150), (90, 30, 40)]
    size = (640, 360)
    mark = Line(logo, 480, 20, font("DejaVuSans-Bold.ttf", 18), (250, 60, 60), 0.0, seconds)
    lines = [
        Line(
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

    return film_of(name, "slides", size, seconds, [*lines, mark] if logo else lines, lines, paper)


def _ink_on(paper: tuple[int, int, int]) -> tuple[int, int, int]:
    return (20, 20, 30) if sum(paper) > 380 else (240, 240, 240)


def _slides(name: str, rng: random.Random, writer: Writer, seconds: float) -> Film:
    turns = [0.0]
    while turns[-1] < seconds - 14:
        turns.append(round(turns[-1] + rng.uniform(6, 12), 1))
    return _pages(name, rng, writer, [*turns, seconds], builds=True)


def _pages(name: str, rng: random.Random, writer: Writer, turns: Sequence[float], *, builds: bool) -> Film:
    size = rng.choice([(960, 540), (1280, 720), (1024, 768)])
    dark = rng.random() < 0.4
    ink, paper = ((235, 235, 240), (24, 28, 48)) if dark else ((30, 30, 40), (245, 244, 238))
    family, letter = rng.choice(SANS), round(size[1] * rng.uniform(0.035, 0.05))
    footer = Line(
        f"{writer.line(2)} course", size[0] * 0.05, size[1] * 0.93, font(family, letter // 2 + 5), ink, 0, turns[-1]
    )
    lines, facts = [footer], list[Line]()
    for start, stop in pairwise(turns):
        title = Line(
            writer.line(3).title(), size[0] * 0.07, size[1] * 0.08, font(family, round(letter * 1.5)), ink, start, stop
        )
        bullets = rng.randint(2, 4)
        step = rng.uniform(1.2, 2.0) if builds and rng.random() < 0.5 and stop - start > 1.5 * bullets + 2 else 0.0
        body = [
            Line(
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
    return film_of(name, "slides", size, turns[-1], lines, facts, plain(paper), rng=rng)


def _titles(name: str, rng: random.Random, writer: Writer, seconds: float) -> Film:
    """Title cards that fade in and out over a picture that moves."""
    size = rng.choice([(640, 360), (854, 480), (1280, 720)])
    lines: list[Line] = []
    clock = rng.uniform(1, 3)
    while clock < seconds - 5:
        letter = round(size[1] * rng.uniform(0.07, 0.12))
        shown = rng.uniform(2.2, 4.0)
        left, top = size[0] * rng.uniform(0.05, 0.15), size[1] * rng.uniform(0.15, 0.75)
        ink = rng.choice([(255, 255, 255), (255, 236, 130)])
        lines.append(
            Line(writer.line(2).title(), left, top, font(rng.choice(SANS), letter), ink, clock, clock + shown, 0.5)
        )
        clock += shown + rng.uniform(1.0, 4.0)
    return film_of(name, "titles", size, seconds, lines, lines, moving(size, rng))


def _terminal(name: str, rng: random.Random, writer: Writer, seconds: float) -> Film:
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


def _credits(name: str, rng: random.Random, writer: Writer, seconds: float) -> Film:
    """Lines that come in below and leave above."""
    size = rng.choice([(640, 360), (960, 540)])
    letter = round(size[1] * rng.uniform(0.05, 0.08))
    family = font(rng.choice(SANS), letter)
    crossing = rng.uniform(4.0, 7.0)
    speed = (size[1] + letter) / crossing
    lines: list[Line] = []
    clock = 0.5
    while clock < seconds - crossing:
        text = writer.line(2).title()
        left = (size[0] - family.getlength(text)) / 2
        lines.append(Line(text, left, size[1], family, (240, 240, 240), clock, clock + crossing, 0, (0, -speed)))
        clock += rng.uniform(2.2, 4.0) * letter / speed
    return film_of(name, "credits", size, seconds, lines, lines[:: max(1, len(lines) // 14)], plain((8, 8, 12)))


def _slide_in(name: str, rng: random.Random, writer: Writer, seconds: float) -> Film:
    """Titles that run in from the left, cross slowly, and run on to the right, over a picture that moves."""
    size = rng.choice([(640, 360), (854, 480)])
    lines: list[Line] = []
    clock = 1.0
    while clock < seconds - 8:
        family = font(rng.choice(SANS), round(size[1] * rng.uniform(0.07, 0.1)))
        text = writer.line(2).title()
        width = family.getlength(text)
        crossing = rng.uniform(5.0, 7.0)
        speed = (size[0] + width) / crossing
        top = size[1] * rng.uniform(0.1, 0.8)
        lines.append(Line(text, -width, top, family, (255, 255, 255), clock, clock + crossing, 0, (speed, 0)))
        clock += crossing + rng.uniform(0.5, 2.0)
    return film_of(name, "slide-in", size, seconds, lines, lines, moving(size, rng))
