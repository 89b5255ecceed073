"""Batches of packed sequences: all arrays that a training step needs, so that other processes can prepare them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from demo.vlm.clips.frames import PICTURE_WIDTH
from demo.vlm.clips.scene_facts import TOKEN_PIXELS
from demo.vlm.questions.description_facts import FACT_COUNT, fact_codes
from demo.vlm.sequences.sequence_sampler import PAIR_TOKENS, PROBE, Tail, TrainSequence
from demo.vlm.tokenizer import SPECIAL_TOKENS

VIDEO_PAD = SPECIAL_TOKENS.index("<|video_pad|>")
VISION_END = SPECIAL_TOKENS.index("<|vision_end|>")
WIDE = PICTURE_WIDTH // TOKEN_PIXELS
BLOCK_ROWS, BLOCK_COLUMNS = np.divmod(np.arange(PAIR_TOKENS), WIDE)
BLOCK_STEP = max(PAIR_TOKENS // WIDE, WIDE)
"""How far one pair advances the positions: by its longer side."""
UNTAUGHT = -100
ANSWER_TOKENS = slice(4, 8)
"""The first tokens of the answer, within a reply."""
ANSWER_WEIGHT = 8.0
"""Weight of the answer's tokens in a "what" question: a word or two among forty tokens of form and times."""


@dataclass(frozen=True, slots=True)
class _OnDevice:
    def to(self, device: torch.device) -> Any:
        """Copies all tensors to a device."""
        moved = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(self, **{k: v.to(device) for k, v in moved.items() if isinstance(v, Tensor | _OnDevice)})


@dataclass(frozen=True, slots=True)
class AttentionTargets(_OnDevice):
    """k tokens whose attention is supervised."""

    rows: Tensor
    """(k) which sequence."""
    tokens: Tensor
    """(k) which of its tokens."""
    slots: Tensor
    """(k) how many supervised tokens of the same sequence come before."""
    most: int
    """Supervised tokens of one sequence, at most."""
    aims: Tensor
    """(k, n) which tokens to attend to."""


@dataclass(frozen=True, slots=True)
class Batch(_OnDevice):
    """b packed sequences, padded on the right."""

    ids: Tensor
    """(b, n) token ids."""
    positions: Tensor
    """(3, b, n)"""
    parts: Tensor
    """(b, n) 0 for the prefix, then the number of the tail; -1 for padding."""
    pairs: Tensor
    """Row of the features for each pair of video tokens, in order."""
    taught: Tensor
    """(2, t) row and index of the token before each token of a reply."""
    words: Tensor
    """(t) the replies' tokens."""
    weights: Tensor
    """(t) their weights in the loss."""
    kinds: tuple[tuple[str, ...], ...]
    """(b) kinds of each sequence's tails."""
    copy_targets: AttentionTargets
    """From the token before each copied one to the token that it is copied from."""
    answer_targets: AttentionTargets
    """From the token before each reply to what answers the question."""
    question_targets: AttentionTargets
    """From the last token of every question to what answers it."""
    question_facts: Tensor
    """(questions, FACT_COUNT) what each question says of a scene."""
    has_facts: Tensor
    """(questions) whether a question describes a scene as a whole."""
    answer_clips: Tensor
    """(replies) the clip that each reply names first, 0 for none."""


def token_positions(ids: NDArray[np.int16]) -> tuple[NDArray[np.int64], int]:
    """Returns the positions (3, n) that Qwen2-VL gives to tokens with whole pairs among them, and the next one."""
    pads = np.flatnonzero(ids == VIDEO_PAD)
    steps = np.ones(len(ids), np.int64)
    steps[pads] = 0
    steps[pads[PAIR_TOKENS - 1 :: PAIR_TOKENS]] = BLOCK_STEP
    ends = np.cumsum(steps)
    positions = np.tile(ends - steps, (3, 1))
    pairs = len(pads) // PAIR_TOKENS
    positions[1:, pads] = np.repeat(positions[0, pads[::PAIR_TOKENS]], PAIR_TOKENS)
    positions[0, pads] = positions[1, pads]
    positions[1, pads] += np.tile(BLOCK_ROWS, pairs)
    positions[2, pads] += np.tile(BLOCK_COLUMNS, pairs)
    return positions, int(ends[-1])


