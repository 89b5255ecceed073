"""Queries about a drawn world that have an answer in it, and as many that have none, for `bench.trust`. Pure.

What has no answer comes in three sorts: near misses (a scene, line or sign of the world with one thing changed, so
that nothing in the world answers), strangers (words of the same language of which the world holds nothing), and what
lies outside the world altogether. Every query is compared with the plan of the whole world before it counts as absent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from demo.world import spoken_lines as spoken
from demo.world.descriptions import ActorFacts, Description, motion_forms, picture_forms, say_description
from demo.world.ground_truth import Window, WorldIndex, say_sign, shuffled_truth, world_truth
from demo.world.sign_words import SIGN_WORDS
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, MOTIONS, PATTERNS, SHAPES

PRESENT_KINDS = ("picture", "motion", "sign", "said")
MOST_DRAWS = 60
"""Each draw asks about other scenes of the same world, or in other words."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a world; absent when it has no windows."""

    text: str
    kind: str
    video: int = -1
    windows: tuple[Window, ...] = ()


def present_queries(index: WorldIndex, *, seed: int, each: int) -> list[Query]:
    """So many of each kind, as far as the world holds them."""
    pools: dict[str, dict[str, Query]] = {kind: {} for kind in PRESENT_KINDS}
    for draw in range(MOST_DRAWS):
        for line in shuffled_truth(world_truth(index, seed=seed + 1000 * draw), Random(f"trust {seed} {draw}")):
            pool = pools[line.kind]
            if len(pool) < each and line.query.lower() not in pool:
                pool[line.query.lower()] = Query(line.query, line.kind, line.video, line.windows)
    return [query for pool in pools.values() for query in pool.values()]


def absent_queries(index: WorldIndex, *, seed: int, each: int) -> list[Query]:
    """So many of each kind of absence."""
    rng = Random(f"trust absent {seed}")
    queries: list[Query] = []
    for kind, make in ABSENT.items():
        pool: dict[str, Query] = {}
        for _ in range(200 * each):
            text = make(index, rng) if len(pool) < each else ""
            if text:
                pool.setdefault(text.lower(), Query(text, kind))
        queries += pool.values()
    return queries


def _picture_changed(index: WorldIndex, rng: Random) -> str:
    form = _one_changed(rng.choice(picture_forms(rng.choice(index.scenes))), rng)
    return "" if form is None or index.matching(form) else say_description(form, rng)


def _motion_changed(index: WorldIndex, rng: Random) -> str:
    """A scene that is there, with another motion than it has."""
    form = rng.choice(motion_forms(rng.choice(index.scenes)))
    place = rng.choice([place for place, actor in enumerate(form.actors) if actor.motion])
    other = replace(form.actors[place], motion=rng.choice(list(MOTIONS)))
    changed = _ordered(replace(form, actors=_put(form.actors, place, other)))
    return "" if index.matching(changed) else say_description(changed, rng)


def _one_changed(form: Description, rng: Random) -> Description | None:
    """With another colour or shape, before another background, or with its two actors changed about."""
    place = rng.randrange(len(form.actors))
    actor = form.actors[place]
    match rng.choice(("colour", "shape", "background", "pattern", "sides")):
        case "colour":
            return _ordered(replace(form, actors=_put(form.actors, place, _other_colour(actor, rng))))
        case "shape":
            other = replace(actor, shape=rng.choice(sorted(set(SHAPES) - {actor.shape})))
            return _ordered(replace(form, actors=_put(form.actors, place, other)))
        case "background" if form.background:
            return replace(form, background=rng.choice(sorted(set(BACKGROUND_COLOURS) - {form.background})))
        case "pattern" if form.pattern:
            return replace(form, pattern=rng.choice(sorted(set(PATTERNS) - {form.pattern})))
        case "sides" if form.relation in ("side", "stacked"):
            return replace(form, actors=form.actors[::-1])
        case _:
            return None


def _other_colour(actor: ActorFacts, rng: Random) -> ActorFacts:
    return replace(actor, colour=rng.choice(sorted(set(ACTOR_COLOURS) - {actor.colour})))


