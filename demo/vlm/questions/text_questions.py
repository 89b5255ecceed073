"""Questions about the signs and spoken lines of clips, from their quoted text, with their replies. Pure."""

from collections.abc import Callable, Sequence
from random import Random

from demo.vlm.clips.clip_sampler import PlannedClip, sign_text
from demo.vlm.questions.question_forms import (
    NOT_SHOWN,
    Moment,
    TrainingQuestion,
    answer_in_clock_times,
    describe_for_question,
    question_target,
    reason_in_answer,
    reply_json,
)
from demo.world import spoken_lines as spoken
from demo.world.ground_truth import sign_phrases

WHO = ("person", "place", "deed", "thing")


def _clip_moment(clips: Sequence[PlannedClip], fit: Callable[[PlannedClip], bool]) -> list[Moment]:
    return [
        (number, clip.start, clip.stop, reason_in_answer(clip.scenes[0].scene))
        for number, clip in enumerate(clips, 1)
        if fit(clip)
    ]


def when_sign(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks when a sign is shown, by its text or one word."""
    clip, _ = question_target(clips, rng)
    if not clip.quoted.sign:
        return None
    words = rng.choice(sign_phrases(clip.quoted.sign))
    moments = _clip_moment(clips, lambda one: words in sign_phrases(one.quoted.sign))
    return TrainingQuestion(
        _sign_words(words, rng), reply_json(answer_in_clock_times(moments), moments), "when", of_text=True
    )


def _sign_words(words: str, rng: Random) -> str:
    if rng.random() < 0.25:
        return f"When is there a sign that says {rng.choice((words.lower(), words.title()))}?"
    return f"When is there a sign that says {words}?"


def absent_sign(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks for a sign that is not there; sometimes one of its two words is."""
    words = sign_text(rng)
    signs = [clip.quoted.sign for clip in clips if clip.quoted.sign]
    if signs and rng.random() < 0.4:
        words = f"{rng.choice(signs).split()[0]} {words.split()[0]}"
    if any(words in sign_phrases(sign) for sign in signs):
        return None
    return TrainingQuestion(_sign_words(words, rng), reply_json(NOT_SHOWN, []), "absent")


def what_sign(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks for the words of the sign in a scene."""
    clip, shown = question_target(clips, rng)
    found = describe_for_question(clips, shown, rng) if clip.quoted.sign and len(clip.scenes) == 1 else None
    if found is None:
        return None
    form, name, moments = found
    return TrainingQuestion(
        f"What does the sign say in the scene with {name}?", reply_json(clip.quoted.sign, moments), "what", form
    )


def _saying(clips: Sequence[PlannedClip], meaning: spoken.Meaning) -> list[Moment]:
    key = spoken.spoken_query_key(meaning, WHO)
    return _clip_moment(
        clips, lambda one: one.quoted.meaning is not None and spoken.spoken_query_key(one.quoted.meaning, WHO) == key
    )


def when_said(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks when something is said, in synonyms."""
    meaning = question_target(clips, rng)[0].quoted.meaning
    if meaning is None:
        return None
    moments = _saying(clips, meaning)
    question = f"When do they talk about {spoken.spoken_someone_doing(meaning, rng)}?"
    return TrainingQuestion(question, reply_json(answer_in_clock_times(moments), moments), "when", of_text=True)


def absent_said(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks for a line that nobody says; often one that shares two of its four facts with a line that is said."""
    meaning = spoken.random_spoken_meaning(rng)
    said = [clip.quoted.meaning for clip in clips if clip.quoted.meaning is not None]
    if said and rng.random() < 0.5:
        near = rng.choice(said)
        meaning = meaning._replace(**{field: getattr(near, field) for field in rng.sample(WHO, 2)})
    if any(sum(getattr(one, field) == getattr(meaning, field) for field in WHO) > 2 for one in said):
        return None
    question = f"When do they talk about {spoken.spoken_someone_doing(meaning, rng)}?"
    return TrainingQuestion(question, reply_json(NOT_SHOWN, []), "absent")


def what_said(clips: Sequence[PlannedClip], rng: Random) -> TrainingQuestion | None:
    """Asks for the number in a spoken line."""
    meaning = question_target(clips, rng)[0].quoted.meaning
    if meaning is None:
        return None
    return TrainingQuestion(
        spoken.spoken_how_many(meaning),
        reply_json(spoken.NUMBERS[meaning.number][0], _saying(clips, meaning)),
        "what",
        of_text=True,
    )
