"""`VIDEO@TIME`: a moment named by a person or in an address, to look for more like it. Pure."""

from dataclasses import dataclass

from indexer.errors import QueryError
from search.query.durations import clock_seconds

MAX_REFERENCE_CHARACTERS = 4200
"""A path has at most 4,096."""
_EXAMPLES = "give VIDEO@TIME, as talk.mp4@12:34, talk.mp4@754.2 or talk.mp4@12:34-12:40"


@dataclass(frozen=True, slots=True)
class MomentReference:
    """An instant or a span of a video that is named as a person names it."""

    video: str
    """What `Library.find_video` takes."""
    start_seconds: float
    stop_seconds: float
    """Equal to the start for an instant."""


def parse_moment_reference(text: str) -> MomentReference:
    """`VIDEO@TIME` or `VIDEO@START-STOP`; times are seconds (`754.2`), `12:34` or `1:02:03.5`.

    Raises:
        QueryError: it is not of that form; the message shows one that is.
    """
    if len(text) > MAX_REFERENCE_CHARACTERS:
        raise QueryError(
            f"a reference has at most {MAX_REFERENCE_CHARACTERS:,} characters, got {len(text):,}; {_EXAMPLES}"
        )
    video, sign, times = text.rpartition("@")  # a file's name may hold one itself
    if not sign or not video.strip():
        raise QueryError(f"{text!r} is not a moment; {_EXAMPLES}")
    first, dash, last = times.partition("-")
    start = _seconds(first, text)
    stop = _seconds(last, text) if dash else start
    if stop < start:
        raise QueryError(f"{text!r} stops before it starts; {_EXAMPLES}")
    return MomentReference(video.strip(), start, stop)


def _seconds(time: str, text: str) -> float:
    seconds = clock_seconds(time)
    if seconds is None:
        raise QueryError(f"{time.strip()!r} in {text!r} is not a time; {_EXAMPLES}")
    return seconds
