"""Pairs of a query and the text that answers it, to train the tiny text model on; in groups of near-identical texts."""

import string
from random import Random

from demo import spoken
from demo.frame_cache import variants
from demo.grammar import Description, describe, say
from demo.scenes import Scene, random_scene
from demo.truth import say_sign
from demo.words import SIGN_WORDS

GROUP = 4

Pair = tuple[str, str]
"""(query, document)"""


def random_group(rng: Random) -> list[Pair]:
    """Draws GROUP pairs of one kind whose documents answer only their own query."""
    kind = rng.choices(["said", "sign", "caption"], weights=[55, 15, 30])[0]
    if kind == "said":
        return _said_group(rng)
    return _sign_group(rng) if kind == "sign" else _caption_group(rng)


def _said_group(rng: Random) -> list[Pair]:
    """Lines that differ from the first in one thing that the queries name."""
    fields = rng.choice(spoken.FIELDS)
    first = spoken.random_meaning(rng)
    meanings = [first]
    while len(meanings) < GROUP:
        field = rng.choice(fields)
        other = first._replace(**{field: getattr(spoken.random_meaning(rng), field)})
        if spoken.query_key(other, fields) not in [spoken.query_key(meaning, fields) for meaning in meanings]:
            meanings.append(other)
    return [(spoken.query_text(one, fields, rng), _document(spoken.line_text(one, rng), rng)) for one in meanings]


def _document(line: str, rng: Random) -> str:
    """Says a line, now and then beside a sign's words, as a segment's text may hold both."""
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
        pairs.append((say_sign(own if alone or rng.random() < 0.2 else text, rng), rng.choice([text, text.lower()])))
    return pairs


def _any_word(rng: Random) -> str:
    """Returns a sign's word, or letters by lot, so that words never seen are still told apart."""
    if rng.random() < 0.85:
        return rng.choice(SIGN_WORDS)
    return "".join(rng.choices(string.ascii_uppercase, k=rng.randint(4, 9)))


def _caption_group(rng: Random) -> list[Pair]:
    """Full captions of near-identical scenes, motions told, with queries that say as much or less."""
    scenes = variants(random_scene(rng), rng)
    return [(say(_partial(scene, rng), rng), say(_full(scene), rng)) for scene in scenes]


def _full(scene: Scene) -> Description:
    everyone = tuple(range(len(scene.actors)))
    return describe(scene, actors=everyone, motion=everyone, size=True, relation=True, background=True, pattern=True)


def _partial(scene: Scene, rng: Random) -> Description:
    everyone = tuple(range(len(scene.actors)))
    motion = tuple(index for index in everyone if rng.random() < 0.4)
    pattern = rng.random() < 0.6
    return describe(
        scene, actors=everyone, motion=motion, size=rng.random() < 0.6, relation=rng.random() < 0.7,
        background=pattern or rng.random() < 0.7, pattern=pattern,
    )  # fmt: skip