def _put(actors: Sequence[ActorFacts], place: int, actor: ActorFacts) -> tuple[ActorFacts, ...]:
    return (*actors[:place], actor, *actors[place + 1 :])


def _ordered(form: Description) -> Description:
    """Without sides the order of the actors says nothing; the plan's descriptions have them sorted."""
    if form.relation is not None:
        return form
    return replace(
        form,
        actors=tuple(sorted(form.actors, key=lambda one: (one.colour, one.shape, one.size or "", one.motion or ""))),
    )


def _sign_changed(index: WorldIndex, rng: Random) -> str:
    """Words of which one is on a sign, and no sign has them all."""
    sign = rng.choice([scene.sign.text for scene in index.scenes if scene.sign])
    known = rng.choice(sign.split())
    words = " ".join(shuffled_truth([known, rng.choice(SIGN_WORDS)], rng))
    return "" if index.with_sign(words) else say_sign(words, rng)


def _sign_elsewhere(index: WorldIndex, rng: Random) -> str:
    words = rng.sample(SIGN_WORDS, rng.choice((1, 2)))
    return "" if any(index.with_sign(word) for word in words) else say_sign(" ".join(words), rng)


def _said_changed(index: WorldIndex, rng: Random) -> str:
    """A line that is there, with one of the things that the query names changed."""
    meaning = rng.choice([scene.line.meaning for scene in index.scenes if scene.line])
    fields = rng.choice(spoken.FIELDS)
    field = rng.choice(fields)
    changed = meaning._replace(**{field: getattr(spoken.random_spoken_meaning(rng), field)})
    return "" if index.with_line(changed, fields) else spoken.spoken_query_text(changed, fields, rng)


def _said_elsewhere(index: WorldIndex, rng: Random) -> str:
    meaning, fields = spoken.random_spoken_meaning(rng), rng.choice(spoken.FIELDS)
    return "" if index.with_line(meaning, fields) else spoken.spoken_query_text(meaning, fields, rng)


def _outside(index: WorldIndex, rng: Random) -> str:
    """Things that no scene shows, no line says and no sign reads."""
    del index  # whatever the world, it holds none of them
    who, what, where = rng.choice(OUTSIDE_WHO), rng.choice(OUTSIDE_WHAT), rng.choice(OUTSIDE_WHERE)
    return rng.choice(OUTSIDE_FORMS).format(who=who, what=what, where=where)


OUTSIDE_WHO = (
    "a surfer|two football players|a woman in a wheelchair|an astronaut|a crowd of tourists|a bride|children|"
    "a polar bear|a jazz band|the goalkeeper|a weather presenter|a juggling clown|protesters|a fireman|a goldfish"
).split("|")
OUTSIDE_WHAT = (
    "rides a wave|scores a goal|eats spaghetti|signs a treaty|opens a laptop|plays chess|is interviewed|skates|"
    "drinks coffee|climbs a rope|dances the tango|waves a flag|falls asleep|paints the ceiling|lands a helicopter"
).split("|")
OUTSIDE_WHERE = (
    "on the beach|in a snowstorm|at the airport|in parliament|under water|on the moon|in a kitchen|at night in Tokyo|"
    "in the stadium|on a mountain path|in an operating theatre|by the swimming pool"
).split("|")
OUTSIDE_FORMS = (
    "{who} {where}", "{who} {what}", "{who} {what} {where}", "when {who} {what}", "sunset {where}",
    "close-up of {who}", "a news report about {who}",
)  # fmt: skip

ABSENT: dict[str, Callable[[WorldIndex, Random], str]] = {
    "picture, one thing changed": _picture_changed,
    "motion changed": _motion_changed,
    "sign, one word changed": _sign_changed,
    "sign elsewhere": _sign_elsewhere,
    "said, one thing changed": _said_changed,
    "said elsewhere": _said_elsewhere,
    "outside the world": _outside,
}


def answers(query: Query, video: int, start: float, stop: float) -> bool:
    """Whether a segment holds, or lies in, a good half of a window that answers the query."""
    if query.video != video:
        return False
    shared = max((min(stop, b) - max(start, a)) / min(stop - start, b - a) for a, b in query.windows)
    return shared >= 0.5
