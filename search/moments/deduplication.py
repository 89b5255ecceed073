"""Deduplication: folds near-duplicate moments into the best of them, and limits the moments of one video. Pure.

Nothing is lost: the folded moments stay with the one that is shown in their place, and can be listed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from indexer.store.memory.dot_products import row_products
from indexer.words.folding import fold_name
from search.moments.localization import Draft
from search.options import MOMENTS_PER_VIDEO
from search.scoring.profile_thresholds import NEAR_DUPLICATE_COSINE
from search.signals import MISREAD_SOURCES, signals_of_source

READ_SIGNALS = frozenset(signals_of_source(*MISREAD_SOURCES))
"""Signals whose texts were read by OCR."""
SAME_TEXT = 80.0
"""Of 100: similarity (Indel ratio) of two readings of the same text."""
LEAST_CHARACTERS = 12
"""A shorter text must be equal."""
MOST_COMPARED = 300
"""Different texts, best first; those beyond must be equal."""


@dataclass(frozen=True, slots=True)
class MomentGroup:
    """A moment that is shown, with those that are folded into it."""

    best: Draft
    alike: tuple[Draft, ...] = ()
    """Its near-duplicates, best first."""
    in_video: tuple[Draft, ...] = ()
    """Further moments of its video, beyond the limit; they go with the video's best moment, best first."""

    @property
    def members(self) -> tuple[Draft, ...]:
        """All folded moments, without the one that is shown."""
        return self.alike + self.in_video


@dataclass(slots=True)
class _OpenGroup:
    """A group that is being filled."""

    index: int
    """Of its best moment."""
    alike: list[Draft] = field(default_factory=list[Draft])
    in_video: list[Draft] = field(default_factory=list[Draft])


def fold_moments(
    drafts: Sequence[Draft],
    vectors: NDArray[np.floating[Any]],
    *,
    texts: Sequence[str] | None = None,
    per_video: int = MOMENTS_PER_VIDEO,
    alike: float = NEAR_DUPLICATE_COSINE,
) -> list[MomentGroup]:
    """Groups in the order of their best moments.

    A moment is a near-duplicate of a better one when their pictures are nearly the same and both matched by the same
    text, or by none: one slide during which two things are said makes two moments.

    Args:
        drafts: best first.
        vectors: (n, dim) of unit length, one for each draft; a row of zeros is like no other.
        texts: of `shared_texts`; None: of these drafts.
        per_video: maximum number of groups of one video; 0 for any number.
        alike: cosine from which pictures are the same; above 1, nothing is folded for its picture.
    """
    texts = shared_texts(drafts) if texts is None else texts
    groups: list[_OpenGroup] = []
    by_video: dict[str, list[_OpenGroup]] = {}
    by_text: dict[str, list[_OpenGroup]] = {}
    for index, draft in enumerate(drafts):
        of_video = by_video.setdefault(draft.video_id, [])
        of_text = by_text.setdefault(texts[index], [])
        duplicate = _first_alike(vectors, index, of_text, alike)
        if duplicate is not None:
            duplicate.alike.append(draft)
        elif per_video and len(of_video) >= per_video:
            of_video[0].in_video.append(draft)
        else:
            opened = _OpenGroup(index)
            for some_groups in (of_video, of_text, groups):
                some_groups.append(opened)
    return [MomentGroup(drafts[one.index], tuple(one.alike), tuple(one.in_video)) for one in groups]


def duplicate_candidates(drafts: Sequence[Draft], texts: Sequence[str]) -> list[Draft]:
    """The drafts that share their text, or the lack of one, with another: only their pictures are compared."""
    count = Counter(texts)
    return [draft for draft, text in zip(drafts, texts, strict=True) if count[text] > 1]


def shared_texts(drafts: Sequence[Draft]) -> list[str]:
    """For each draft its text, folded. Of nearly equal on-screen texts the first's, since OCR reads one slide a little
    differently in each encoding of a video; in a caption or a spoken line one other word is another text.
    """
    texts = [" ".join(fold_name(draft.text).split()) for draft in drafts]
    was_read = {text for draft, text in zip(drafts, texts, strict=True) if not READ_SIGNALS.isdisjoint(draft.ranks)}
    firsts: dict[str, str] = {}
    known: list[str] = []
    for text in dict.fromkeys(texts):
        is_compared = text in was_read and len(text) >= LEAST_CHARACTERS and len(known) < MOST_COMPARED
        near = process.extractOne(text, known, scorer=fuzz.ratio, score_cutoff=SAME_TEXT) if is_compared else None
        firsts[text] = text if near is None else str(near[0])
        if is_compared and near is None:
            known.append(text)
    return [firsts[text] for text in texts]


def _first_alike(
    vectors: NDArray[np.floating[Any]], index: int, groups: Sequence[_OpenGroup], alike: float
) -> _OpenGroup | None:
    """The first group whose best moment shows the same."""
    if not groups:
        return None
    cosines = row_products(vectors[[group.index for group in groups]], vectors[index])
    same = np.flatnonzero(cosines >= alike)
    return groups[int(same[0])] if same.size else None
