"""Drafts -> the page that is shown: folded, and cut out of one fixed order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.errors import QueryError
from indexer.store.library import Library
from search.moments.deduplication import MomentGroup, duplicate_candidates, fold_moments
from search.moments.localization import Draft
from search.options import MAX_LIMIT, MOMENTS_PER_VIDEO
from search.scoring.profile_thresholds import profile_thresholds


@dataclass(frozen=True, slots=True)
class ResultPage:
    """What of a list is shown."""

    shown: list[MomentGroup]
    more: bool
    """Further ones follow."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list is asked for.

    Raises:
        QueryError: a number is out of its range.
    """

    limit: int
    """1 to `MAX_LIMIT`."""
    offset: int
    """From 0."""
    expand: int | None = None
    """The rank, from 1, of the moment of which the folded ones are listed instead."""

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise QueryError(f"limit = {self.limit} is outside 1 to {MAX_LIMIT}; page with offset for more")
        if self.offset < 0:
            raise QueryError(f"offset = {self.offset} is below 0; 0 is the first moment")
        if self.expand is not None and self.expand < 1:
            raise QueryError(f"expand = {self.expand} is below 1, the rank of the first moment")

    def of(self, groups: Sequence[MomentGroup]) -> ResultPage:
        """The groups of this page; a rank beyond the list has nothing folded in."""
        if self.expand is not None:
            opened = groups[self.expand - 1 : self.expand]
            groups = [MomentGroup(draft) for one in opened for draft in one.members]
        stop = self.offset + self.limit
        return ResultPage(list(groups[self.offset : stop]), len(groups) > stop)


def check_per_video(per_video: int | None, *, one_video: bool) -> int:
    """Moments of one video at most, 0 for any number; None stands for the default.

    Raises:
        QueryError: it is below 0.
    """
    if per_video is None:
        return 0 if one_video else MOMENTS_PER_VIDEO
    if per_video < 0:
        raise QueryError(f"per_video = {per_video} is below 0; 0 is any number")
    return per_video


def group_moments(library: Library, drafts: Sequence[Draft], *, per_video: int) -> list[MomentGroup]:
    """Folded by what the library knows of the moments' pictures."""
    found = library.segment_vectors([(draft.video_id, draft.segment_index) for draft in duplicate_candidates(drafts)])
    vectors = np.zeros((len(drafts), library.maker.picture_dim), np.float32)
    for place, draft in enumerate(drafts):
        if (vector := found.get((draft.video_id, draft.segment_index))) is not None:
            vectors[place] = vector
    alike = profile_thresholds(library.maker.profile).near_duplicate_cosine
    return fold_moments(drafts, vectors, per_video=per_video, alike=alike)
