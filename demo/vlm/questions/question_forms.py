"""The form of a training question and its reply, and which clips answer it. Pure."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from demo.vlm.clips.clip_sampler import PlannedClip, ShownScene
from demo.world.captions import say_thing
from demo.world.descriptions import Description, picture_forms, say_without_opening, scene_fits_description
from demo.world.scenes import Scene

NOT_SHOWN = "This is not shown."


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """One question and the reply to be given."""

    question: str
    reply: str
    kind: str
    """"what", "when" or "absent"."""

    form: Description | None = None
    """What the question says of a scene, if it describes one as a whole."""
    of_text: bool = False
    """Whether the quoted texts decide which clip answers."""

    @property
    def topic(self) -> str:
        """The kind, and of a "what" the question's second word: "what colour", "what does"."""
        return f"what {self.question.split()[1]}" if self.kind == "what" else self.kind

    @property
    def clip(self) -> int:
        """The clip that the reply names first, 0 for none."""
        moments = json.loads(self.reply)["moments"]
        return moments[0]["clip"] if moments else 0


Moment = tuple[int, float, float, str]
"""Clip, start, stop, why."""
SampleQuestion = Callable[[Sequence[PlannedClip], Random], TrainingQuestion | None]


def reply_json(answer: str, moments: Sequence[Moment]) -> str:
    """Writes a reply in the product's JSON; without moments, nothing is found."""
    listed = [dict(zip(("clip", "start", "stop", "why"), moment, strict=True)) for moment in moments]
    return json.dumps({"answer": answer, "found": bool(moments), "moments": listed})


def when_question_words(thing: str, rng: Random) -> str:
    """Asks when a thing is seen, mostly in the plainest words."""
    if rng.random() < 0.75:
        return f"When can one see {thing}?"
    return rng.choice(
        (f"When is there {thing}?", f"Find {thing}.", f"When does one see {thing}?", f"Where is {thing}?")
    )


def moments_that_answer(clips: Sequence[PlannedClip], fit: Callable[[Scene], bool]) -> list[Moment]:
    """Lists the shown scenes that fit, as moments."""
    return [
        (number, shown.start, shown.stop, reason_in_answer(shown.scene))
        for number, clip in enumerate(clips, 1)
        for shown in clip.scenes
        if fit(shown.scene)
    ]


def reason_in_answer(scene: Scene) -> str:
    """Names what is seen, as in "a red circle and a blue star"."""
    return " and ".join(say_thing(actor) for actor in scene.actors)


def answer_in_clock_times(moments: Sequence[Moment]) -> str:
    """Formats moments, as in "From 22.8s to 25.1s."."""
    return "From " + " and from ".join(f"{start:.1f}s to {stop:.1f}s" for _, start, stop, _ in moments) + "."


def question_target(clips: Sequence[PlannedClip], rng: Random) -> tuple[PlannedClip, ShownScene]:
    clip = clips[0] if rng.random() < 0.5 else rng.choice(clips)
    return clip, rng.choice(clip.scenes)


def describe_for_question(
    clips: Sequence[PlannedClip], shown: ShownScene, rng: Random, *, background: bool = True
) -> tuple[Description, str, list[Moment]] | None:
    """Describes a scene in words that fit no other scene of the clips; None where that is not possible."""
    forms = [form for form in picture_forms(shown.scene) if background or form.background is None]
    for form in rng.sample(forms, min(4, len(forms))):
        moments = moments_that_answer(clips, lambda scene, form=form: scene_fits_description(form, scene))
        if len(moments) == 1:
            return form, say_without_opening(form, rng), moments
    return None
