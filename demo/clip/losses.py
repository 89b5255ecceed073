"""Losses of the tiny CLIP: the contrastive loss, and attribute heads that are dropped after training."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from demo.clip.checkpoint import EMBEDDING_SIZE
from demo.training.scene_codes import CODE_FIELDS, Codes

HEAD_CLASSES = {"layout": 3, "background": 8, "pattern": 5, "colour": 9, "shape": 9, "size": 4}
"""Classes of each attribute head; an actor's heads have one more for "no second actor"."""


class AttributeHeads(nn.Module):
    """Linear classifiers on the picture vector before it is normalised.

    One for each field of the codes, by position; and one for which shapes, and which pairs of colour and shape, are
    present at all. The latter is easier and teaches shapes first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sizes = [HEAD_CLASSES[field.rstrip("01")] for field in CODE_FIELDS]
        self.fields = nn.Linear(EMBEDDING_SIZE, sum(self.sizes))
        self.present = nn.Linear(EMBEDDING_SIZE, 8 + 64)
        nn.init.constant_(self.present.bias, -2.5)

    def loss(self, vectors: Tensor, codes: Codes) -> tuple[Tensor, dict[str, float]]:
        """Returns the loss of all classifiers and the share of right answers by field."""
        targets = attribute_targets(codes)
        losses: list[Tensor] = []
        right: dict[str, float] = {}
        for column, (field, logits) in enumerate(
            zip(CODE_FIELDS, self.fields(vectors).split(self.sizes, dim=1), strict=True)
        ):
            losses.append(functional.cross_entropy(logits, targets[:, column]))
            right[field] = (logits.argmax(1) == targets[:, column]).float().mean().item()
        there = presence_targets(codes)
        presence = functional.binary_cross_entropy_with_logits(self.present(vectors), there, reduction="none")
        return torch.stack(losses).sum() / 4 + presence.sum(1).mean() / 3, right


def attribute_targets(codes: Codes) -> Tensor:
    """Returns (n, 9) int64 classes; -1 (no second actor) becomes the last class of its head."""
    targets = torch.from_numpy(codes.astype(np.int64))
    for column, field in enumerate(CODE_FIELDS):
        absent = targets[:, column] < 0
        targets[absent, column] = HEAD_CLASSES[field.rstrip("01")] - 1
    return targets


def presence_targets(codes: Codes) -> Tensor:
    """Returns (n, 72) of 0 and 1: the 8 shapes, then the 64 pairs of colour and shape, that a frame shows."""
    there = np.zeros((len(codes), 72), np.float32)
    rows = np.arange(len(codes))
    for colour, shape in ((3, 4), (6, 7)):
        shown = codes[:, colour] >= 0
        there[rows[shown], codes[shown, shape]] = 1
        there[rows[shown], 8 + codes[shown, colour].astype(np.int64) * 8 + codes[shown, shape]] = 1
    return torch.from_numpy(there)


def contrastive_loss(pictures: Tensor, texts: Tensor, scale: Tensor, fits: Tensor) -> Tensor:
    """The CLIP loss over unit vectors; other pairs that match are not used as negatives.

    `pictures` are (n, dim); the first n of `texts` (n or more, dim) are their captions, the rest are negatives only.
    """
    logits = scale * texts @ pictures.T  # (n_texts, n_pictures)
    count = len(pictures)
    others = fits & ~torch.eye(len(texts), count, dtype=torch.bool)
    logits = logits.masked_fill(others, -1e4)
    target = torch.arange(count)
    return (functional.cross_entropy(logits[:count], target) + functional.cross_entropy(logits.T, target)) / 2
