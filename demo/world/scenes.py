"""Scenes, and the plan of a whole world: which scene is shown when. Pure; draws nothing.

Times inside a plan are counted in frames, so that they are exact; `scene_seconds` converts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from random import Random

from demo.world import spoken_lines as spoken
from demo.world.errors import WorldSettingsError
from demo.world.sign_words import SIGN_WORDS
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, MOTIONS, PATTERNS, RADIUS_PIXELS, SHAPES, SIZES

WIDTH, HEIGHT = 320, 240
FRAMES_PER_SECOND = 10
SIGN_STRIP_PIXELS = 48
SHORTEST_FRAMES, LONGEST_FRAMES = 20, 120
FADE_FRAMES = 4
MINIMUM_VIDEO_SECONDS = 30
LONGEST_MINUTES = 6000.0
MARGIN_PIXELS = 3
VISIBLE_TRAVEL_PIXELS = 36


@dataclass(frozen=True, slots=True)
class Actor:
    """One coloured shape. Centre and travel are in pixels of the 320 x 240 picture."""

    colour: str
    shape: str
    size: str
    """"small", "large", or "changing" for a shape that grows or shrinks."""
    motion: str
    radius: float
    centre: tuple[float, float]
    """(x, y), the middle of the actor's path."""
    reach: tuple[float, float]
    """(x, y), how far the centre may go to either side without leaving the actor's zone."""
    phase: float
    """0 to 1, where a repeating motion begins."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A board with words, shown in frames [start, stop) of its scene."""

    text: str
    style: int
    at_top: bool
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """A subtitle, shown in frames [start, stop) of its scene."""

    meaning: spoken.Meaning
    text: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Frames [start, start + length) of one video: a background with one or two actors."""

    video: int
    start: int
    length: int
    background: str
    pattern: str
    layout: str
    """"alone", "side" (the first actor left of the second) or "stacked" (the first above)."""
    actors: tuple[Actor, ...]
    """The left or upper one first."""
    sign: Sign | None
    line: SpokenLine | None
    entry: str
    """How the scene begins: "cut", "cross" (crossfade) or "black" (through black)."""

    @property
    def window(self) -> tuple[float, float]:
        """[start, stop) in seconds on the player's clock."""
        return scene_seconds(self.start), scene_seconds(self.start + self.length)


def scene_seconds(frames: int) -> float:
    """Converts a count of frames to seconds."""
    return round(frames / FRAMES_PER_SECOND, 3)


def plan_world(*, minutes: float, seed: int, video_minutes: float = 5.0) -> list[list[Scene]]:
    """Plans every scene of a world: one list per video, in order of time, without gaps.

    Raises:
        WorldSettingsError: a length is not a positive, finite number, or above the limit.
    """
    for name, value in (("minutes", minutes), ("video_minutes", video_minutes)):
        if not 0 < value <= LONGEST_MINUTES:
            raise WorldSettingsError(f"{name} must be above 0 and at most {LONGEST_MINUTES:g}, got {value!r}")
    rng = Random(f"reelseek demo world {seed}")
    scenes: list[Scene] = []
    videos: list[list[Scene]] = []
    for video, frames in enumerate(_video_lengths(minutes, video_minutes)):
        videos.append([])
        start = 0
        while start < frames:
            length = _scene_length(rng, frames - start)
            before = videos[-1][-1] if videos[-1] else None
            scene = random_scene(rng, video=video, start=start, length=length, before=before, earlier=scenes)
            videos[-1].append(scene)
            scenes.append(scene)
            start += length
    return videos


def random_scene(
    rng: Random,
    *,
    video: int = 0,
    start: int = 0,
    length: int = 60,
    before: Scene | None = None,
    earlier: Sequence[Scene] = (),
) -> Scene:
    """Samples one scene; never with the background colour of the scene `before` it."""
    background = rng.choice([name for name in BACKGROUND_COLOURS if before is None or name != before.background])
    pattern = rng.choice(list(PATTERNS))
    sign = _random_sign(rng, length) if rng.random() < 0.3 else None
    twin = rng.choice(earlier) if earlier and rng.random() < 0.06 else None
    if twin is not None and (before is None or twin.background != before.background):
        background, pattern, layout = twin.background, twin.pattern, twin.layout
        kinds = [(a.colour, a.shape, a.size) for a in twin.actors]
    else:
        layout = rng.choices(["alone", "side", "stacked"], weights=[25, 45, 30])[0]
        kinds = _random_kinds(rng, 1 if layout == "alone" else 2, background)
    actors = place_actors(rng, kinds, layout, sign)
    line = _random_line(rng, length) if rng.random() < 0.3 else None
    entry = rng.choices(["cut", "cross", "black"], weights=[80, 12, 8])[0] if before is not None else "cut"
    return Scene(video, start, length, background, pattern, layout, actors, sign, line, entry)


