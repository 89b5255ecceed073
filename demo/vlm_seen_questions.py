"""Questions about what the pictures of clips show, with their replies. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from demo.grammar import Description, describe, fits, motion_forms, picture_forms, say_background
from demo.scenes import Scene
from demo.vlm_asking import (
    NOT_SHOWN,
    Asked,
    bare,
    clock,
    found_in,
    named_uniquely,
    reply_json,
    target,
    when_words,
)
from demo.vlm_clips import PlannedClip
from demo.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, MOTIONS, PATTERNS, SHAPES, SIZES

SIDES = {
    ("side", 0): "to the left of",
    ("side", 1): "to the right of",
    ("stacked", 0): "above",
    ("stacked", 1): "below",
}


def when_seen(clips: Sequence[PlannedClip], rng: Random) -> Asked:
    """Asks when a scene is seen; every shown scene that fits is a moment."""
    _, shown = target(clips, rng)
    moving = len(shown.pairs) > 1 and rng.random() < 0.4
    form = rng.choice(motion_forms(shown.scene) if moving else picture_forms(shown.scene))
    moments = found_in(clips, lambda scene: fits(form, scene))
    return Asked(when_words(bare(form, rng), rng), reply_json(clock(moments), moments), "when", form)


def absent_seen(clips: Sequence[PlannedClip], rng: Random) -> Asked | None:
    """Asks for a scene that is nearly shown: one fact of it is another."""
    _, shown = target(clips, rng)
    scene = shown.scene
    everyone = tuple(range(len(scene.actors)))
    if rng.random() < 0.5:
        form = describe(scene, actors=everyone, background=True)
    else:
        form = rng.choice(picture_forms(scene) + (motion_forms(scene) if len(shown.pairs) > 1 else []))
    form = _altered(form, rng)
    if any(fits(form, other.scene) for clip in clips for other in clip.scenes):
        return None
    return Asked(when_words(bare(form, rng), rng), reply_json(NOT_SHOWN, []), "absent", form)


def _altered(form: Description, rng: Random) -> Description:
    index = rng.randrange(len(form.actors))
    actors = list(form.actors)
    ways = (
        ["colour", "shape"]
        + ["background"] * 4 * (form.background is not None)
        + ["pattern"] * (form.pattern is not None)
    )
    ways += ["motion"] * 3 * (actors[index].motion is not None) + ["size"] * (actors[index].size is not None)
    ways += ["swap"] * (len(actors) == 2)
    match rng.choice(ways):
        case "background":
            return replace(form, background=rng.choice(list(BACKGROUND_COLOURS)))
        case "pattern":
            return replace(form, pattern=rng.choice(list(PATTERNS)))
        case "swap" if form.relation is not None:
            return replace(form, actors=(actors[1], actors[0]))
        case "swap":
            one, two = actors
            actors = [replace(one, colour=two.colour), replace(two, colour=one.colour)]
        case way:
            names = {"colour": ACTOR_COLOURS, "shape": SHAPES, "motion": MOTIONS, "size": SIZES}[way]
            actors[index] = replace(actors[index], **{way: rng.choice(list(names))})  # pyright: ignore[reportArgumentType]
    return replace(form, actors=tuple(actors))


def what_background(clips: Sequence[PlannedClip], rng: Random) -> Asked | None:
    """Asks for the background's colour."""
    _, shown = target(clips, rng)
    found = named_uniquely(clips, shown, rng, background=False)
    if found is None:
        return None
    form, name, moments = found
    question = f"What colour is the background behind {name}?"
    return Asked(question, reply_json(shown.scene.background, moments), "what", form)


def what_actor(clips: Sequence[PlannedClip], rng: Random) -> Asked | None:
    """Asks for the colour or the shape of one actor beside another that is named in full."""
    _, shown = target(clips, rng)
    scene = shown.scene
    if len(scene.actors) < 2:
        return None
    asked = rng.randrange(2)
    actor, other = scene.actors[asked], scene.actors[1 - asked]
    field = rng.choice(("colour", "shape"))

    def fit(one: Scene) -> bool:
        if (one.layout, one.background) != (scene.layout, scene.background):
            return False
        wanted, beside = one.actors[asked], one.actors[1 - asked]
        known = wanted.shape == actor.shape if field == "colour" else wanted.colour == actor.colour
        return known and (beside.colour, beside.shape) == (other.colour, other.shape)

    moments = found_in(clips, fit)
    if len(moments) != 1:
        return None
    place = f"{SIDES[scene.layout, asked]} the {other.colour} {other.shape} on the {scene.background} background"
    words = f"What colour is the {actor.shape}" if field == "colour" else f"What shape is the {actor.colour} thing"
    return Asked(f"{words} {place}?", reply_json(getattr(actor, field), moments), "what")


def what_motion(clips: Sequence[PlannedClip], rng: Random) -> Asked | None:
    """Asks what an actor does."""
    _, shown = target(clips, rng)
    found = named_uniquely(clips, shown, rng) if len(shown.pairs) > 1 else None
    if found is None:
        return None
    form, name, moments = found
    actor = rng.choice(shown.scene.actors)
    question = f"What is the {actor.colour} {actor.shape} doing in the scene with {name}?"
    return Asked(question, reply_json(MOTIONS[actor.motion][0], moments), "what", form)


def count(clips: Sequence[PlannedClip], rng: Random) -> Asked | None:
    """Asks how many shapes are before a background."""
    _, shown = target(clips, rng)
    scene = shown.scene
    with_pattern = rng.random() < 0.5
    words = say_background(Description((), None, scene.background, scene.pattern if with_pattern else None), rng)

    def fit(one: Scene) -> bool:
        return one.background == scene.background and (one.pattern == scene.pattern or not with_pattern)

    moments = found_in(clips, fit)
    answer = ("one", "two")[len(scene.actors) - 1]
    asked = Asked(f"How many shapes are there on the {words}?", reply_json(answer, moments), "what")
    return asked if len(moments) == 1 else None
