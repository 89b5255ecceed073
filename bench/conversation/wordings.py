"""Follow-up questions worded as people write them, about a drawn world, for `bench.conversation --worded`. Pure.

Some can be understood by nobody; such a one is right where it is refused.
"""

from collections.abc import Iterator
from itertools import pairwise
from random import Random

from bench.conversation.follow_ups import FollowUp
from demo.world.descriptions import picture_forms, say_without_opening
from demo.world.ground_truth import WorldIndex, shuffled_truth
from demo.world.scenes import Scene

IN_FILE = (
    "same question for {file}",
    "{file}?",
    "what about {file}?",
    "try that in {file} please",
    "is it in {file} too?",
)
IN_SECOND = ("And for the second video?", "the second video?")
IN_TIME = (("and before that?", "before"), ("ok, and a bit later?", "after"))
HOW_OFTEN = ("how many times in total?", "how often does that happen?")
WHEN = ("which video is that in?", "where exactly?")
OTHER = ("no, I meant {other}", "sorry, {other}", "how about {other} instead?")
REFUSED = ("what about the other one?", "anything else?", "the first one?", "and why?")


def worded_follow_ups(index: WorldIndex, *, seed: int) -> list[FollowUp]:
    """One of each wording; the same seed gives the same."""
    rng = Random(f"reelseek worded follow-ups {seed}")
    named = [(scene, name) for scene in shuffled_truth(index.scenes, rng) if (name := _name(index, scene, rng))]
    return list(_made(pairwise(named), seed))


def _made(pairs: Iterator[tuple[tuple[Scene, str], tuple[Scene, str]]], seed: int) -> Iterator[FollowUp]:
    for words in IN_FILE:
        (scene, name), _ = next(pairs)
        file, first = f"world-{seed}-{scene.video:03d}.mp4", f"When can one see {name}?"
        yield FollowUp("in a file", first, words.format(file=file), first, file, "", scene.video, (scene.window,))
    for words in IN_SECOND:
        _, (_, name) = next(pairs)
        first = f"When can one see {name}?"
        yield FollowUp("in the second video", first, words, first, "second")
    for words, side in IN_TIME:
        (_, name), _ = next(pairs)
        first = f"When can one see {name}?"
        yield FollowUp("before, after", first, words, first, side)
    for words in HOW_OFTEN:
        (_, name), _ = next(pairs)
        yield FollowUp("how often", f"When can one see {name}?", words, f"How often can one see {name}?")
    for words in WHEN:
        (scene, name), _ = next(pairs)
        first, alone = f"What colour is the background behind {name}?", f"When can one see {name}?"
        yield FollowUp("when, where", first, words, alone, "", "", scene.video, (scene.window,))
    for words in OTHER:
        (_, name), (scene, other) = next(pairs)
        first, alone = f"When can one see {name}?", f"When can one see {other}?"
        yield FollowUp("other thing", first, words.format(other=other), alone, "", "", scene.video, (scene.window,))
    for words in REFUSED:
        (_, name), _ = next(pairs)
        yield FollowUp("to be refused", f"When can one see {name}?", words, "")


def _name(index: WorldIndex, scene: Scene, rng: Random) -> str:
    """Words with an article that fit no other scene, without its background; empty where there are none."""
    for form in shuffled_truth(picture_forms(scene), rng):
        if form.background is None and index.matching(form) == [scene]:
            name = say_without_opening(form, rng)
            if name.startswith(("a ", "an ")):
                return name
    return ""
