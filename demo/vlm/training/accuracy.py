"""Accuracy of the tiny Qwen2-VL in training: whole replies by kind, words of captions by what they describe."""

from collections.abc import Mapping

from torch import Tensor

from demo.vlm.sequences.batches import Batch
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, MOTIONS, PATTERNS, SHAPES, SIZES

WORD_KINDS = (
    dict.fromkeys((*ACTOR_COLOURS, *BACKGROUND_COLOURS), "colour or background")
    | dict.fromkeys(SHAPES, "shape")
    | dict.fromkeys(SIZES, "size")
    | dict.fromkeys(PATTERNS, "pattern")
    | dict.fromkeys((*" ".join(phrases[0] for phrases in MOTIONS.values()).split(), "above", "of"), "motion or layout")
)
"""Word of a caption -> what it describes."""

Tally = dict[str, list[float]]
"""Name -> 1.0 or 0.0 for each prediction."""


def count_right_tokens(tally: Tally, batch: Batch, right: Tensor, word_ids: Mapping[int, str]) -> None:
    """Adds a batch to the tally.

    Args:
        tally: accepts any key.
        right: (t) whether each token of `batch.words` was ranked first.
        word_ids: token -> word.
    """
    rows, tokens = batch.taught
    parts = batch.parts[rows, tokens]
    for row, kinds in enumerate(batch.kinds):
        for number, kind in enumerate(kinds, 1):
            of_reply = (rows == row) & (parts == number)
            tally[kind if len(batch.pairs) else f"told {kind}"].append(float(right[of_reply].all()))
    if batch.kinds[0][0] == "caption":
        for token, good in zip(batch.words.tolist(), right.tolist(), strict=True):
            kind = WORD_KINDS.get(word_ids[token])
            if kind is not None:
                tally[kind].append(float(good))


def mean_accuracies(tally: Tally) -> dict[str, float]:
    """Shares, by name."""
    return {name: round(sum(values) / len(values), 3) for name, values in sorted(tally.items()) if values}