def place_actors(
    rng: Random, kinds: Sequence[tuple[str, str, str]], layout: str, sign: Sign | None
) -> tuple[Actor, ...]:
    """Gives each (colour, shape, size) a zone of its own, so that actors never overlap, and a motion that fits it."""
    top = SIGN_STRIP_PIXELS if sign is not None and sign.at_top else 0
    height = HEIGHT - (SIGN_STRIP_PIXELS if sign is not None else 0)
    columns, rows = {"alone": (1, 1), "side": (2, 1), "stacked": (1, 2)}[layout]
    zone_width, zone_height = WIDTH / columns, height / rows
    actors: list[Actor] = []
    for index, (colour, shape, size) in enumerate(kinds):
        low, high = RADIUS_PIXELS["large" if size == "changing" else size]
        radius = rng.uniform(low, high)
        reach = _reach(layout, zone_width / 2 - radius - MARGIN_PIXELS, zone_height / 2 - radius - MARGIN_PIXELS)
        column, row = (index, 0) if layout == "side" else (0, index)
        middle = (column + 0.5) * zone_width, top + (row + 0.5) * zone_height
        motion = _random_motion(rng, size, reach)
        free = _free_room(motion, reach, layout)
        centre = middle[0] + rng.uniform(-free[0], free[0]), middle[1] + rng.uniform(-free[1], free[1])
        actors.append(Actor(colour, shape, size, motion, radius, centre, reach, rng.random()))
    return tuple(actors)


def _reach(layout: str, x: float, y: float) -> tuple[float, float]:
    """Limits motion across the layout's axis, so that "left of" never looks like "above"."""
    return max(min(x, 48.0) if layout == "stacked" else x, 0.0), max(min(y, 48.0) if layout == "side" else y, 0.0)


def _free_room(motion: str, reach: tuple[float, float], layout: str) -> tuple[float, float]:
    """Returns how far the middle of the path may lie from the middle of the zone, by axis, in pixels."""
    x = 0.0 if motion in ("left", "right", "loop") else max(reach[0] - (9.0 if motion == "shake" else 0.0), 0.0)
    y = 0.0 if motion in ("up", "down", "bounce", "loop") else reach[1]
    return min(x, 25.0) if layout == "stacked" else x, min(y, 25.0) if layout == "side" else y


def _random_motion(rng: Random, size: str, reach: tuple[float, float]) -> str:
    if size == "changing":
        return rng.choice(["grow", "shrink"])
    wide, tall = reach[0] * 2 >= VISIBLE_TRAVEL_PIXELS, reach[1] * 2 >= VISIBLE_TRAVEL_PIXELS
    fits = {"left": wide, "right": wide, "up": tall, "down": tall, "bounce": tall, "loop": wide and tall}
    fits |= {"grow": False, "shrink": False}
    return rng.choice([motion for motion in MOTIONS if fits.get(motion, True)])


def _random_kinds(rng: Random, count: int, background: str) -> list[tuple[str, str, str]]:
    """Samples `count` different (colour, shape, size); none has the background's colour name."""
    kinds: list[tuple[str, str, str]] = []
    while len(kinds) < count:
        colour = rng.choice([name for name in ACTOR_COLOURS if name != background])
        size = "changing" if rng.random() < 0.18 else rng.choice(list(SIZES))
        kind = colour, rng.choice(list(SHAPES)), size
        if all(kind[:2] != other[:2] for other in kinds):
            kinds.append(kind)
    return kinds


def _random_sign(rng: Random, length: int) -> Sign:
    text = " ".join(rng.sample(SIGN_WORDS, 1 if rng.random() < 0.25 else 2))
    start, stop = 0, length
    if length >= 60 and rng.random() < 0.3:
        shown = rng.randint(35, length - 20)
        start, stop = (0, shown) if rng.random() < 0.5 else (length - shown, length)
    return Sign(text, rng.randrange(4), rng.random() < 0.5, start, stop)


def _random_line(rng: Random, length: int) -> SpokenLine:
    meaning = spoken.random_spoken_meaning(rng)
    shown = min(length, rng.randint(18, 45))
    start = rng.randint(0, length - shown)
    return SpokenLine(meaning, spoken.spoken_line_text(meaning, rng), start, start + shown)


def _video_lengths(minutes: float, video_minutes: float) -> list[int]:
    """Splits a world into videos of about equal length, in frames.

    A small world still gets two or three videos, unless a video is to be just as long as the world.
    """
    total = max(1, round(minutes * 60 * FRAMES_PER_SECOND))
    longest = max(1, round(video_minutes * 60 * FRAMES_PER_SECOND))
    few = min(3, total // (MINIMUM_VIDEO_SECONDS * FRAMES_PER_SECOND)) if total != longest else 1
    count = max(1, ceil(total / longest), few)
    return [total * (index + 1) // count - total * index // count for index in range(count)]


def _scene_length(rng: Random, left: int) -> int:
    """Samples a scene's length in frames so that the rest is never shorter than the shortest scene."""
    length = rng.randint(SHORTEST_FRAMES, LONGEST_FRAMES)
    if left < 2 * SHORTEST_FRAMES or (left <= LONGEST_FRAMES and length >= left - SHORTEST_FRAMES):
        return left
    return min(length, left - SHORTEST_FRAMES)
