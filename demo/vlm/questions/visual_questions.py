"""Questions about what the pictures of clips show, with their replies. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from demo.vlm.clips.clip_sampler import PlannedClip, ShownScene
from demo.vlm.questions.question_forms import (
    NOT_SHOWN,
    TrainingQuestion,
    answer_in_clock_times,
    describe_for_question,
    moments_that_answer,
    question_target,
    reply_json,
    when_question_words,
)
from demo.world.descriptions import (
    ActorFacts,
    Description,
    describe_scene,
    motion_forms,
    picture_forms,
    say_background,
    say_without_opening,
    scene_fits_description,
)
from demo.world.questions import beside_question
from demo.world.scenes import Actor, Scene
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, MOTIONS, PATTERNS, SHAPES, SIZES


def _tells_motion(clip: PlannedClip, shown: ShownScene) -> bool:
    """Whether a clip lets one know how things move: by several pairs of a scene, or by its caption."""
    return len(shown.pairs) > 1 or bool(clip.caption)


def when_seen(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion:
    """Asks when a scene is seen; every shown scene that fits is a moment."""
    clip, shown = question_target(clips, rng)
    moving = _tells_motion(clip, shown) and rng.random() < 0.4
    form = rng.choice(motion_forms(shown.scene) if moving else picture_forms(shown.scene))
    moments = moments_that_answer(clips, lambda scene: scene_fits_description(form, scene))
    return TrainingQuestion(
        when_question_words(say_without_opening(form, rng), rng),
        reply_json(answer_in_clock_times(moments), moments),
        "when",
        form,
    )


def absent_seen(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks for a scene that is nearly shown: one fact of it is another."""
    clip, shown = question_target(clips, rng)
    scene = shown.scene
    everyone = tuple(range(len(scene.actors)))
    if rng.random() < 0.5:
        form = describe_scene(scene, actors=everyone, background=True)
    else:
        form = rng.choice(picture_forms(scene) + (motion_forms(scene) if _tells_motion(clip, shown) else []))
    form = _altered(form, rng)
    if any(scene_fits_description(form, other.scene) for clip in clips for other in clip.scenes):
        return None
    return TrainingQuestion(
        when_question_words(say_without_opening(form, rng), rng), reply_json(NOT_SHOWN, []), "absent", form
    )


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


def what_background(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks for the background's colour."""
    _, shown = question_target(clips, rng)
    found = describe_for_question(clips, shown, rng, background=False)
    if found is None:
        return None
    form, name, moments = found
    question = f"What colour is the background behind {name}?"
    return TrainingQuestion(question, reply_json(shown.scene.background, moments), "what", form)


def what_actor(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks for the colour or the shape of one actor beside another that is named in full."""
    _, shown = question_target(clips, rng)
    scene = shown.scene
    if len(scene.actors) < 2:
        return None
    asked = rng.randrange(2)
    actor, other = scene.actors[asked], scene.actors[1 - asked]
    beside = _Beside(scene.layout, scene.background, asked, rng.choice(("colour", "shape")), actor, other)
    moments = moments_that_answer(clips, beside.fits)
    if len(moments) != 1:
        return None
    return TrainingQuestion(beside.question, reply_json(getattr(actor, beside.field), moments), "what")


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is asked of an actor beside another."""

    layout: str
    background: str | None
    asked: int
    """Which of the two actors is asked about, the left or upper one is 0."""
    field: str
    """"colour" or "shape"."""
    actor: Actor | ActorFacts
    other: Actor | ActorFacts

    @property
    def question(self) -> str:
        return beside_question(
            self.actor,
            self.other,
            layout=self.layout,
            index=self.asked,
            background=self.background,
            field=self.field,
        )

    def fits(self, scene: Scene) -> bool:
        """Whether a scene answers."""
        if (scene.layout, scene.background) != (self.layout, self.background):
            return False
        wanted, beside = scene.actors[self.asked], scene.actors[1 - self.asked]
        known = "shape" if self.field == "colour" else "colour"
        is_known = getattr(wanted, known) == getattr(self.actor, known)
        return is_known and (beside.colour, beside.shape) == (self.other.colour, self.other.shape)


def absent_beside(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks for the colour or the shape of an actor beside another where one fact is not as shown."""
    scene = question_target(clips, rng)[1].scene
    if len(scene.actors) < 2:
        return None
    near = _altered(describe_scene(scene, actors=(0, 1), relation=True, background=True), rng)
    asked = rng.randrange(2)
    actor, other = near.actors[asked], near.actors[1 - asked]
    beside = _Beside(scene.layout, near.background, asked, rng.choice(("colour", "shape")), actor, other)
    if moments_that_answer(clips, beside.fits):
        return None
    return TrainingQuestion(beside.question, reply_json(NOT_SHOWN, []), "absent")


def absent_trait(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks for the background or the motion of a scene that is nearly shown."""
    scene = question_target(clips, rng)[1].scene
    of_motion = rng.random() < 0.5
    forms = [form for form in picture_forms(scene) if of_motion or form.background is None]
    form = _altered(rng.choice(forms), rng)
    if any(scene_fits_description(form, other.scene) for clip in clips for other in clip.scenes):
        return None
    name, actor = say_without_opening(form, rng), rng.choice(form.actors)
    question = f"What is the {actor.colour} {actor.shape} doing in the scene with {name}?"
    if not of_motion:
        question = f"What colour is the background behind {name}?"
    return TrainingQuestion(question, reply_json(NOT_SHOWN, []), "absent", form)


def what_motion(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks what an actor does."""
    clip, shown = question_target(clips, rng)
    found = describe_for_question(clips, shown, rng) if _tells_motion(clip, shown) else None
    if found is None:
        return None
    form, name, moments = found
    actor = rng.choice(shown.scene.actors)
    question = f"What is the {actor.colour} {actor.shape} doing in the scene with {name}?"
    return TrainingQuestion(question, reply_json(MOTIONS[actor.motion][0], moments), "what", form)


def count_question(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks how many shapes are before a background."""
    _, shown = question_target(clips, rng)
    scene = shown.scene
    with_pattern = rng.random() < 0.5
    words = say_background(Description((), None, scene.background, scene.pattern if with_pattern else None), rng)

    def fit(one: Scene) -> bool:
        return one.background == scene.background and (one.pattern == scene.pattern or not with_pattern)

    moments = moments_that_answer(clips, fit)
    answer = ("one", "two")[len(scene.actors) - 1]
    asked = TrainingQuestion(f"How many shapes are there on the {words}?", reply_json(answer, moments), "what")
    return asked if len(moments) == 1 else None
