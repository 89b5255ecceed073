"""The part of a library that retrieval needs, as a protocol."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, TypeVar

from indexer.catalog import TextSource
from indexer.records import SegmentRow
from indexer.store.hits import FrameHit, QueryVector, SampleSource, SegmentKey, Similarities, TextHit

Result = TypeVar("Result")

FRAME_CANDIDATES = 1000
"""Nearest frames for each query; some six lie in one segment. Fixed, so that pages of one search fit together."""
TEXT_CANDIDATES = 200
"""Nearest texts, or those with the best BM25 score, for each query and signal."""


class Searchable(Protocol):
    """What retrieval calls on a library; `indexer.store.library.Library` implements it."""

    def nearest_frames(
        self, vector: QueryVector, *, limit: int, video_ids: Collection[str] | None = None
    ) -> list[FrameHit]: ...

    def nearest_texts(
        self, vector: QueryVector, *, source: TextSource, limit: int, video_ids: Collection[str] | None = None
    ) -> list[TextHit]: ...

    def match_words(
        self,
        query: str,
        *,
        source: TextSource,
        limit: int,
        video_ids: Collection[str] | None = None,
        fuzzy: bool = False,
    ) -> list[TextHit]: ...

    def run_concurrently(self, queries: Sequence[Callable[[], Result]]) -> list[Result]: ...

    def background(self, vector: QueryVector, *, what: SampleSource, size: int = 1000) -> Similarities: ...

    def segments(self, video_id: str) -> list[SegmentRow]: ...

    def segments_by_key(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, SegmentRow]: ...

    def frame_similarities(
        self, vector: QueryVector, keys: Sequence[SegmentKey]
    ) -> dict[SegmentKey, list[tuple[float, float]]]: ...
