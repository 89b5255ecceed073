"""Questions about a world with their answers: "what", "when", and about things that never happen. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from demo.world import spoken_lines as spoken
from demo.world.descriptions import ActorFacts, describe_scene, motion_forms, picture_forms, say_without_opening
from demo.world.ground_truth import (
    Window,
    WorldIndex,
    line_window,
    shuffled_truth,
    sign_phrases,
    sign_window,
    truth_in_one_video,
)
from demo.world.scenes import Actor, Scene
from demo.world.sign_words import SIGN_WORDS
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, MOTIONS, SHAPES

SIDES = {
    ("side", 0): "to the left of",
    ("side", 1): "to the right of",
    ("stacked", 0): "above",
    ("stacked", 1): "below",
}
"""(layout, index of the actor) -> where it is, as seen from the other."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. For "absent", `video` is None and `windows` are empty."""

    question: str
    kind: str
    """"what", "when" or "absent"."""
    answer: str
    video: int | None
    windows: tuple[Window, ...]


def world_questions(index: WorldIndex, *, seed: int) -> list[Question]:
    """Chooses the questions of a world; the same seed gives the same questions."""
    rng = Random(f"reelseek demo questions {seed}")
    questions: list[Question] = []
    for scene in index.scenes:
        if rng.random() < 0.35:
            questions += _first(WHAT, index, scene, rng)
        if rng.random() < 0.2:
            questions += _first(WHEN, index, scene, rng)
        if rng.random() < 0.1:
            questions += _first(ABSENT, index, scene, rng)
    return list({question.question: question for question in questions}.values())


Maker = Callable[[WorldIndex, Scene, Random], list[Question]]