def collate_sequences(sequences: Sequence[TrainSequence]) -> Batch:
    """Packs and pads sequences into a batch."""
    count, longest = len(sequences), max(one.size for one in sequences)
    longest += -longest % 32
    ids, parts = np.zeros((count, longest), np.int64), np.full((count, longest), -1, np.int64)
    positions, labels = np.zeros((3, count, longest), np.int64), np.full((count, longest), UNTAUGHT, np.int64)
    weights = np.ones((count, longest), np.float32)
    copies, answers, questions = _TargetList(), _TargetList(), _TargetList()
    for row, one in enumerate(sequences):
        at = len(one.prefix)
        ids[row, :at], parts[row, :at] = one.prefix, 0
        positions[:, row, :at], then = token_positions(one.prefix)
        for number, tail in enumerate(one.tails, 1):
            size, begin = len(tail.ids), at + tail.reply - 1
            ids[row, at : at + size], parts[row, at : at + size] = tail.ids, number
            positions[:, row, at : at + size] = then + np.arange(size)
            labels[row, begin : at + size - 1] = tail.ids[tail.reply :]
            if tail.kind.startswith("what"):
                weights[row, begin : at + size - 1][ANSWER_TOKENS] = ANSWER_WEIGHT
            if tail.evidence:
                questions.add(row, at + tail.question, tail.evidence)
                if tail.kind != PROBE:
                    answers.add(row, begin, tail.evidence)
            for token, source in tail.copies:
                copies.add(row, at + token - 1, (source,))
            at += size
    taught = np.stack(np.nonzero(labels != UNTAUGHT))
    tails = [tail for one in sequences for tail in one.tails]
    facts, has_facts = _question_facts([tail for tail in tails if tail.evidence])
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(positions),
        torch.from_numpy(parts),
        torch.tensor([pair for one in sequences for pair in one.pairs], dtype=torch.long),
        torch.from_numpy(taught),
        torch.from_numpy(labels[taught[0], taught[1]]),
        torch.from_numpy(weights[taught[0], taught[1]]),
        tuple(tuple(tail.kind for tail in one.tails if tail.kind != PROBE) for one in sequences),
        copies.tensors(longest),
        answers.tensors(longest),
        questions.tensors(longest),
        facts,
        has_facts,
        torch.tensor([tail.clip for tail in tails if tail.clip is not None], dtype=torch.long),
    )


class _TargetList:
    """Collects attention targets, row by row."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, tuple[int, ...]]] = []

    def add(self, row: int, token: int, aims: tuple[int, ...]) -> None:
        self.found.append((row, token, aims))

    def tensors(self, longest: int) -> AttentionTargets:
        rows, tokens = (np.array([one[k] for one in self.found], np.int64) for k in (0, 1))
        aims = np.zeros((len(rows), longest), np.bool_)
        for number, (_, _, attended) in enumerate(self.found):
            aims[number, list(attended)] = True
        slots = np.arange(len(rows)) - np.searchsorted(rows, rows)
        first, then, before, wanted = (torch.from_numpy(one) for one in (rows, tokens, slots, aims))
        return AttentionTargets(first, then, before, int(slots.max(initial=0)) + 1, wanted)


def _question_facts(tails: Sequence[Tail]) -> tuple[Tensor, Tensor]:
    facts = torch.zeros((len(tails), FACT_COUNT), dtype=torch.bool)
    for number, tail in enumerate(tails):
        if tail.form is not None:
            facts[number, fact_codes(tail.form)] = True
    return facts, torch.tensor([tail.form is not None for tail in tails], dtype=torch.bool)
