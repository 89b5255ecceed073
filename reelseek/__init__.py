"""Reelseek for Python programs: open a library, search it, ask it, index into it.

What this package exports is stable: names and fields change only with a major version. Everything else in the
distribution is its inside. `docs/python.md` shows it at work.
"""

from indexer.errors import ReelseekError
from indexer.pipeline.events import IndexFinished
from indexer.records import TimeSpan, Video
from reelseek.library import Library, open_library
from search.answering.answer import Answer, CitedMoment
from search.results import Moment, SearchResult

open = open_library  # noqa: A001 - read as `reelseek.open`

__all__ = [
    "Answer",
    "CitedMoment",
    "IndexFinished",
    "Library",
    "Moment",
    "ReelseekError",
    "SearchResult",
    "TimeSpan",
    "Video",
    "open",
]