def _first(makers: list[Maker], index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    for make in shuffled_truth(makers, rng):
        made = make(index, scene, rng)
        if made:
            return made
    return []


def _named_uniquely(index: WorldIndex, scene: Scene, rng: Random, *, with_background: bool = True) -> str | None:
    """Describes a scene in words that fit no other scene of the world, or returns None."""
    for form in shuffled_truth(picture_forms(scene), rng):
        if (with_background or form.background is None) and len(index.matching(form)) == 1:
            return say_without_opening(form, rng)
    return None


def _what_background(index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    name = _named_uniquely(index, scene, rng, with_background=False)
    if name is None:
        return []
    return [
        Question(
            f"What colour is the background behind {name}?", "what", scene.background, scene.video, (scene.window,)
        )
    ]


def _what_actor(index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    """Asks for the colour or the shape of one actor beside another that is fully described."""
    if len(scene.actors) < 2:
        return []
    form = describe_scene(scene, actors=(0, 1), relation=True, background=True)
    asked = rng.randrange(2)
    field, names = ("colour", list(ACTOR_COLOURS)) if rng.random() < 0.5 else ("shape", list(SHAPES))
    answers: set[str] = set()
    for name in names:
        actors = list(form.actors)
        actors[asked] = replace(actors[asked], **{field: name})  # pyright: ignore[reportArgumentType]
        if len(found := index.matching(replace(form, actors=tuple(actors)))) > 0:
            answers |= {name} if found == [scene] else {name, ""}
    if len(answers) != 1:
        return []
    return [Question(question_beside(scene, asked, field), "what", answers.pop(), scene.video, (scene.window,))]


def beside_question(
    actor: Actor | ActorFacts, other: Actor | ActorFacts, *, layout: str, index: int, background: str | None, field: str
) -> str:
    """Asks for the colour or the shape of one of two actors, the other being fully described.

    Args:
        index: which of the two `actor` is; the left or upper one is 0.
        field: "colour" or "shape".
    """
    place = f"{SIDES[layout, index]} the {other.colour} {other.shape} on the {background} background"
    words = f"What colour is the {actor.shape}" if field == "colour" else f"What shape is the {actor.colour} thing"
    return f"{words} {place}?"


def question_beside(scene: Scene, index: int, field: str) -> str:
    """Asks for the colour or the shape of an actor of a scene with two."""
    actor, other = scene.actors[index], scene.actors[1 - index]
    return beside_question(actor, other, layout=scene.layout, index=index, background=scene.background, field=field)


def _what_motion(index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    actor = rng.choice(scene.actors)
    name = _named_uniquely(index, scene, rng)
    if name is None:
        return []
    question = f"What is the {actor.colour} {actor.shape} doing in the scene with {name}?"
    return [Question(question, "what", MOTIONS[actor.motion][0], scene.video, (scene.window,))]


def _what_sign(index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    name = _named_uniquely(index, scene, rng) if scene.sign is not None else None
    if name is None or scene.sign is None:
        return []
    return [
        Question(
            f"What does the sign say in the scene with {name}?",
            "what",
            scene.sign.text,
            scene.video,
            (sign_window(scene),),
        )
    ]


def _what_said(index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    fields = ("person", "place", "deed", "thing")
    if scene.line is None or len(index.with_line(scene.line.meaning, fields)) != 1:
        return []
    meaning = scene.line.meaning
    return [
        Question(
            spoken.spoken_how_many(meaning),
            "what",
            spoken.NUMBERS[meaning.number][0],
            scene.video,
            (line_window(scene),),
        )
    ]


def _when_seen(index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    for form in shuffled_truth(picture_forms(scene) + motion_forms(scene), rng):
        if found := _in_one_video(index.matching(form)):
            windows = tuple(one.window for one in found)
            return [
                Question(
                    f"When can one see {say_without_opening(form, rng)}?", "when", _clock(windows), scene.video, windows
                )
            ]
    return []


def _when_sign(index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    if scene.sign is None:
        return []
    for words in shuffled_truth(sign_phrases(scene.sign.text), rng):
        if found := _in_one_video(index.with_sign(words)):
            windows = tuple(sign_window(one) for one in found)
            return [Question(f"When is there a sign that says {words}?", "when", _clock(windows), scene.video, windows)]
    return []


def _when_said(index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    if scene.line is None:
        return []
    fields = ("person", "place", "deed", "thing")
    found = _in_one_video(index.with_line(scene.line.meaning, fields))
    windows = tuple(line_window(one) for one in found)
    about = spoken.spoken_someone_doing(scene.line.meaning, rng)
    return (
        [Question(f"When do they talk about {about}?", "when", _clock(windows), scene.video, windows)] if found else []
    )


def _absent_seen(index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    """Asks for a scene of the world before a background with which it is never shown."""
    form = describe_scene(scene, actors=tuple(range(len(scene.actors))), background=True)
    colours = [name for name in BACKGROUND_COLOURS if all(name != actor.colour for actor in scene.actors)]
    for name in shuffled_truth(colours, rng):
        other = replace(form, background=name)
        if not index.matching(other):
            return [Question(f"When can one see {say_without_opening(other, rng)}?", "absent", "not found", None, ())]
    return []


def _absent_sign(index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    words = " ".join(rng.sample(SIGN_WORDS, 2))
    if any(index.with_sign(word) for word in words.split()):
        return []
    return [Question(f"When is there a sign that says {words}?", "absent", "not found", None, ())]


def _absent_said(index: WorldIndex, scene: Scene, rng: Random) -> list[Question]:
    meaning = spoken.random_spoken_meaning(rng)
    if any(index.with_line(meaning, fields) for fields in spoken.FIELDS[:4]):
        return []
    return [
        Question(
            f"When do they talk about {spoken.spoken_someone_doing(meaning, rng)}?", "absent", "not found", None, ()
        )
    ]


def _in_one_video(scenes: list[Scene]) -> list[Scene]:
    return scenes if truth_in_one_video(scenes) else []


def _clock(windows: tuple[Window, ...]) -> str:
    """Formats windows, as in "0:05 to 0:11 and 2:00 to 2:04"; whole seconds, the start rounded down, the stop up."""
    spans = [(int(start), int(-(-stop // 1))) for start, stop in windows]
    return " and ".join(f"{a // 60}:{a % 60:02d} to {b // 60}:{b % 60:02d}" for a, b in spans)


WHAT: list[Maker] = [_what_background, _what_actor, _what_motion, _what_sign, _what_said]
WHEN: list[Maker] = [_when_seen, _when_sign, _when_said]
ABSENT: list[Maker] = [_absent_seen, _absent_sign, _absent_said]
