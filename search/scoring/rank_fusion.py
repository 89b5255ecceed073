"""Ranked lists -> one list, by rank alone. Pure.

Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009, "Reciprocal Rank Fusion outperforms Condorcet and
individual Rank Learning Methods"): the score of a key is the sum, over the lists that hold it, of 1 / (k + rank), the
rank counted from 1 within its own list. A list that is trusted less can be given a smaller weight. Raw scores of
different signals have different scales and are never mixed.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

RANK_CONSTANT = 60
"""`k` of the formula; the paper found 60 near the best, and the choice not critical."""


class SortableKey(Hashable, Protocol):
    """A key that can name a thing and settle a tie."""

    def __lt__(self, other: Any, /) -> bool: ...


Key = TypeVar("Key", bound=SortableKey)
Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class FusedItem(Generic[Key, Name]):
    """One key of the fused list."""

    key: Key
    score: float
    ranks: dict[Name, int]
    """Rank, from 1, in each list that holds the key; names in sorted order."""


def fuse(
    lists: Mapping[Name, Sequence[Key]],
    *,
    k: int = RANK_CONSTANT,
    weights: Mapping[Name, float] | None = None,
    worths: Mapping[Name, Mapping[Key, float]] | None = None,
) -> list[FusedItem[Key, Name]]:
    """One list of all keys, best first.

    A key that one list holds twice counts once, at its best rank; what follows moves up, as if the copy had never
    been there. Equal scores are ordered by the best single rank, then by the keys themselves, so the result depends
    on nothing but the lists.

    Args:
        lists: for each signal its keys, best first.
        k: the constant of the formula, above 0; the larger, the less the first ranks stand out.
        weights: what each list's share of a score is multiplied by, above 0; 1 where none is given.
        worths: what a key's own share of a list is multiplied by, as one that holds half of a query's words; 1 where
            none is given.
    """
    if k <= 0:
        raise ValueError(f"k must be above 0, got {k}")
    share = {name: 1.0 if weights is None else weights.get(name, 1.0) for name in lists}
    if any(weight <= 0 for weight in share.values()):
        raise ValueError(f"every weight must be above 0, got {share}")
    ranks: dict[Key, dict[Name, int]] = {}
    for name in sorted(lists):
        for rank, key in enumerate(dict.fromkeys(lists[name]), start=1):
            ranks.setdefault(key, {})[name] = rank
    own_worth = worths or {}

    def part(name: Name, key: Key, rank: int) -> float:
        return share[name] * own_worth.get(name, {}).get(key, 1.0) / (k + rank)

    # fsum rounds once, so the order in which lists are given cannot change a score.
    fused = [
        FusedItem(key, math.fsum(part(name, key, rank) for name, rank in own.items()), own)
        for key, own in ranks.items()
    ]
    return sorted(fused, key=lambda one: (-one.score, min(one.ranks.values()), one.key))
