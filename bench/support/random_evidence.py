"""Random evidence for a vision-language model: clips of many sizes and times, quoted texts, earlier turns. Pure."""

from random import Random

import numpy as np

from indexer.models.vision_language import Frames, Prompt, Turn, VisionSpec, user_prompt
from indexer.records import TimeSpan
from search.answering.clip_reader import clip_as_video_input, clip_from_zero
from search.answering.prompts import ShownClip, ask_prompt

WORDS = (
    "when is a red circle moving? 23.5s {'a':1} naïve Ångström straße İstanbul ﬁne e\u0301te\u0301 Ελληνικά привет"
    " שָׁלוֹם مرحبا ٣٤٫٥ नमस्ते ไม่เป็นไร 图片字幕 カラオケ 한국어 ქართული 🎈 👩\u200d👩\u200d👧 🇳🇴 𝔉𝔯𝔞𝔨𝔱𝔲𝔯"
    " \u200b\u2028 \ufeff \u202eabc \\n <b> &amp; «Ä» >>> <<< <|im_end|> <|vision_start|> <|video_pad|> <image> <video>"
).split(" ")
"""Of many scripts, with marks that mean something to a model."""
MOST_CLIPS, MOST_PAIRS, MOST_RUN_FRAMES, MOST_SQUARES = 4, 4, 16, 4
PAIR_SECONDS = 0.5


def random_evidence(rng: Random, vision: VisionSpec) -> Prompt:
    """A question about clips, after up to two earlier questions with theirs and the replies to them."""
    before: list[Turn] = [Turn("system", (_text(rng),))] if rng.random() < 0.3 else []
    for _ in range(rng.choice((0, 0, 1, 2))):
        before += [*_question(rng, vision), Turn("assistant", (_text(rng),))]
    return (*before, *_question(rng, vision))


def _question(rng: Random, vision: VisionSpec) -> Prompt:
    if rng.random() < 0.1:
        return user_prompt(_text(rng))
    return ask_prompt(_text(rng), [_clip(rng, vision) for _ in range(rng.randint(1, MOST_CLIPS))])


def _clip(rng: Random, vision: VisionSpec) -> ShownClip:
    start = _milliseconds(rng.uniform(0, 9000))
    kind = rng.choice(("pairs", "run", "pinpoint", "words"))
    if kind == "words":
        return ShownClip(TimeSpan(start, start + 5), (), _text(rng), _text(rng))
    if kind == "pinpoint":
        runs = [_run(rng, vision, [start + PAIR_SECONDS * place for place in range(rng.randint(2, MOST_RUN_FRAMES))])]
    elif kind == "run":
        runs = [_run(rng, vision, _irregular(rng, start, rng.randint(1, MOST_RUN_FRAMES)))]
    else:
        firsts = _irregular(rng, start, rng.randint(1, MOST_PAIRS), least=0.6)
        runs = [_run(rng, vision, [first, first + PAIR_SECONDS][: rng.randint(1, 2)]) for first in firsts]
    clip = ShownClip(TimeSpan(start, runs[-1].times[-1] + 1), tuple(runs), _text(rng), _text(rng))
    if kind == "pinpoint" and vision.runs_begin_at_zero:
        return clip_from_zero(clip)
    return clip_as_video_input(clip) if kind == "pairs" and rng.random() < 0.3 else clip


def _run(rng: Random, vision: VisionSpec, times: list[float]) -> Frames:
    grid = vision.grid_pixels
    height, width = vision.only or (grid * rng.randint(1, MOST_SQUARES), grid * rng.randint(1, MOST_SQUARES))
    pixels = np.random.default_rng(rng.getrandbits(32)).integers(0, 256, (len(times), height, width, 3), np.uint8)
    return Frames(pixels, tuple(_milliseconds(time) for time in times))


def _irregular(rng: Random, start: float, count: int, *, least: float = 0.1) -> list[float]:
    """Ascending times, at least so many seconds apart and at most seven."""
    times = [start]
    while len(times) < count:
        times.append(_milliseconds(times[-1] + rng.uniform(least, 7)))
    return times


def _text(rng: Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(0, 30)))


def _milliseconds(seconds: float) -> float:
    """As every container can state a time."""
    return round(seconds, 3)
