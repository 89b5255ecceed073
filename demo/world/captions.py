"""The caption of a scene, one sentence with all its facts, and its parser for evaluation. Pure."""

import re
from dataclasses import dataclass

from demo.world.scenes import Actor, Scene
from demo.world.vocabulary import MOTIONS, PATTERNS, SHAPES, SIZES

RELATIONS = {"side": "left of", "stacked": "above"}


@dataclass(frozen=True, slots=True)
class CaptionActor:
    """Facts of one actor in a caption; `size` is None for one that grows or shrinks."""

    size: str | None
    colour: str
    shape: str
    motion: str


@dataclass(frozen=True, slots=True)
class CaptionFacts:
    """Facts of a caption."""

    actors: tuple[CaptionActor, ...]
    """The left or upper one first."""
    layout: str
    pattern: str
    background: str


def caption_of(scene: Scene) -> str:
    """Describes all of a scene: "a red ring moving up, left of a black star growing, on a plain pink background"."""
    phrases = [f"{say_thing(actor, size=True)} {MOTIONS[actor.motion][0]}" for actor in scene.actors]
    words = f", {RELATIONS[scene.layout]} ".join(phrases) if len(phrases) > 1 else f"only {phrases[0]}"
    return f"{words}, on a {scene.pattern} {scene.background} background"


def say_thing(actor: Actor, *, size: bool = False) -> str:
    """Names an actor with its article, as in "an orange cross"."""
    words = f"{actor.size} {actor.colour}" if size and actor.size in SIZES else actor.colour
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words} {actor.shape}"


def facts_of(scene: Scene) -> CaptionFacts:
    """Returns the facts of a scene's caption."""
    actors = tuple(
        CaptionActor(actor.size if actor.size in SIZES else None, actor.colour, actor.shape, actor.motion)
        for actor in scene.actors
    )
    return CaptionFacts(actors, scene.layout, scene.pattern, scene.background)


_PARTICIPLES = {phrases[0]: motion for motion, phrases in MOTIONS.items()}
_ACTOR = re.compile(
    rf"(?:an?) (?:({'|'.join(SIZES)}) )?(\w+) ({'|'.join(SHAPES)}) ({'|'.join(map(re.escape, _PARTICIPLES))})"
)
_CAPTION = re.compile(rf"(only )?(.+), on a ({'|'.join(PATTERNS)}) (\w+) background")


def parse_caption(text: str) -> CaptionFacts | None:
    """Parses a caption; None for a text of another form."""
    whole = _CAPTION.fullmatch(text.strip())
    if whole is None:
        return None
    only, words, pattern, background = whole.groups()
    layout = next((layout for layout, relation in RELATIONS.items() if f", {relation} a" in words), "alone")
    parts = [words] if layout == "alone" else words.split(f", {RELATIONS[layout]} ")
    read = [_ACTOR.fullmatch(part) for part in parts]
    if (layout == "alone") != bool(only) or len(parts) > 2:
        return None
    actors: list[CaptionActor] = []
    for match in read:
        if match is None:
            return None
        size, colour, shape, motion = match.groups()
        actors.append(CaptionActor(size, colour, shape, _PARTICIPLES[motion]))
    return CaptionFacts(tuple(actors), layout, pattern, background)
