"""Packed sequences as the arrays that a training step needs, made beforehand so that other processes can make them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from demo.vlm.clips.frames import PICTURE_WIDTH
from demo.vlm.clips.scene_facts import TOKEN_PIXELS
from demo.vlm.questions.description_facts import TOLD, told_codes
from demo.vlm.sequences.sequence_maker import PAIR_TOKENS, PROBE, Tail, TrainSequence
from demo.vlm.tokenizer import SPECIAL_TOKENS

VIDEO_PAD = SPECIAL_TOKENS.index("<|video_pad|>")
VISION_END = SPECIAL_TOKENS.index("<|vision_end|>")
WIDE = PICTURE_WIDTH // TOKEN_PIXELS
BLOCK_ROWS, BLOCK_COLUMNS = np.divmod(np.arange(PAIR_TOKENS), WIDE)
BLOCK_STEP = max(PAIR_TOKENS // WIDE, WIDE)
"""How far the positions go on over one pair: by its longer side."""
UNTAUGHT = -100
ANSWER_TOKENS = slice(4, 8)
"""Of a reply: the first tokens of its answer."""
ANSWER_WEIGHT = 8.0
"""How often the answer of a "what" question counts: a word or two beside forty tokens of form and times."""


@dataclass(frozen=True, slots=True)
class _OnDevice:
    def to(self, device: torch.device) -> Any:
        """The same with all tensors on a device."""
        moved = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(self, **{k: v.to(device) for k, v in moved.items() if isinstance(v, Tensor | _OnDevice)})


@dataclass(frozen=True, slots=True)
class Marks(_OnDevice):
    """k tokens that are to look at others."""

    rows: Tensor
    """(k) which sequence."""
    tokens: Tensor
    """(k) which of its tokens."""
    slots: Tensor
    """(k) how many of the same sequence come before."""
    most: int
    """Of one sequence."""
    aims: Tensor
    """(k, n) at which tokens to look."""


@dataclass(frozen=True, slots=True)
class Batch(_OnDevice):
    """b packed sequences, padded on the right."""

    ids: Tensor
    """(b, n) token ids."""
    places: Tensor
    """(3, b, n)"""
    parts: Tensor
    """(b, n) 0 for the prefix, then the number of the tail; -1 for padding."""
    pairs: Tensor
    """Which pairs' features belong to the video tokens, in order."""
    taught: Tensor
    """(2, t) row and token before each token of a reply."""
    words: Tensor
    """(t) the replies' tokens."""
    weights: Tensor
    """(t) how much each counts."""
    kinds: tuple[tuple[str, ...], ...]
    """(b) of each sequence's tails."""
    copies: Marks
    """Tokens before those that a reply copies, and where these stand."""
    looks: Marks
    """Of each question with a reply: the token before it, and what answers it."""
    heard: Marks
    """Of every question: its last token, and what answers it."""
    told: Tensor
    """(heard, TOLD) what each question tells of a scene."""
    is_told: Tensor
    """(heard) whether it tells something of a scene as a whole."""
    clips: Tensor
    """(looks) the clip that each reply names first, 0 for none."""


def places_of(ids: NDArray[np.int16]) -> tuple[NDArray[np.int64], int]:
    """Returns the positions (3, n) that Qwen2-VL gives to tokens with whole pairs among them, and the next one."""
    pads = np.flatnonzero(ids == VIDEO_PAD)
    steps = np.ones(len(ids), np.int64)
    steps[pads] = 0
    steps[pads[PAIR_TOKENS - 1 :: PAIR_TOKENS]] = BLOCK_STEP
    ends = np.cumsum(steps)
    places = np.tile(ends - steps, (3, 1))
    pairs = len(pads) // PAIR_TOKENS
    places[1:, pads] = np.repeat(places[0, pads[::PAIR_TOKENS]], PAIR_TOKENS)
    places[0, pads] = places[1, pads]
    places[1, pads] += np.tile(BLOCK_ROWS, pairs)
    places[2, pads] += np.tile(BLOCK_COLUMNS, pairs)
    return places, int(ends[-1])


def collate(sequences: Sequence[TrainSequence]) -> Batch:
    """Packs and pads sequences into a batch."""
    count, longest = len(sequences), max(one.size for one in sequences)
    longest += -longest % 32
    ids, parts = np.zeros((count, longest), np.int64), np.full((count, longest), -1, np.int64)
    places, labels = np.zeros((3, count, longest), np.int64), np.full((count, longest), UNTAUGHT, np.int64)
    weights = np.ones((count, longest), np.float32)
    copies, looks, heard = _Marking(), _Marking(), _Marking()
    for row, one in enumerate(sequences):
        at = len(one.prefix)
        ids[row, :at], parts[row, :at] = one.prefix, 0
        places[:, row, :at], then = places_of(one.prefix)
        for number, tail in enumerate(one.tails, 1):
            size, begin = len(tail.ids), at + tail.reply - 1
            ids[row, at : at + size], parts[row, at : at + size] = tail.ids, number
            places[:, row, at : at + size] = then + np.arange(size)
            labels[row, begin : at + size - 1] = tail.ids[tail.reply :]
            if tail.kind.startswith("what"):
                weights[row, begin : at + size - 1][ANSWER_TOKENS] = ANSWER_WEIGHT
            if tail.looks:
                heard.add(row, at + tail.question, tail.looks)
                if tail.kind != PROBE:
                    looks.add(row, begin, tail.looks)
            for token, source in tail.copies:
                copies.add(row, at + token - 1, (source,))
            at += size
    taught = np.stack(np.nonzero(labels != UNTAUGHT))
    tails = [tail for one in sequences for tail in one.tails]
    told, is_told = _told([tail for tail in tails if tail.looks])
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(places),
        torch.from_numpy(parts),
        torch.tensor([pair for one in sequences for pair in one.pairs], dtype=torch.long),
        torch.from_numpy(taught),
        torch.from_numpy(labels[taught[0], taught[1]]),
        torch.from_numpy(weights[taught[0], taught[1]]),
        tuple(tuple(tail.kind for tail in one.tails if tail.kind != PROBE) for one in sequences),
        copies.marks(longest),
        looks.marks(longest),
        heard.marks(longest),
        told,
        is_told,
        torch.tensor([tail.clip for tail in tails if tail.clip is not None], dtype=torch.long),
    )


class _Marking:
    """Gathers marks, row by row."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, tuple[int, ...]]] = []

    def add(self, row: int, token: int, aims: tuple[int, ...]) -> None:
        self.found.append((row, token, aims))

    def marks(self, longest: int) -> Marks:
        rows, tokens = (np.array([one[k] for one in self.found], np.int64) for k in (0, 1))
        aims = np.zeros((len(rows), longest), np.bool_)
        for number, (_, _, looked_at) in enumerate(self.found):
            aims[number, list(looked_at)] = True
        slots = np.arange(len(rows)) - np.searchsorted(rows, rows)
        first, then, before, wanted = (torch.from_numpy(one) for one in (rows, tokens, slots, aims))
        return Marks(first, then, before, int(slots.max(initial=0)) + 1, wanted)


def _told(tails: Sequence[Tail]) -> tuple[Tensor, Tensor]:
    told = torch.zeros((len(tails), TOLD), dtype=torch.bool)
    for number, tail in enumerate(tails):
        if tail.form is not None:
            told[number, told_codes(tail.form)] = True
    return told, torch.tensor([tail.form is not None for tail in tails], dtype=torch.bool)
