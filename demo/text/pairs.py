"""Pairs of a query and the text that answers it, to train the tiny text models on, in groups of near-identical texts.

A query is worded as people type it, or as the content words of a question.
"""

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

import numpy as np
from numpy.typing import NDArray

from demo.training.scene_variants import scene_variants
from demo.world import spoken_lines as spoken
from demo.world.captions import caption_of
from demo.world.descriptions import Description, describe_scene, say_description, scene_fits_description
from demo.world.ground_truth import say_sign
from demo.world.questions import question_beside
from demo.world.scenes import Scene, random_scene
from demo.world.sign_words import SIGN_WORDS
from demo.world.vocabulary import MOTIONS
from search.answering.question_analysis import retrieval_query_of_question

GROUP = 4


@dataclass(frozen=True, slots=True)
class Pair:
    """A query and the document that answers it."""

    query: str
    document: str
    answered_by: Callable[[Scene], bool] | None = None
    """Whether a scene answers the query, if it asks for a scene."""
    scene: Scene | None = None
    """What the document describes, if it is a caption."""


def random_text_pairs(rng: Random, *, questions: float = 0.0) -> list[Pair]:
    """Samples GROUP pairs of one kind, with documents of near-identical meaning.

    Args:
        questions: the share of queries for lines, from 0 to 1, that are the content words of a question.
    """
    kind = rng.choices(["said", "sign", "caption"], weights=[40, 12, 48])[0]
    if kind == "said":
        return _said_questions(rng) if questions and rng.random() < questions else _said_group(rng)
    return _sign_group(rng) if kind == "sign" else _caption_group(rng)


_ASKED_OF = ("person", "place", "deed", "thing")


def _said_questions(rng: Random) -> list[Pair]:
    """Samples lines that differ in what a question names; number and time are left open."""
    meanings = _meanings(_ASKED_OF, rng)
    queries = [
        rng.choice([spoken.spoken_someone_doing(one, rng), retrieval_query_of_question(spoken.spoken_how_many(one))])
        for one in meanings
    ]
    documents = [_document(spoken.spoken_line_text(one, rng), rng) for one in meanings]
    return [Pair(query, document) for query, document in zip(queries, documents, strict=True)]


def _said_group(rng: Random) -> list[Pair]:
    """Samples lines that differ from the first in one thing that the queries name."""
    fields = rng.choice(spoken.FIELDS)
    meanings = _meanings(fields, rng)
    return [
        Pair(spoken.spoken_query_text(one, fields, rng), _document(spoken.spoken_line_text(one, rng), rng))
        for one in meanings
    ]


def _meanings(fields: tuple[str, ...], rng: Random) -> list[spoken.Meaning]:
    first = spoken.random_spoken_meaning(rng)
    meanings = [first]
    while len(meanings) < GROUP:
        field = rng.choice(fields)
        other = first._replace(**{field: getattr(spoken.random_spoken_meaning(rng), field)})
        if spoken.spoken_query_key(other, fields) not in [
            spoken.spoken_query_key(meaning, fields) for meaning in meanings
        ]:
            meanings.append(other)
    return meanings


def _document(line: str, rng: Random) -> str:
    """Returns a line, sometimes with a sign's words, since a segment's text may hold both."""
    if rng.random() < 0.85:
        return line
    words = " ".join(rng.sample(SIGN_WORDS, rng.randint(1, 2)))
    return rng.choice([f"{line} {words}", f"{words}\n{line}"])


def _sign_group(rng: Random) -> list[Pair]:
    shared = _any_word(rng)
    pairs: list[Pair] = []
    for _ in range(GROUP):
        own = _any_word(rng)
        alone = rng.random() < 0.3
        text = own if alone else rng.choice([f"{own} {shared}", f"{shared} {own}"])
        query = say_sign(own if alone or rng.random() < 0.2 else text, rng)
        pairs.append(Pair(query, rng.choice([text, text.lower()])))
    return pairs


