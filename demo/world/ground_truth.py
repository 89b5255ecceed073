"""Ground truth of a world: queries with every window that answers them. Pure.

A query is used only if all its answers lie in one video, because answers are scored by video and window.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from demo.world import spoken_lines as spoken
from demo.world.descriptions import (
    ActorFacts,
    Description,
    motion_forms,
    picture_forms,
    say_description,
    scene_fits_description,
)
from demo.world.scenes import Scene, scene_seconds

Window = tuple[float, float]
Item = TypeVar("Item")

PICTURE_SHARE, MOTION_SHARE = 0.6, 0.3
"""Shares of scenes that get a query of the kind; each sign and each line gets one where possible."""


@dataclass(frozen=True, slots=True)
class TruthLine:
    """One query; `windows` are [start, stop) in seconds of the video with index `video`, in order of time."""

    video: int
    query: str
    windows: tuple[Window, ...]
    kind: str
    """"picture", "motion", "sign" or "said"."""


class WorldIndex:
    """Finds all scenes, signs and lines of a world that match a meaning."""

    def __init__(self, scenes: Iterable[Scene]) -> None:
        self.scenes = list(scenes)
        self._by_picture: dict[Description, list[Scene]] = defaultdict(list)
        self._by_words: dict[str, list[Scene]] = defaultdict(list)
        self._by_meaning: dict[tuple[tuple[str, int], ...], list[Scene]] = defaultdict(list)
        for scene in self.scenes:
            for form in dict.fromkeys(_coarse(form) for form in picture_forms(scene)):
                self._by_picture[form].append(scene)
            if scene.sign is not None:
                for words in sign_phrases(scene.sign.text):
                    self._by_words[words].append(scene)
            if scene.line is not None:
                for fields in spoken.FIELDS:
                    self._by_meaning[spoken.spoken_query_key(scene.line.meaning, fields)].append(scene)

    def matching(self, description: Description) -> list[Scene]:
        """Returns the scenes that match a description, in order of time."""
        return [
            scene
            for scene in self._by_picture.get(_coarse(description), [])
            if scene_fits_description(description, scene)
        ]

    def with_sign(self, words: str) -> list[Scene]:
        """Returns the scenes whose sign holds the words, side by side."""
        return self._by_words.get(words, [])

    def with_line(self, meaning: spoken.Meaning, fields: tuple[str, ...]) -> list[Scene]:
        """Returns the scenes whose line states the named fields of a meaning."""
        return self._by_meaning.get(spoken.spoken_query_key(meaning, fields), [])


def _coarse(description: Description) -> Description:
    """Leaves out size and motion, which `scene_fits_description` compares afterwards."""
    return replace(description.without_motion(), actors=_plain_actors(description)).without_motion()


def _plain_actors(description: Description) -> tuple[ActorFacts, ...]:
    return tuple(replace(actor, size=None, motion=None) for actor in description.actors)


def sign_phrases(text: str) -> list[str]:
    """Lists the texts by which a sign can be found: the whole, and each word."""
    return list(dict.fromkeys([text, *text.split()]))


def truth_in_one_video(scenes: Sequence[Scene]) -> bool:
    """Returns whether there is a match and all matches lie in one video."""
    return len({scene.video for scene in scenes}) == 1


def sign_window(scene: Scene) -> Window:
    """Returns when a scene's sign is visible."""
    assert scene.sign is not None
    return scene_seconds(scene.start + scene.sign.start), scene_seconds(scene.start + scene.sign.stop)


def line_window(scene: Scene) -> Window:
    """Returns when a scene's subtitle is shown."""
    assert scene.line is not None
    return scene_seconds(scene.start + scene.line.start), scene_seconds(scene.start + scene.line.stop)


def world_truth(index: WorldIndex, *, seed: int) -> list[TruthLine]:
    """Chooses the queries of a world and their wording; the same seed gives the same lines."""
    rng = Random(f"reelseek demo truth {seed}")
    lines: list[TruthLine] = []
    for scene in index.scenes:
        if rng.random() < PICTURE_SHARE:
            lines += _picture_line(index, scene, rng)
        if rng.random() < MOTION_SHARE:
            lines += _motion_line(index, scene, rng)
        if scene.sign is not None:
            lines += _sign_line(index, scene, rng)
        if scene.line is not None:
            lines += _said_line(index, scene, rng)
    return _without_repeats(lines)


def _without_repeats(lines: list[TruthLine]) -> list[TruthLine]:
    """Keeps the first of equal queries, and none whose words have two meanings."""
    meanings = Counter((line.query.lower(), line.video, line.windows) for line in lines)
    texts = Counter(query for query, _, _ in meanings)
    kept = {line.query.lower(): line for line in reversed(lines) if texts[line.query.lower()] == 1}
    return sorted(kept.values(), key=lambda line: (line.video, line.windows, line.kind, line.query))


def _picture_line(index: WorldIndex, scene: Scene, rng: Random) -> list[TruthLine]:
    for form in shuffled_truth(picture_forms(scene), rng):
        found = index.matching(form)
        if truth_in_one_video(found):
            return [TruthLine(scene.video, say_description(form, rng), tuple(one.window for one in found), "picture")]
    return []


def _motion_line(index: WorldIndex, scene: Scene, rng: Random) -> list[TruthLine]:
    """Chooses a description that only its motion makes unique: without it, other scenes would match."""
    for form in shuffled_truth(motion_forms(scene), rng):
        found = index.matching(form)
        if truth_in_one_video(found) and len(index.matching(form.without_motion())) > len(found):
            return [TruthLine(scene.video, say_description(form, rng), tuple(one.window for one in found), "motion")]
    return []


def _sign_line(index: WorldIndex, scene: Scene, rng: Random) -> list[TruthLine]:
    assert scene.sign is not None
    for words in shuffled_truth(sign_phrases(scene.sign.text), rng):
        found = index.with_sign(words)
        if truth_in_one_video(found):
            return [TruthLine(scene.video, say_sign(words, rng), tuple(sign_window(one) for one in found), "sign")]
    return []


def _said_line(index: WorldIndex, scene: Scene, rng: Random) -> list[TruthLine]:
    assert scene.line is not None
    meaning = scene.line.meaning
    for fields in shuffled_truth(spoken.FIELDS, rng):
        found = index.with_line(meaning, fields)
        if truth_in_one_video(found):
            query = spoken.spoken_query_text(meaning, fields, rng)
            return [TruthLine(scene.video, query, tuple(line_window(one) for one in found), "said")]
    return []


def say_sign(words: str, rng: Random) -> str:
    """Asks for a sign by its words."""
    shown = rng.choice([words, words.lower(), f'"{words}"', words.title()])
    return rng.choice(
        [f"a sign that says {shown}", f"a sign with {shown} on it", f"the words {shown} on a board", shown]
        if " " in words
        else [f"a sign that says {shown}", f"a sign with {shown} on it", f"the word {shown} on a board", shown]
    )


def shuffled_truth(items: Sequence[Item], rng: Random) -> list[Item]:
    """Returns the items in random order."""
    return rng.sample(list(items), len(items))
