"""AskedPart: the part of a library that a question is about, by a video's name and a scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from indexer.errors import NotInLibraryError
from indexer.records import TimeSpan, Video
from indexer.store.library import Library
from search.query.scope import Scope, parse_scope
from search.retrieval.scope import spans_in_scope


@dataclass(frozen=True, slots=True)
class AskedPart:
    """The videos that are asked of, and which part of each."""

    video: Video | None
    """The one that is named; None for all."""
    scope: Scope | None
    videos: tuple[Video, ...]
    """In scope; in the order of the library."""

    @property
    def video_id(self) -> str | None:
        """Of the one that is named."""
        return None if self.video is None else self.video.video_id

    @classmethod
    def of(cls, library: Library, video: str | None, scope: str | None) -> Self:
        """The part that goes by a video's name and a scope.

        Raises:
            NotInLibraryError: no video, or several, go by that name, or no video is in scope.
            QueryError: the scope cannot be used.
        """
        limits = None if scope is None else parse_scope(scope)
        named = None if video is None else library.find_video(video)
        videos = tuple(library.videos()) if named is None else (named,)
        if limits is not None:
            videos = tuple(one for one in videos if limits.filters.matches(one))
            if not videos:
                raise NotInLibraryError("no video matches this scope; see `reelseek videos` for tags and dates")
        return cls(named, limits, videos)

    def inside(self, library: Library, spans: Sequence[tuple[str, TimeSpan]]) -> list[TimeSpan | None]:
        """For each (video id, span) of `videos` the part that is asked of; None where none is."""
        if self.scope is None:
            return [span for _, span in spans]
        return spans_in_scope(library, self.scope, spans, videos={one.video_id: one for one in self.videos})
