"""Heads on the language model's middle states that speed up learning on a CPU; thrown away after training.

After every pair the state is to hold what its scene shows; at the reply's begin, which clip answers.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from demo.vlm_facts import Ints, SceneFacts
from demo.vlm_frames import PAIRS
from demo.vlm_text import UNTAUGHT, VISION_END, Batch

FACTS = {"role": 6, "colour": 9, "shape": 9, "size": 4, "motion": 11}
"""Of each of two actors; the last number of classes counts "there is none"."""
MOST_CLIPS = 8
WEIGHT = 0.3


def fact_table(facts: SceneFacts) -> Ints:
    """Lists facts of scenes as codes: (n, 12): background, pattern, then FACTS of both actors."""
    columns = [facts.background, facts.pattern]
    for index in range(2):
        for name, classes in FACTS.items():
            codes = getattr(facts, name)[:, index]
            columns.append(np.where(codes < 0, classes - 1, codes))
    return np.stack(columns, 1)


class TeachingHeads(nn.Module):
    """What the heads say, and how wrong it is."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.classes = [8, 5, *FACTS.values(), *FACTS.values()]
        self.facts_head = nn.Linear(size, sum(self.classes))
        self.clip_head = nn.Linear(size, MOST_CLIPS)

    def loss(self, taught: Tensor, batch: Batch, table: Ints, clips: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Returns the loss and what to log.

        Args:
            taught: (b, n, size) middle states.
            table: (scenes, 12) of `fact_table`.
            clips: (tails) number of the clip that each reply names first, 0 for none, UNTAUGHT for a caption.
        """
        states = taught[batch.ids == VISION_END].float()
        wanted = torch.from_numpy(table[batch.pairs // PAIRS])
        said = self.facts_head(states).split(self.classes, 1)
        loss = torch.stack([functional.cross_entropy(one, wanted[:, k]) for k, one in enumerate(said)]).mean()
        right = {
            "taught motion": float((said[6].detach().argmax(1) == wanted[:, 6]).float().mean()),
            "taught shape": float((said[4].detach().argmax(1) == wanted[:, 4]).float().mean()),
        }
        begins = (batch.labels != UNTAUGHT) & (batch.labels.roll(1, 1) == UNTAUGHT)
        known = clips != UNTAUGHT
        if known.any():
            named = self.clip_head(taught[begins].float())
            loss = loss + functional.cross_entropy(named[known], clips[known])
            right["taught clip"] = float((named.detach().argmax(1) == clips)[known].float().mean())
        return loss * WEIGHT, right
