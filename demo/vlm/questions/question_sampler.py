"""Questions about clips with their replies, in the words of `demo.world.questions`, to train and judge the Qwen2-VL."""

from collections.abc import Sequence
from random import Random

from demo.vlm.clips.clip_sampler import PlannedClip
from demo.vlm.questions.question_forms import Asked, Maker
from demo.vlm.questions.text_questions import absent_said, absent_sign, what_said, what_sign, when_said, when_sign
from demo.vlm.questions.visual_questions import (
    absent_beside,
    absent_seen,
    absent_trait,
    count,
    what_actor,
    what_background,
    what_motion,
    when_seen,
)

ABSENT_SHARE = 0.2
"""Retrieval refuses most of what is absent before the model is asked."""
MAKERS: dict[tuple[str, bool], tuple[Maker, ...]] = {
    ("seen", False): (when_seen, what_background, *2 * (what_actor,), *4 * (what_motion,), count),
    ("seen", True): (absent_seen, absent_seen, absent_beside, absent_trait),
    ("text", False): (when_sign, when_said, what_said, *5 * (what_sign,)),
    ("text", True): (absent_sign, absent_said),
}
"""By what a question is about and whether it is absent; often listed makers are drawn more often."""


def ask(clips: Sequence[PlannedClip], rng: Random, *, about: str, absent: bool) -> Asked | None:
    """Draws a question about clips, the first of which it is mostly about; None where the draw does not fit them.

    Args:
        about: "seen" or "text".
        absent: whether nothing in the clips answers it.
    """
    return rng.choice(MAKERS[about, absent])(clips, rng)


def ask_several(clips: Sequence[PlannedClip], rng: Random, *, about: str, count: int) -> list[Asked]:
    """Draws different questions, some absent; fewer than `count` where the clips allow no more."""
    asked: dict[str, Asked] = {}
    for _ in range(count):
        absent = rng.random() < ABSENT_SHARE
        for _ in range(12):
            one = ask(clips, rng, about=about, absent=absent)
            if one is not None and one.question not in asked:
                asked[one.question] = one
                break
    return list(asked.values())
