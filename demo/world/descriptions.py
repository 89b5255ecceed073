"""Descriptions of scenes: the facts that a query states, which scenes they fit, and their wording. Pure.

A `Description` is the meaning of a query: a conjunction of facts about one scene. `picture_forms` and `motion_forms`
list the descriptions of a scene, `scene_fits_description` decides whether another scene matches one, and
`say_description` puts it into words.
"""

from dataclasses import dataclass, replace
from random import Random

from demo.world.scenes import Scene
from demo.world.vocabulary import MOTIONS, PATTERNS, SHAPES, SIZES, colour_names

OPENINGS = ("a scene with ", "a picture of ", "show me ", "there is ")
"""What a query may begin with."""


@dataclass(frozen=True, slots=True)
class ActorFacts:
    """Facts that a query states of one actor; None states nothing."""

    colour: str
    shape: str
    size: str | None = None
    motion: str | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """Facts that a query states of a scene; None states nothing."""

    actors: tuple[ActorFacts, ...]
    """One or two; with `relation` the left or upper one first, otherwise sorted."""
    relation: str | None = None
    """"side" (the first left of the second), "stacked" (the first above) or "alone" (there is no other actor)."""
    background: str | None = None
    pattern: str | None = None

    @property
    def moves(self) -> bool:
        """Whether it takes more than one frame to decide."""
        return any(actor.motion is not None for actor in self.actors)

    def without_motion(self) -> "Description":
        """Returns the same description with every motion left out."""
        return _ordered(replace(self, actors=tuple(replace(actor, motion=None) for actor in self.actors)))


def scene_fits_description(description: Description, scene: Scene) -> bool:
    """Returns whether the scene matches every fact of the description."""
    if description.background not in (None, scene.background) or description.pattern not in (None, scene.pattern):
        return False
    if description.relation not in (None, scene.layout):
        return False
    facts, actors = description.actors, scene.actors
    if len(facts) > len(actors):
        return False
    orders = [actors] if description.relation is not None else [actors, actors[::-1]]
    return any(
        all(
            (fact.colour, fact.shape) == (actor.colour, actor.shape)
            and fact.size in (None, actor.size)
            and fact.motion in (None, actor.motion)
            for fact, actor in zip(facts, order, strict=False)
        )
        for order in orders
    )


def describe_scene(
    scene: Scene,
    *,
    actors: tuple[int, ...],
    size: bool = False,
    motion: tuple[int, ...] = (),
    relation: bool = False,
    background: bool = False,
    pattern: bool = False,
) -> Description:
    """Describes a scene by the actors at the given indices and the selected facts.

    A size is left out for an actor that grows or shrinks. `motion` are the actors whose motion is stated.
    """
    facts = tuple(
        ActorFacts(
            scene.actors[index].colour,
            scene.actors[index].shape,
            scene.actors[index].size if size and scene.actors[index].size in SIZES else None,
            scene.actors[index].motion if index in motion else None,
        )
        for index in actors
    )
    is_related = relation and len(actors) == len(scene.actors)
    return _ordered(
        Description(
            facts,
            scene.layout if is_related else None,
            scene.background if background or pattern else None,
            scene.pattern if pattern else None,
        )
    )


def _ordered(description: Description) -> Description:
    if description.relation is not None:
        return description
    ordered = sorted(description.actors, key=lambda a: (a.colour, a.shape, a.size or "", a.motion or ""))
    return replace(description, actors=tuple(ordered))


def picture_forms(scene: Scene) -> list[Description]:
    """Lists the descriptions of a scene that one frame can decide, the least specific first."""
    everyone = tuple(range(len(scene.actors)))
    flags = [(False, False), (True, False), (True, True)]
    forms: list[Description] = []
    for background, pattern in flags:
        for size in (False, True):
            for relation in (False, True):
                subjects = [everyone] if relation or len(everyone) == 1 else [everyone, *((one,) for one in everyone)]
                forms += [
                    describe_scene(
                        scene, actors=actors, size=size, relation=relation, background=background, pattern=pattern
                    )
                    for actors in subjects
                ]
    return list(dict.fromkeys(forms))


def motion_forms(scene: Scene) -> list[Description]:
    """Lists the descriptions of a scene that state a motion, the least specific first."""
    everyone = tuple(range(len(scene.actors)))
    forms: list[Description] = []
    for background, pattern in [(False, False), (True, False), (True, True)]:
        told = [((index,), actors) for index in everyone for actors in ((index,), everyone)]
        forms += [
            describe_scene(scene, actors=actors, motion=motion, background=background, pattern=pattern)
            for motion, actors in [*told, (everyone, everyone)]
        ]
    return list(dict.fromkeys(forms))


