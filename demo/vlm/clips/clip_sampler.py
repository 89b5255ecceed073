"""Sampling of clips to ask about: near-identical scenes side by side, as a search returns them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from demo.vlm.clips.frames import PAIRS, SIBLINGS, clip_start_seconds
from demo.world import spoken_lines as spoken
from demo.world.captions import caption_of
from demo.world.scenes import FRAMES_PER_SECOND, Scene
from demo.world.sign_words import SIGN_WORDS

LATEST_SECONDS = 600.0
CAPTIONED_SHARE = 0.85


@dataclass(frozen=True, slots=True)
class ShownScene:
    """A scene, or the part of it that a clip shows."""

    row: int
    """Its number in the store."""
    scene: Scene
    pairs: tuple[int, ...]
    """Which of the drawn pairs are shown."""
    times: tuple[float, ...]
    """The presentation time of each pair in seconds, one decimal."""
    start: float
    """Seconds, as far as the clip shows: the clip's start, or the first pair's time after a change of scene."""
    stop: float
    """Likewise: the clip's stop, or the time of the next scene's first pair."""


@dataclass(frozen=True, slots=True)
class QuotedText:
    """Parts of a clip's quoted text; empty for a clip without."""

    sign: str = ""
    meaning: spoken.Meaning | None = None
    line: str = ""
    swapped: bool = False

    @property
    def text(self) -> str:
        """The sign's and the line's words, in that order unless swapped."""
        parts = [self.line, self.sign] if self.swapped else [self.sign, self.line]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class PlannedClip:
    """One clip; mostly of one scene, sometimes of two."""

    start: float
    stop: float
    scenes: tuple[ShownScene, ...]
    quoted: QuotedText
    caption: str = ""
    """Of its scenes, as indexing writes it; empty as in a library without captions."""


class ClipSampler:
    """Samples clips from the scenes of a store."""

    def __init__(self, scenes: Sequence[Scene], starts: Sequence[Sequence[int]], *, first: int, last: int) -> None:
        self.scenes, self.starts = scenes, starts
        self.first, self.last = first, last // SIBLINGS * SIBLINGS

    def clips(self, rng: Random, *, count: int, most_pairs: int, text: bool) -> list[PlannedClip]:
        """Samples clips; the others resemble the first."""
        row = self.any_row(rng)
        near = [one for one in range(row - row % SIBLINGS, row - row % SIBLINGS + SIBLINGS) if one != row]
        rng.shuffle(near)
        rows = [row]
        nearness = rng.choice((0.0, 0.4, 0.8))
        while len(rows) < count:
            rows.append(near.pop() if near and rng.random() < nearness else self.any_row(rng))
        return [self._clip(one, rng, most_pairs=most_pairs, text=text) for one in rows]

    def any_row(self, rng: Random) -> int:
        """Samples a scene."""
        return rng.randrange(self.first, self.last)

    def _clip(self, row: int, rng: Random, *, most_pairs: int, text: bool) -> PlannedClip:
        rows = [row]
        if rng.random() < 0.15 and most_pairs > 1:
            rows.insert(rng.randrange(2), self.any_row(rng))
        begin = round(rng.uniform(0, LATEST_SECONDS) * rng.choice((0.1, 1.0)), 1)
        shown: list[tuple[int, tuple[int, ...], list[float], float]] = []
        clock = begin
        for one in rows:
            count = (
                rng.randint(max(1, most_pairs - 1), most_pairs) if len(rows) == 1 else rng.randint(1, most_pairs - 1)
            )
            pairs = tuple(sorted(rng.sample(range(PAIRS), min(count, PAIRS))))
            shown.append((one, pairs, [clock + clip_start_seconds(self.starts[one][pair]) for pair in pairs], clock))
            clock += self.scenes[one].length / FRAMES_PER_SECOND
        edges = [begin, *(times[0] for _, _, times, _ in shown[1:]), clock]
        scenes = tuple(
            ShownScene(
                one,
                self.scenes[one],
                pairs,
                tuple(round(t, 1) for t in times),
                round(edges[i], 1),
                round(edges[i + 1], 1),
            )
            for i, (one, pairs, times, _) in enumerate(shown)
        )
        quoted = _quoted(rng) if text and rng.random() < 0.85 else QuotedText()
        caption = "; ".join(caption_of(self.scenes[one]) for one in rows) if rng.random() < CAPTIONED_SHARE else ""
        return PlannedClip(begin, round(clock, 1), scenes, quoted, caption)


def _quoted(rng: Random) -> QuotedText:
    what = rng.choice(("sign", "line", "line", "sign", "both"))
    meaning = spoken.random_spoken_meaning(rng) if what != "sign" else None
    line = spoken.spoken_line_text(meaning, rng) if meaning is not None else ""
    return QuotedText(sign_text(rng) if what != "line" else "", meaning, line, rng.random() < 0.5)


def sign_text(rng: Random) -> str:
    """Samples a sign's words; some are not words of the world, so that the model learns to copy, not a vocabulary."""
    words = rng.sample(SIGN_WORDS, 1 if rng.random() < 0.25 else 2)
    if rng.random() < 0.2:
        words[0] = "".join(rng.choice("BCDFGHKLMNPRSTVW" if i % 2 else "AEIOU") for i in range(rng.randint(3, 7)))
    return " ".join(words)
