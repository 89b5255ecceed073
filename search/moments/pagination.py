"""Pagination: a page of the folded moments, cut out of one fixed order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.errors import QueryError
from indexer.records import Video
from indexer.store.hits import SegmentKey
from indexer.store.library import Library
from search.moments.deduplication import MomentGroup, duplicate_candidates, fold_moments, shared_texts
from search.moments.localization import Draft
from search.moments.thumbnail_fingerprints import ALIKE, SIDE, thumbnail_fingerprints
from search.options import MAX_LIMIT, MOMENTS_PER_VIDEO, SortName
from search.scoring.profile_thresholds import profile_thresholds


@dataclass(frozen=True, slots=True)
class ResultPage:
    """The groups of one page."""

    shown: list[MomentGroup]
    more: bool
    """Whether further groups follow."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The part of a list that a page shows.

    Raises:
        QueryError: a number is out of range.
    """

    limit: int
    """1 to `MAX_LIMIT`."""
    offset: int
    """From 0."""
    expand: int | None = None
    """Rank, from 1, of a moment; the page then lists the moments that are folded into it instead."""

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise QueryError(f"limit = {self.limit} is outside 1 to {MAX_LIMIT}; page with offset for more")
        if self.offset < 0:
            raise QueryError(f"offset = {self.offset} is below 0; 0 is the first moment")
        if self.expand is not None and self.expand < 1:
            raise QueryError(f"expand = {self.expand} is below 1, the rank of the first moment")

    def of(self, groups: Sequence[MomentGroup]) -> ResultPage:
        """The groups of this page; none where `expand` is beyond the list."""
        if self.expand is not None:
            expanded = groups[self.expand - 1 : self.expand]
            groups = [MomentGroup(draft) for one in expanded for draft in one.members]
        stop = self.offset + self.limit
        return ResultPage(list(groups[self.offset : stop]), len(groups) > stop)


MOST_THUMBNAILS = 200
"""Read for one list, best first; a thumbnail takes half a millisecond."""


def check_per_video(per_video: int | None, *, one_video: bool) -> int:
    """The maximum number of moments of one video, 0 for any number; None stands for the default.

    Raises:
        QueryError: the number is below 0.
    """
    if per_video is None:
        return 0 if one_video else MOMENTS_PER_VIDEO
    if per_video < 0:
        raise QueryError(f"per_video = {per_video} is below 0; use 0 for no limit")
    return per_video


def group_moments(library: Library, drafts: Sequence[Draft], *, per_video: int) -> list[MomentGroup]:
    """The moments folded by their texts and by their pictures: the vectors of their segments, or their thumbnails.

    Sound has no vectors: its thumbnails, which are waveforms, are compared.
    """
    texts = shared_texts(drafts)
    candidates = duplicate_candidates(drafts, texts)
    dim = library.maker.picture_dim
    alike = profile_thresholds(library.maker.profile).near_duplicate_cosine if dim else ALIKE
    found = library.segment_vectors([_key(draft) for draft in candidates])
    thumbnails = _thumbnails_of(library, [draft for draft in candidates if _key(draft) not in found][:MOST_THUMBNAILS])
    vectors = np.zeros((len(drafts), dim + SIDE * SIDE), np.float32)
    for row, key in zip(vectors, map(_key, drafts), strict=True):
        if key in found:
            row[:dim] = found[key]
        elif key in thumbnails:
            row[dim:] = thumbnails[key]
    return fold_moments(drafts, vectors, texts=texts, per_video=per_video, alike=alike)


def sort_groups(
    groups: Sequence[MomentGroup], sort: SortName, videos: Mapping[str, Video], *, weak_below: float
) -> list[MomentGroup]:
    """The groups, which are best first, in another order; the weak ones stay after the others.

    Args:
        sort: `newest`: by the videos' dates, the last first; `video`: video by video, that with the best moment first,
            and in order of time.
        videos: by id.
        weak_below: relevance that a moment must reach in order not to be weak; 0 where none is.
    """

    def is_weak(group: MomentGroup) -> bool:
        return group.best.relevance < weak_below

    if sort == "relevance":
        return list(groups)
    if sort == "newest":
        return sorted(groups, key=lambda one: (is_weak(one), -videos[one.best.video_id].created.timestamp()))
    first: dict[tuple[bool, str], int] = {}
    for rank, one in enumerate(groups):
        first.setdefault((is_weak(one), one.best.video_id), rank)

    def place(one: MomentGroup) -> tuple[bool, int, float]:
        weak = is_weak(one)
        return weak, first[weak, one.best.video_id], one.best.span.start_seconds

    return sorted(groups, key=place)


def _key(draft: Draft) -> SegmentKey:
    return draft.video_id, draft.segment_index


def _thumbnails_of(library: Library, drafts: Sequence[Draft]) -> dict[SegmentKey, NDArray[np.float32]]:
    keys = list(dict.fromkeys(map(_key, drafts)))
    found = thumbnail_fingerprints(library.thumbnail_paths(keys))
    return dict(zip(keys, found, strict=True))
