"""Groups of near-identical scenes: each differs in one fact, or in which fact belongs to which actor. Pure.

A model must bind colour to shape to tell them apart.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from demo.training.scene_codes import scene_codes
from demo.world.scenes import Actor, Scene
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, PATTERNS, SHAPES, SIZES

GROUP = 4
"""Scenes of a group."""


def scene_variants(scene: Scene, rng: Random) -> list[Scene]:
    """Returns GROUP scenes: the one given and others near it, each with another description."""
    found = [scene]
    seen = {tuple(scene_codes(scene))}
    moves = list(CHANGES)
    while len(found) < GROUP:
        base = scene if rng.random() < 0.75 else found[-1]
        changed = CHANGES[rng.choice(moves)](base, rng)
        if tuple(scene_codes(changed)) not in seen and _distinct(changed):
            seen.add(tuple(scene_codes(changed)))
            found.append(changed)
    return found


def _distinct(scene: Scene) -> bool:
    kinds = [(actor.colour, actor.shape) for actor in scene.actors]
    return len(set(kinds)) == len(kinds) and all(actor.colour != scene.background for actor in scene.actors)


def _swap(scene: Scene, *fields: str) -> Scene:
    if len(scene.actors) < 2:
        return scene
    one, two = scene.actors
    taken = {field: getattr(two, field) for field in fields}
    given = {field: getattr(one, field) for field in fields}
    return replace(scene, actors=(replace(one, **taken), replace(two, **given)))


def _alter(scene: Scene, rng: Random, field: str, names: list[str]) -> Scene:
    index = rng.randrange(len(scene.actors))
    actors = list(scene.actors)
    actors[index] = replace(actors[index], **{field: rng.choice(names)})  # pyright: ignore[reportArgumentType]
    return replace(scene, actors=tuple(actors))


def _resize(scene: Scene, rng: Random) -> Scene:
    """Makes a small actor large or the reverse, at the same place as far as it fits."""
    index = rng.randrange(len(scene.actors))
    actors = list(scene.actors)
    actor: Actor = actors[index]
    if actor.size in SIZES:
        ratio = 44.5 / 28.5
        size, radius = ("large", actor.radius * ratio) if actor.size == "small" else ("small", actor.radius / ratio)
        actors[index] = replace(actor, size=size, radius=radius)
    return replace(scene, actors=tuple(actors))


CHANGES: dict[str, Callable[[Scene, Random], Scene]] = {
    "swap colours": lambda scene, rng: _swap(scene, "colour"),
    "swap shapes": lambda scene, rng: _swap(scene, "shape"),
    "swap places": lambda scene, rng: _swap(scene, "colour", "shape"),
    "colour": lambda scene, rng: _alter(scene, rng, "colour", list(ACTOR_COLOURS)),
    "shape": lambda scene, rng: _alter(scene, rng, "shape", list(SHAPES)),
    "size": _resize,
    "background": lambda scene, rng: replace(scene, background=rng.choice(list(BACKGROUND_COLOURS))),
    "pattern": lambda scene, rng: replace(scene, pattern=rng.choice(list(PATTERNS))),
}