def say_actor(facts: ActorFacts, rng: Random) -> str:
    """Says one actor with its article, as in "a big red circle"."""
    colour, shape = rng.choice(colour_names(facts.colour)), _word(SHAPES[facts.shape], rng)
    words = ([_word(SIZES[facts.size], rng)] if facts.size is not None else []) + [colour, shape]
    return f"{'an' if words[0][0] in 'aeiou' else 'a'} {' '.join(words)}"


def say_background(description: Description, rng: Random) -> str:
    """Says the background without an article, as in "striped green background"."""
    words = [rng.choice(colour_names(description.background))] if description.background is not None else []
    if description.pattern is not None:
        words.insert(0, _word(PATTERNS[description.pattern], rng))
    return f"{' '.join(words)} {rng.choice(['background', 'background', 'backdrop'])}"


def say_description(description: Description, rng: Random) -> str:
    """Puts a description into words; `rng` draws the wording."""
    words = _say_actors(description, rng)
    if description.background is not None:
        background = say_background(description, rng)
        words = rng.choice(
            [
                f"{words} on a {background}",
                f"{words} in front of a {background}",
                f"{words} against a {background}",
                f"a {background} with {words}",
            ]
        )
    return rng.choice(["", "", "", "", *OPENINGS]) + words


def say_without_opening(description: Description, rng: Random) -> str:
    """Puts a description into words that can follow others: without "show me" and the like."""
    text = say_description(description, rng)
    for opening in OPENINGS:
        text = text.removeprefix(opening)
    return text


def _say_actors(description: Description, rng: Random) -> str:
    phrases = [_say_moving(facts, rng) for facts in description.actors]
    if len(phrases) == 1:
        one = phrases[0]
        if description.relation != "alone":
            return one
        return rng.choice([f"{one} alone", f"only {one}", f"{one} by itself", f"nothing but {one}"])
    first, second = phrases
    if description.relation == "side":
        return rng.choice(
            [
                f"{first} to the left of {second}",
                f"{second} to the right of {first}",
                f"{first} on the left and {second} on the right",
                f"{second} right of {first}",
                f"{first} left of {second}",
            ]
        )
    if description.relation == "stacked":
        return rng.choice(
            [
                f"{first} above {second}",
                f"{second} below {first}",
                f"{second} under {first}",
                f"{first} at the top and {second} at the bottom",
            ]
        )
    if rng.random() < 0.5:
        first, second = second, first
    return rng.choice([f"{first} and {second}", f"{first} and {second}", f"{first} together with {second}"])


def _say_moving(facts: ActorFacts, rng: Random) -> str:
    phrase = say_actor(facts, rng)
    return f"{phrase} {rng.choice(MOTIONS[facts.motion])}" if facts.motion is not None else phrase


def _word(words: list[str], rng: Random) -> str:
    """Samples a word; the plain one twice as often as each synonym."""
    return rng.choice([words[0], *words])


def all_description_words() -> list[str]:
    """Returns every word that `say_description` can use, for the tokenizer."""
    text: list[str] = [
        phrase for table in (SHAPES, PATTERNS, SIZES, MOTIONS) for phrases in table.values() for phrase in phrases
    ]
    text += [name for colour in ALL_COLOURS for name in colour_names(colour)]
    text.append(
        "a an on in of the to and is at with alone only by itself nothing but left right top bottom above below under "
        "together background backdrop front against scene picture show me there"
    )
    return sorted(set(" ".join(text).split()))


ALL_COLOURS = [
    "red", "orange", "yellow", "green", "blue", "purple", "black", "white", "pink", "grey", "brown", "teal",
]  # fmt: skip


def random_description(scene: Scene, rng: Random) -> Description:
    """Samples a description of a frame: mostly both actors and the background, sometimes less, rarely with a motion.

    One frame does not show the motion; its words teach a text model to ignore them.
    """
    everyone = tuple(range(len(scene.actors)))
    chosen = everyone if rng.random() < 0.85 else (rng.choice(everyone),)
    background = rng.random() < 0.8
    description = describe_scene(
        scene,
        actors=chosen,
        size=rng.random() < 0.45,
        relation=rng.random() < 0.55,
        background=background,
        pattern=background and rng.random() < 0.6,
    )
    if rng.random() < 0.12:
        actors = [replace(actor, motion=rng.choice(list(MOTIONS))) for actor in description.actors]
        description = replace(description, actors=tuple(actors))
    return description
