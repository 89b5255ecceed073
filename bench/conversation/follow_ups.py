"""Follow-up questions about a drawn world, made from its truth, for `bench.conversation`. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from random import Random

from demo.world import spoken_lines as spoken
from demo.world.descriptions import describe_scene, motion_forms, picture_forms, say_without_opening
from demo.world.ground_truth import Window, WorldIndex, line_window, shuffled_truth, sign_window
from demo.world.questions import question_beside
from demo.world.scenes import Scene
from demo.world.vocabulary import MOTIONS


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Two questions in a row, and the second one as it stands alone."""

    kind: str
    first: str
    words: str
    """What is asked next."""
    alone: str
    """The same, understandable without the first question; empty where nothing says what is meant."""
    part: str = ""
    """"second" where `words` mean the second video that the person sees; "before" or "after" the moment found first; a
    file's name."""
    answer: str = ""
    """The true words of a "what"; empty for a "when"."""
    video: int | None = None
    """Of the truth; None where the truth depends on the first answer."""
    windows: tuple[Window, ...] = ()


Maker = Callable[[WorldIndex, Scene, Random], FollowUp | None]


def follow_ups(index: WorldIndex, *, seed: int, count: int) -> list[FollowUp]:
    """So many follow-ups, as many of each kind as there are; the same seed gives the same."""
    rng = Random(f"reelseek follow-ups {seed}")
    made = [_of_kind(maker, index, rng) for maker in MAKERS]
    in_turn = (one for row in zip_longest(*made) for one in row if one is not None)
    return [one for one, _ in zip(in_turn, range(count), strict=False)]


def _of_kind(maker: Maker, index: WorldIndex, rng: Random) -> Iterator[FollowUp]:
    return (made for scene in shuffled_truth(index.scenes, rng) if (made := maker(index, scene, rng)) is not None)


def _name(index: WorldIndex, scene: Scene, rng: Random, *, background: bool = True, alone: bool = False) -> str | None:
    """Words that fit no other scene."""
    if alone and len(scene.actors) > 1:
        return None
    for form in shuffled_truth(picture_forms(scene), rng):
        if (background or form.background is None) and index.matching(form) == [scene]:
            return say_without_opening(form, rng)
    return None


def _when_after_what(index: WorldIndex, scene: Scene, rng: Random) -> FollowUp | None:
    name = _name(index, scene, rng, background=False)
    if name is None:
        return None
    words = rng.choice(("when again?", "when was that?", "and when can one see it?"))
    first = f"What colour is the background behind {name}?"
    alone = f"When can one see {name}?"
    return FollowUp("when again", first, words, alone, video=scene.video, windows=(scene.window,))


def _when_said(index: WorldIndex, scene: Scene, rng: Random) -> FollowUp | None:
    if scene.line is None or index.with_line(scene.line.meaning, ("person", "place", "deed", "thing")) != [scene]:
        return None
    meaning = scene.line.meaning
    who, deed = spoken.PEOPLE[meaning.person][0], spoken.DEEDS[meaning.deed][0][1]
    about = f"the {who} from {spoken.PLACES[meaning.place]} {deed} {spoken.THINGS[meaning.thing][0]}"
    alone = f"When do they talk about {about}?"
    first, words = spoken.spoken_how_many(meaning), rng.choice(("when was that?", "and at what time?"))
    return FollowUp("when said", first, words, alone, video=scene.video, windows=(line_window(scene),))


def _background(index: WorldIndex, scene: Scene, rng: Random) -> FollowUp | None:
    name = _name(index, scene, rng, background=False)
    if name is None:
        return None
    words = rng.choice(("and what colour is the background?", "what colour is the background behind it?"))
    alone = f"What colour is the background behind {name}?"
    first = f"When can one see {name}?"
    return FollowUp("background", first, words, alone, "", scene.background, scene.video, (scene.window,))


def _colour(index: WorldIndex, scene: Scene, rng: Random) -> FollowUp | None:
    """Asks for the colour of a shape that is named by its place beside another one."""
    if len(scene.actors) < 2:
        return None
    asked = rng.randrange(2)
    form = describe_scene(scene, actors=(0, 1), relation=True, background=True)
    if index.matching(form) != [scene]:
        return None
    alone = question_beside(scene, asked, "colour")
    name = alone.removeprefix("What colour is ").rstrip("?")
    words = rng.choice(("and what colour is it?", "what colour is that?", "what colour?"))
    answer = scene.actors[asked].colour
    return FollowUp("colour", f"When can one see {name}?", words, alone, "", answer, scene.video, (scene.window,))


def _motion(index: WorldIndex, scene: Scene, rng: Random) -> FollowUp | None:
    name = _name(index, scene, rng, alone=True)
    actor = scene.actors[0]
    if name is None or not name.startswith(("a ", "an ")):
        return None
    thing = f"the {actor.colour} {actor.shape}"
    if f" {thing.removeprefix('the ')}" not in f" {name}":
        return None  # named by synonyms
    alone = f"What is {thing} doing in the scene with {name}?"
    first = f"When can one see {name}?"
    words = rng.choice(("and what is it doing?", "what is it doing there?"))
    return FollowUp("motion", first, words, alone, "", MOTIONS[actor.motion][0], scene.video, (scene.window,))


def _sign(index: WorldIndex, scene: Scene, rng: Random) -> FollowUp | None:
    name = _name(index, scene, rng) if scene.sign is not None else None
    if name is None or scene.sign is None:
        return None
    words = rng.choice(("and what does the sign say?", "what does the sign say there?"))
    alone, first = f"What does the sign say in the scene with {name}?", f"When can one see {name}?"
    return FollowUp("sign", first, words, alone, "", scene.sign.text, scene.video, (sign_window(scene),))


def _other_thing(index: WorldIndex, scene: Scene, rng: Random) -> FollowUp | None:
    name, other = _name(index, scene, rng), rng.choice(index.scenes)
    new = _name(index, other, rng)
    if name is None or new is None or other is scene or not new.startswith(("a ", "an ")):
        return None
    words = rng.choice((f"and {new}?", f"what about {new}?"))
    first, alone = f"When can one see {name}?", f"When can one see {new}?"
    return FollowUp("other thing", first, words, alone, video=other.video, windows=(other.window,))


def _second_video(index: WorldIndex, scene: Scene, rng: Random) -> FollowUp | None:
    for form in shuffled_truth(picture_forms(scene) + motion_forms(scene), rng):
        if len({one.video for one in index.matching(form)}) > 1:
            question = f"When can one see {say_without_opening(form, rng)}?"
            words = rng.choice(("only in the second video", "and in the second video?"))
            return FollowUp("second video", question, words, question, "second")
    return None


def _before_or_after(index: WorldIndex, scene: Scene, rng: Random) -> FollowUp | None:
    for form in shuffled_truth(picture_forms(scene), rng):
        found = index.matching(form)
        if len(found) > 1 and len({one.video for one in found}) == 1:
            question = f"When can one see {say_without_opening(form, rng)}?"
            part = rng.choice(("before", "after"))
            words = rng.choice((f"and {part}?", f"and {part} that?"))
            return FollowUp("before, after", question, words, question, part)
    return None


MAKERS: tuple[Maker, ...] = (
    _when_after_what,
    _when_said,
    _background,
    _colour,
    _motion,
    _sign,
    _other_thing,
    _second_video,
    _before_or_after,
)
