"""What the tools return, as the SDK describes it to models. Times are seconds from the start, spans half-open.

Without slots, which the SDK takes for defaults.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class FoundMoment:
    """A span of a video that matches a query."""

    video_id: str
    video: str
    """Name of the file."""
    start_seconds: float
    stop_seconds: float
    best_frame_seconds: float
    relevance: float
    """Probability that it is what was searched for, 0 to 1."""
    signals: list[str]
    """What matched, as `picture` or `speech_words`."""
    text: str
    """The text that matched; empty if only the picture did."""


@dataclass(frozen=True)
class FoundMoments:
    """A page of moments, best first."""

    found: bool
    """False: nothing reaches the relevance threshold; `closest` holds what comes nearest."""
    searched: str
    """The query as it was searched, without typing mistakes."""
    more: bool
    """Whether more moments follow; ask again with `offset`."""
    moments: list[FoundMoment]
    closest: list[FoundMoment]


@dataclass(frozen=True)
class Citation:
    """A span on which an answer rests."""

    video_id: str
    video: str
    start_seconds: float
    stop_seconds: float
    why: str


@dataclass(frozen=True)
class CitedAnswer:
    """An answer by the library's vision-language model."""

    found: bool
    answer: str
    citations: list[Citation]
    """If nothing was found: the moments that come nearest."""
    model: str


@dataclass(frozen=True)
class ListedVideo:
    """A video of the library."""

    video_id: str
    name: str
    kind: Literal["video", "sound"]
    duration_seconds: float
    created: str
    """RFC 3339."""
    tags: list[str]
    state: Literal["ready", "failed"]


@dataclass(frozen=True)
class VideoList:
    """A page of the library, by name."""

    total: int
    videos: list[ListedVideo]


@dataclass(frozen=True)
class DescribedChapter:
    """A part of a video."""

    start_seconds: float
    stop_seconds: float
    title: str


@dataclass(frozen=True)
class DescribedVideo:
    """A video with its chapters, and which texts it has."""

    video: ListedVideo
    texts: dict[str, int]
    """Number of lines by source, as `subtitle`, `speech`, `screen_text`, `caption`."""
    chapters: list[DescribedChapter]


@dataclass(frozen=True)
class ExportedClip:
    """A clip, accurate to the frame."""

    video: str
    start_seconds: float
    stop_seconds: float
    path: str
    """Of the MP4 on the machine of the server; empty if it is fetched by `link`."""
    link: str
    """Path on this service, to be fetched with GET; empty if the file was written."""
