"""Queries about a world in the query language, with the windows that answer and those that must not. Pure.

Unlike in `ground_truth`, the answers may lie in several videos. `unwanted` are all scenes that hold what is excluded,
whether or not they hold what is wanted.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

from demo.world.descriptions import Description, describe_scene, picture_forms, say_description, scene_fits_description
from demo.world.ground_truth import Window, WorldIndex, say_sign, shuffled_truth, sign_phrases, sign_window
from demo.world.scenes import Scene
from demo.world.vocabulary import PATTERNS, SHAPES, colour_names

MOST_GAP_SECONDS = 300.0
"""Between two steps without `within`; equal to `search.query.plan.MOST_GAP_SECONDS`, which a test compares."""
WITHIN_SECONDS = (10, 20, 30, 60)
MOST_ANSWERS = 3
"""An order with more answers is dropped."""

Windows = dict[int, tuple[Window, ...]]
"""Video -> [start, stop) in seconds, in order of time."""


@dataclass(frozen=True, slots=True)
class GrammarQuery:
    """One query."""

    query: str
    kind: str
    """"exclusion", "order" or "order of three"."""
    windows: Windows
    unwanted: Windows
    without: str
    """The query without its exclusion, to measure what the exclusion costs; empty for others."""


@dataclass(frozen=True, slots=True)
class _Excludable:
    """Something that a scene may hold, with ways to exclude it."""

    is_in: Callable[[Scene], bool]
    bare: str
    """Follows a minus, without an article."""
    phrases: tuple[str, ...]
    """Follow the wanted words: `without a red circle`."""


def world_grammar_queries(index: WorldIndex, *, seed: int, each: int = 60) -> list[GrammarQuery]:
    """Samples up to `each` queries of each kind; the same seed gives the same queries."""
    rng = Random(f"reelseek demo asked {seed}")
    lines: dict[str, GrammarQuery] = {}
    for draw in (_exclusion, _order, _order_of_three):
        count = 0
        for _ in range(40 * each):
            line = draw(index, rng)
            if line is not None and line.query.lower() not in lines and count < each:
                lines[line.query.lower()] = line
                count += 1
    return list(lines.values())


def _exclusion(index: WorldIndex, rng: Random) -> GrammarQuery | None:
    """Samples an exclusion. Wanted scenes with and without the thing must exist, or it would change nothing."""
    scene = rng.choice(index.scenes)
    wanted = describe_scene(scene, actors=(rng.randrange(len(scene.actors)),))
    thing = _excludable(rng.choice(index.scenes), rng)
    found = index.matching(wanted)
    left = [one for one in found if not thing.is_in(one)]
    if not left or len(left) == len(found) or any(_names(wanted, one) for one in thing.bare.split()):
        return None
    words = say_description(wanted, rng)
    minus = f'-"{thing.bare}"' if " " in thing.bare else f"-{thing.bare}"
    query = f"{words} {rng.choice([minus, rng.choice(thing.phrases)])}"
    unwanted = [one for one in index.scenes if thing.is_in(one)]
    return GrammarQuery(query, "exclusion", _windows(left), _windows(unwanted), words)


def _names(wanted: Description, word: str) -> bool:
    """Whether a word also names the wanted thing."""
    return any(word in SHAPES[actor.shape] for actor in wanted.actors)


def _excludable(scene: Scene, rng: Random) -> _Excludable:
    actor = rng.choice(scene.actors)
    shape, colour = rng.choice(SHAPES[actor.shape]), rng.choice(colour_names(actor.colour))
    pattern, background = rng.choice(PATTERNS[scene.pattern]), rng.choice(colour_names(scene.background))
    own_pattern, own_background, own_shape, own_colour = scene.pattern, scene.background, actor.shape, actor.colour
    article = "an" if colour[0] in "aeiou" else "a"
    return rng.choice(
        [
            _Excludable(
                lambda one: any((a.shape, a.colour) == (own_shape, own_colour) for a in one.actors),
                f"{colour} {shape}",
                (f"without {article} {colour} {shape}", f"but not with {article} {colour} {shape}"),
            ),
            _Excludable(
                lambda one: any(a.shape == own_shape for a in one.actors),
                shape,
                (f"without a {shape}", f"without any {shape}"),
            ),
            _Excludable(
                lambda one: one.pattern == own_pattern,
                pattern,
                (f"not on a {pattern} background", f"without a {pattern} background"),
            ),
            _Excludable(
                lambda one: one.background == own_background,
                f"{background} background",
                (f"not on a {background} background", f"not in front of a {background} background"),
            ),
        ]
    )


def _order(index: WorldIndex, rng: Random) -> GrammarQuery | None:
    return _order_of(index, rng, steps=2)


def _order_of_three(index: WorldIndex, rng: Random) -> GrammarQuery | None:
    return _order_of(index, rng, steps=3)


def _order_of(index: WorldIndex, rng: Random, *, steps: int) -> GrammarQuery | None:
    first = rng.randrange(len(index.scenes) - steps)
    places = [first]
    for _ in range(steps - 1):
        places.append(places[-1] + rng.choice([1, 1, 1, 2, 3]))
    if places[-1] >= len(index.scenes) or len({index.scenes[place].video for place in places}) != 1:
        return None
    within = rng.choice([None, *WITHIN_SECONDS])
    read = [_step(index, index.scenes[place], rng) for place in places]
    answers = _answers([spans for _, spans in read], MOST_GAP_SECONDS if within is None else float(within))
    if not 0 < len(answers) <= MOST_ANSWERS or len({words for words, _ in read}) < steps:
        return None
    between = rng.choice([" then ", " then ", ", then ", " >> "])
    query = between.join(words for words, _ in read) + ("" if within is None else f" within {within}s")
    windows: dict[int, list[Window]] = defaultdict(list)
    for video, window in answers:
        windows[video].append(window)
    kind = "order" if steps == 2 else "order of three"
    return GrammarQuery(query, kind, {video: tuple(own) for video, own in windows.items()}, {}, "")


Spans = list[tuple[int, Window]]


def _step(index: WorldIndex, scene: Scene, rng: Random) -> tuple[str, Spans]:
    """Describes a scene by its picture or its sign; returns the words and the windows that they fit."""
    if scene.sign is not None and rng.random() < 0.5:
        words = rng.choice(sign_phrases(scene.sign.text))
        return say_sign(words, rng), [(one.video, sign_window(one)) for one in index.with_sign(words)]
    form = shuffled_truth(picture_forms(scene), rng)[0]
    return say_description(form, rng), [
        (one.video, one.window) for one in index.scenes if scene_fits_description(form, one)
    ]


def _answers(steps: Sequence[Spans], most: float) -> Spans:
    """Joins one window of each step, in order of time and at most `most` seconds apart."""
    found = [(video, window, window) for video, window in steps[0]]
    for spans in steps[1:]:
        found = [
            (video, (whole[0], window[1]), window)
            for video, whole, last in found
            for other, window in spans
            if video == other and 0 <= window[0] - last[1] <= most
        ]
    return [(video, whole) for video, whole, _ in found]


def _windows(scenes: Iterable[Scene]) -> Windows:
    found: dict[int, list[Window]] = defaultdict(list)
    for scene in scenes:
        found[scene.video].append(scene.window)
    return {video: tuple(own) for video, own in found.items()}
