"""Rank fusion: several ranked lists into one, by ranks alone. Pure.

Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009, "Reciprocal Rank Fusion outperforms Condorcet and
individual Rank Learning Methods"): the score of a key is the sum, over the lists that hold it, of 1 / (k + rank), with
ranks counted from 1 within each list. Lists may be weighted. Raw scores are never mixed, since those of different
signals have different scales.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

RANK_CONSTANT = 60
"""`k` of the formula. The paper found 60 near the best, and the choice not critical."""


class SortableKey(Hashable, Protocol):
    """A key that can be ordered, to break ties."""

    def __lt__(self, other: Any, /) -> bool: ...


Key = TypeVar("Key", bound=SortableKey)
Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class FusedItem(Generic[Key, Name]):
    """An item of the fused list."""

    key: Key
    score: float
    ranks: dict[Name, int]
    """Rank, from 1, in each list that holds the key; names in sorted order."""


def fuse_ranks(
    lists: Mapping[Name, Sequence[Key]],
    *,
    k: int = RANK_CONSTANT,
    weights: Mapping[Name, float] | None = None,
    item_weights: Mapping[Name, Mapping[Key, float]] | None = None,
) -> list[FusedItem[Key, Name]]:
    """One list of all keys, best first.

    A key that occurs twice in a list counts once, at its better rank, and the keys after the copy move up. Equal scores
    are ordered by the best single rank, then by the keys themselves, so that the result depends on the lists alone.

    Args:
        lists: for each signal its keys, best first.
        k: the constant of the formula, above 0; the larger, the less the first ranks stand out.
        weights: factor of each list's share of a score, above 0; 1 where none is given.
        item_weights: factor of a single key's share of a list, as for a text that holds half of a query's words; 1
            where none is given.
    """
    if k <= 0:
        raise ValueError(f"k must be above 0, got {k}")
    list_weights = {name: 1.0 if weights is None else weights.get(name, 1.0) for name in lists}
    if any(weight <= 0 for weight in list_weights.values()):
        raise ValueError(f"every weight must be above 0, got {list_weights}")
    ranks: dict[Key, dict[Name, int]] = {}
    for name in sorted(lists):
        for rank, key in enumerate(dict.fromkeys(lists[name]), start=1):
            ranks.setdefault(key, {})[name] = rank
    key_weights = item_weights or {}

    def score(key: Key, own: Mapping[Name, int]) -> float:
        # fsum rounds once, so the order in which lists are given cannot change a score.
        return math.fsum(
            list_weights[name] * key_weights.get(name, {}).get(key, 1.0) / (k + rank) for name, rank in own.items()
        )

    fused = [FusedItem(key, score(key, own), own) for key, own in ranks.items()]
    return sorted(fused, key=lambda one: (-one.score, min(one.ranks.values()), one.key))
