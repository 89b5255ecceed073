"""Token sequences to train on: the product's own prompts, with several questions after one set of clips.

A sequence is a prefix (chat marks, clips) and one or more tails (question, chat marks, reply). In training each tail
follows the prefix as if the others were not there.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import cast

import numpy as np
from numpy.typing import NDArray
from transformers import Qwen2Tokenizer

from demo.vlm.clips.clip_sampler import ClipSampler, PlannedClip, sign_text
from demo.vlm.clips.frames import PAIRS, PICTURE_HEIGHT, PICTURE_WIDTH
from demo.vlm.clips.scene_facts import TOKEN_PIXELS
from demo.vlm.questions.question_forms import TrainingQuestion
from demo.vlm.questions.question_sampler import sample_question, sample_questions
from demo.vlm.sequences.copy_targets import Span, copied_spans, copied_tokens
from demo.vlm.tokenizer import SPECIAL_TOKENS
from demo.world import spoken_lines as spoken
from demo.world.captions import caption_of
from demo.world.descriptions import Description, all_description_words, random_description, say_description
from demo.world.scenes import Scene
from demo.world.sign_words import SIGN_WORDS
from indexer.models.frame_pairs import PAIR_SECONDS, frames_on_lines
from indexer.models.local.families.family import spoken_time
from indexer.models.vision_language import Frames, Part
from indexer.pipeline.stages.caption_prompt import CAPTION_INSTRUCTION
from indexer.records import TimeSpan
from search.answering.prompts import ShownClip, ask_prompt

PAIR_TOKENS = PICTURE_HEIGHT // TOKEN_PIXELS * (PICTURE_WIDTH // TOKEN_PIXELS)
OPENING = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
CLOSING = "<|im_end|>\n<|im_start|>assistant\n"
END = "<|im_end|>"
VISION = f"<|vision_start|>{'<|video_pad|>' * PAIR_TOKENS}<|vision_end|>"

PROBE = "probe"
"""The kind of a question without a reply: cheap supervision of how questions are read."""

Ids = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Tail:
    """A question and its reply, after a prefix; the loss is on the reply."""

    ids: Ids
    reply: int
    """Index in `ids` at which the reply begins."""
    kind: str
    """"caption", "when", "absent", or "what" with the question's second word."""
    clip: int | None
    """The clip that the reply names first, 0 for none; None for a caption."""
    question: int = 0
    """Index of the question's last token."""
    copies: tuple[tuple[int, int], ...] = ()
    """(token of `ids`, token of the prefix that it copies)."""
    form: Description | None = None
    """What the question says of a scene, if anything."""
    evidence: tuple[int, ...] = ()
    """Tokens that end the pictures or quoted texts in the prefix that answer; token 0 where nothing does."""


@dataclass(frozen=True, slots=True)
class TrainSequence:
    """A prefix with its tails."""

    prefix: Ids
    pairs: tuple[int, ...]
    """The drawn pairs that the prefix shows, in order, as scene * PAIRS + pair."""
    tails: tuple[Tail, ...]

    @property
    def size(self) -> int:
        """Tokens of the prefix and all tails."""
        return len(self.prefix) + sum(len(tail.ids) for tail in self.tails)


class SequenceSampler:
    """Samples training sequences from the scenes of a store."""

    def __init__(self, tokenizer: Qwen2Tokenizer, clip_sampler: ClipSampler) -> None:
        self.tokenizer, self.clip_sampler = tokenizer, clip_sampler

    def caption(self, rng: Random) -> TrainSequence:
        """Samples one clip with its caption."""
        row = self.clip_sampler.any_row(rng)
        count = rng.choice((1, 2, 3, 3, 4, 4, 4, 4))
        pairs = sorted(rng.sample(range(PAIRS), count))
        begin = rng.uniform(0, 600)
        shown = [_blank_pair(begin + self.clip_sampler.starts[row][pair] / 10) for pair in pairs]
        prefix = OPENING + _text(frames_on_lines(shown))
        tail = self._tail(CAPTION_INSTRUCTION, caption_of(self.clip_sampler.scenes[row]), "caption", None)
        return TrainSequence(self._ids(prefix), tuple(row * PAIRS + pair for pair in pairs), (tail,))

    def questions(
        self, rng: Random, *, clips: int, most_pairs: int, text: bool, tails: int, probes: int = 0, blind: bool = False
    ) -> TrainSequence:
        """Samples several clips with several questions; no clip answers about a third of them.

        Args:
            probes: further questions without a reply.
            blind: captions and quoted text without pictures: short, so that reading is learned sooner.
        """
        plan: list[PlannedClip] = []
        found: list[TrainingQuestion] = []
        while len(found) < tails:
            plan = self.clip_sampler.clips(rng, count=clips, most_pairs=most_pairs, text=text)
            if blind and any(len(clip.scenes) > 1 for clip in plan):
                continue
            found = sample_questions(plan, rng, about="text" if text else "seen", count=tails + probes)
        plan = [without_pictures(clip) for clip in plan] if blind else plan
        head = prompt_text(plan, "")
        head = head[: head.rindex("Question: ")]
        prefix = OPENING + head
        prefix_ids, prefix_spans = self._encoded(prefix)
        made: list[Tail] = []
        for number, one in enumerate(found):
            asked = prompt_text(plan, one.question)[len(head) :]
            question = self._ids(asked[: asked.index("\n") + 1])
            evidence = evidence_tokens(one, plan, prefix_ids, prefix_spans, prefix)
            if number >= tails:
                made.append(
                    Tail(question, len(question), PROBE, None, len(question) - 1, evidence=evidence, form=one.form)
                )
                continue
            tail = self._tail(asked, one.reply, one.topic, one.clip)
            spans = self._encoded(one.reply)[1]
            copies = copied_tokens(copied_spans(prefix, one.reply, plan), spans, prefix_spans)
            copies = [(tail.reply + token, source) for token, source in copies]
            made.append(
                replace(
                    tail,
                    copies=tuple(copies),
                    evidence=evidence,
                    question=len(question) - 1,
                    form=one.form,
                )
            )
        pairs = tuple(shown.row * PAIRS + pair for clip in plan for shown in clip.scenes for pair in shown.pairs)
        return TrainSequence(prefix_ids, pairs, tuple(made))

    def _tail(self, asked: str, reply: str, kind: str, clip: int | None) -> Tail:
        before = self._ids(asked + CLOSING)
        return Tail(np.concatenate([before, self._ids(reply + END)]), len(before), kind, clip)

    def _encoded(self, text: str) -> tuple[Ids, list[Span]]:
        encoding = self.tokenizer(text, return_offsets_mapping=True)
        return np.array(encoding.input_ids, np.int16), cast(list[Span], encoding["offset_mapping"])

    def _ids(self, text: str) -> Ids:
        return np.array(cast(list[int], self.tokenizer(text).input_ids), np.int16)


