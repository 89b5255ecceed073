"""A list of moments that shows different things: near-duplicates folded into the best of them, few of one video. Pure.

Nothing is lost: what is folded stays with the moment that stands for it, and can be asked for.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.store.memory.dot_products import row_products
from search.moments.localization import Draft
from search.options import MOMENTS_PER_VIDEO
from search.scoring.profile_thresholds import NEAR_DUPLICATE_COSINE


@dataclass(frozen=True, slots=True)
class MomentGroup:
    """A moment that is shown, with those that it stands for."""

    best: Draft
    alike: tuple[Draft, ...] = ()
    """Near-duplicates of it, best first."""
    in_video: tuple[Draft, ...] = ()
    """Further moments of its video, which had its share already; held by the video's best moment, best first."""

    @property
    def members(self) -> tuple[Draft, ...]:
        """All that it stands for, without itself."""
        return self.alike + self.in_video


@dataclass(slots=True)
class _Open:
    """A group that is being filled."""

    place: int
    alike: list[Draft] = field(default_factory=list[Draft])
    in_video: list[Draft] = field(default_factory=list[Draft])


def fold_moments(
    drafts: Sequence[Draft],
    vectors: NDArray[np.floating[Any]],
    *,
    per_video: int = MOMENTS_PER_VIDEO,
    alike: float = NEAR_DUPLICATE_COSINE,
) -> list[MomentGroup]:
    """Groups in the order of their best moments.

    A moment is a near-duplicate of a better one when their pictures are nearly the same and the same words matched,
    or none: one slide on which two things are said is two moments.

    Args:
        drafts: best first.
        vectors: (n, dim) of unit length, one for each draft; a row of zeros is like nothing.
        per_video: groups of one video at most; 0 for any number.
        alike: cosine from which pictures are the same; above 1 nothing is folded for its picture.
    """
    groups: list[_Open] = []
    of_video: dict[str, list[_Open]] = {}
    of_words: dict[str, list[_Open]] = {}
    for place, draft in enumerate(drafts):
        own, said = of_video.setdefault(draft.video_id, []), of_words.setdefault(_words_of(draft), [])
        near = _nearest(vectors, place, said, alike)
        if near is not None:
            near.alike.append(draft)
        elif per_video and len(own) >= per_video:
            own[0].in_video.append(draft)
        else:
            opened = _Open(place)
            for groups_of in (own, said, groups):
                groups_of.append(opened)
    return [MomentGroup(drafts[one.place], tuple(one.alike), tuple(one.in_video)) for one in groups]


def duplicate_candidates(drafts: Sequence[Draft]) -> list[Draft]:
    """Those that share their words, or having none, with another: only their pictures are compared."""
    words = [_words_of(draft) for draft in drafts]
    count = Counter(words)
    return [draft for draft, own in zip(drafts, words, strict=True) if count[own] > 1]


def _words_of(draft: Draft) -> str:
    return " ".join(draft.text.casefold().split())


def _nearest(vectors: NDArray[np.floating[Any]], place: int, groups: Sequence[_Open], alike: float) -> _Open | None:
    """The first group whose best moment looks the same."""
    if not groups:
        return None
    cosines = row_products(vectors[[group.place for group in groups]], vectors[place])
    same = np.flatnonzero(cosines >= alike)
    return groups[int(same[0])] if same.size else None