def _any_word(rng: Random) -> str:
    """Samples a sign's word, or random letters, so that unknown words are told apart too."""
    if rng.random() < 0.85:
        return rng.choice(SIGN_WORDS)
    return "".join(rng.choices(string.ascii_uppercase, k=rng.randint(4, 9)))


def other_answering_texts(pairs: Sequence[Pair]) -> NDArray[np.bool_]:
    """Returns (n, n): whether the document of column j also answers the query of row i."""
    found = np.zeros((len(pairs), len(pairs)), np.bool_)
    for i, one in enumerate(pairs):
        for j, other in enumerate(pairs):
            if i != j and one.answered_by is not None and other.scene is not None:
                found[i, j] = one.answered_by(other.scene)
    return found


def _caption_group(rng: Random) -> list[Pair]:
    """Samples captions of scenes that differ in a motion or one other fact, with queries that state as much or less."""
    first = random_scene(rng)
    scenes = [first, _with_other_motion(first, rng), *scene_variants(_with_other_motion(first, rng), rng)[: GROUP - 2]]
    pairs: list[Pair] = []
    for scene in scenes:
        description = _partial(scene, rng)
        document = caption_of(scene) if rng.random() < 0.8 else say_description(_full(scene), rng)
        pairs.append(
            Pair(say_description(description, rng), document, partial(scene_fits_description, description), scene)
        )
    return pairs


def text_query_about(scene: Scene, rng: Random, *, questions: float) -> tuple[str, Callable[[Scene], bool]]:
    """Samples a query that a scene answers, with a test for other scenes.

    Args:
        questions: the share of queries, from 0 to 1, that are the content words of a question.
    """
    if len(scene.actors) == 2 and rng.random() < questions:
        return _question(scene, rng)
    description = _partial(scene, rng)
    return say_description(description, rng), partial(scene_fits_description, description)


def _question(scene: Scene, rng: Random) -> tuple[str, Callable[[Scene], bool]]:
    """Samples the content words of a question for one actor's colour or shape, which any value answers."""
    form = describe_scene(scene, actors=(0, 1), relation=True, background=True)
    asked, field = rng.randrange(2), rng.choice(("colour", "shape"))

    def answered_by(other: Scene) -> bool:
        if len(other.actors) != 2:
            return False
        actors = list(form.actors)
        actors[asked] = replace(actors[asked], **{field: getattr(other.actors[asked], field)})
        return scene_fits_description(replace(form, actors=tuple(actors)), other)

    return retrieval_query_of_question(question_beside(scene, asked, field)), answered_by


def _with_other_motion(scene: Scene, rng: Random) -> Scene:
    """Changes one motion of a scene, or exchanges the motions of its two actors."""
    actors = list(scene.actors)
    if len(actors) == 2 and rng.random() < 0.4:
        one, two = actors
        return replace(scene, actors=(replace(one, motion=two.motion), replace(two, motion=one.motion)))
    index = rng.randrange(len(actors))
    actors[index] = replace(actors[index], motion=rng.choice(list(MOTIONS)))
    return replace(scene, actors=tuple(actors))


def _full(scene: Scene) -> Description:
    everyone = tuple(range(len(scene.actors)))
    return describe_scene(
        scene, actors=everyone, motion=everyone, size=True, relation=True, background=True, pattern=True
    )


def _partial(scene: Scene, rng: Random) -> Description:
    everyone = tuple(range(len(scene.actors)))
    actors = everyone if rng.random() < 0.7 else (rng.choice(everyone),)
    motion = tuple(index for index in actors if rng.random() < 0.5)
    background = rng.random() < 0.65
    return describe_scene(
        scene, actors=actors, motion=motion, size=rng.random() < 0.4, relation=rng.random() < 0.5,
        background=background, pattern=background and rng.random() < 0.5,
    )  # fmt: skip