def without_pictures(clip: PlannedClip) -> PlannedClip:
    """Copies a clip of one scene with its caption in place of pictures."""
    (shown,) = clip.scenes
    return replace(clip, scenes=(replace(shown, pairs=(), times=()),), caption=caption_of(shown.scene))


def evidence_tokens(
    asked: TrainingQuestion, plan: Sequence[PlannedClip], ids: Ids, spans: Sequence[Span], prefix: str
) -> tuple[int, ...]:
    """Lists the tokens that end the pictures, or the quoted texts, that answer a question."""
    moments = json.loads(asked.reply)["moments"]
    if not moments:
        return (0,)
    has_facts = not any(shown.pairs for clip in plan for shown in clip.scenes)
    if asked.of_text or has_facts:
        line = "Text of clip {}, " if asked.of_text else "Caption of clip {}: "
        texts = [prefix.index(">>>", prefix.index(line.format(one["clip"]))) for one in moments]
        return tuple(token for token, (start, stop) in enumerate(spans) if any(start <= at < stop for at in texts))
    ends = iter(np.flatnonzero(ids == SPECIAL_TOKENS.index("<|vision_end|>")).tolist())
    found = {(one["clip"], one["start"], one["stop"]) for one in moments}
    return tuple(
        end
        for number, clip in enumerate(plan, 1)
        for shown in clip.scenes
        for end in [next(ends) for _ in shown.pairs]
        if (number, shown.start, shown.stop) in found or (number, clip.start, clip.stop) in found
    )


_BLACK = np.zeros((2, PICTURE_HEIGHT, PICTURE_WIDTH, 3), np.uint8)


def _blank_pair(time: float) -> Frames:
    return Frames(_BLACK, (time, time + PAIR_SECONDS))


def shown_clips(plan: Sequence[PlannedClip]) -> list[ShownClip]:
    """Converts planned clips to the product's, with blank pictures."""
    return [
        ShownClip(
            TimeSpan(clip.start, clip.stop),
            tuple(_blank_pair(time) for shown in clip.scenes for time in shown.times),
            clip.quoted.text,
            clip.caption,
        )
        for clip in plan
    ]


def prompt_text(plan: Sequence[PlannedClip], question: str) -> str:
    """Writes the product's prompt as text, with the special tokens of its pictures."""
    (turn,) = ask_prompt(question, shown_clips(plan))
    return _text(turn.parts)


def _text(parts: Sequence[Part]) -> str:
    return "".join(part if isinstance(part, str) else spoken_time(part.times[0]) + VISION for part in parts)


def tokenizer_texts(scenes: Sequence[Scene], *, seed: int) -> Iterator[str]:
    """Yields the tokenizer's training texts: all words of the world often, sign words and spoken words less so."""
    rng = Random(f"reelseek vlm tokenizer {seed}")
    words = " ".join(all_description_words())
    yield from [f" {words} When Find How What Where {words}"] * 60
    for _ in range(1500):
        scene = rng.choice(scenes)
        yield caption_of(scene)
        yield say_description(random_description(scene, rng), rng)
        meaning = spoken.random_spoken_meaning(rng)
        yield spoken.spoken_line_text(meaning, rng)
        yield spoken.spoken_someone_doing(meaning, rng)
        yield sign_text(rng) + " " + sign_text(rng)
    yield from [" ".join(SIGN_WORDS) + " " + " ".join(SIGN_WORDS).title()]


def prompt_texts(clip_sampler: ClipSampler, *, seed: int) -> Iterator[str]:
    """Yields prompts and replies, for the tokenizer."""
    rng = Random(f"reelseek vlm prompts {seed}")
    for number in range(600):
        plan = clip_sampler.clips(rng, count=2, most_pairs=2, text=number % 2 == 0)
        asked = sample_question(plan, rng, about="text" if number % 2 == 0 else "seen", absent=number % 5 == 0)
        if asked is not None:
            text = OPENING + prompt_text(plan, asked.question) + CLOSING + asked.reply + CAPTION_INSTRUCTION
            for mark in SPECIAL_TOKENS:
                text = text.replace(mark, "")
            yield text
