"""Sampling of questions about clips with their replies, in the wording of `demo.world.questions`."""

from collections.abc import Sequence
from random import Random

from demo.vlm.clips.clip_sampler import PlannedClip
from demo.vlm.questions.question_forms import SampleQuestion, TrainingQuestion
from demo.vlm.questions.text_questions import absent_said, absent_sign, what_said, what_sign, when_said, when_sign
from demo.vlm.questions.visual_questions import (
    absent_beside,
    absent_seen,
    absent_trait,
    count_question,
    what_actor,
    what_background,
    what_motion,
    when_seen,
)

ABSENT_SHARE = 0.2
"""Of questions that no clip answers; retrieval rejects most of them before the model is asked."""
SAMPLERS: dict[tuple[str, bool], tuple[SampleQuestion, ...]] = {
    ("seen", False): (when_seen, what_background, *2 * (what_actor,), *4 * (what_motion,), count_question),
    ("seen", True): (absent_seen, absent_seen, absent_beside, absent_trait),
    ("text", False): (when_sign, when_said, what_said, *5 * (what_sign,)),
    ("text", True): (absent_sign, absent_said),
}
"""(topic, whether nothing answers) -> samplers; one that is listed more often is drawn more often."""


def sample_question(clips: Sequence[PlannedClip], rng: Random, *, about: str, absent: bool) -> TrainingQuestion | None:
    """Draws a question, mostly about the first of the clips; None if the drawn kind does not fit them.

    Args:
        about: "seen" or "text".
        absent: whether nothing in the clips answers it.
    """
    return rng.choice(SAMPLERS[about, absent])(clips, rng)


def sample_questions(clips: Sequence[PlannedClip], rng: Random, *, about: str, count: int) -> list[TrainingQuestion]:
    """Draws different questions, some without an answer; fewer than `count` if the clips allow no more."""
    asked: dict[str, TrainingQuestion] = {}
    for _ in range(count):
        absent = rng.random() < ABSENT_SHARE
        for _ in range(12):
            one = sample_question(clips, rng, about=about, absent=absent)
            if one is not None and one.question not in asked:
                asked[one.question] = one
                break
    return list(asked.values())
