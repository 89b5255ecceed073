"""Options that only the HTTP service has, by route. Pure; imports nothing heavy."""

from dataclasses import replace
from typing import Any, Literal, get_args

from api.options import EXPORT, TRANSCRIPT
from indexer.catalog import TEXT_SOURCES
from indexer.options import Option
from search.options import ASK, POINTS, QUERY, SEARCH

Sort = Literal["name", "duration", "added", "size", "created"]
Order = Literal["asc", "desc"]
State = Literal["ready", "partial", "failed"]
MOST_SECONDS = 1e7
"""Latest time that a request may give."""

VIDEO_OFFSET: Option[int] = Option("offset", int, default=0, low=0, high=10_000_000, help="Number of videos to skip.")
VIDEO_LIMIT: Option[int] = Option("limit", int, default=50, low=1, high=500, help="Maximum number of videos.")
SORT: Option[Sort] = Option("sort", str, default="name", choices=get_args(Sort), help="Sort key.")
ORDER: Option[Order] = Option("order", str, default="asc", choices=get_args(Order), help="Sort direction.")
NAME_WORDS: Option[str] = Option(
    "name", str, default="", max_length=1000, help="Only videos whose name contains all of these words."
)
TAG: Option[str] = Option("tag", str, default="", max_length=200, help="Only videos with this tag.")
STATE: Option[State | None] = Option(
    "state", str, default=None, choices=get_args(State), help="Only videos in this state."
)
VIDEOS = (VIDEO_OFFSET, VIDEO_LIMIT, SORT, ORDER, NAME_WORDS, TAG, STATE)

UPLOAD_NAME: Option[str | None] = Option(
    "name", str, default=None, max_length=1000, help="Name of the uploaded file, such as clip.mp4."
)

JOB_LIMIT: Option[int] = Option("limit", int, default=50, low=1, high=500, help="Maximum number of jobs.")
JOB_OFFSET: Option[int] = Option("offset", int, default=0, low=0, high=1_000_000, help="Number of jobs to skip.")
JOBS = (JOB_LIMIT, JOB_OFFSET)

ORIGINAL: Option[bool] = Option(
    "original", bool, default=False, help="Serve the file as it is on disk, even if browsers cannot play it."
)
CLIP_START: Option[float | None] = Option(
    "start",
    float,
    default=None,
    low=0,
    high=MOST_SECONDS,
    is_required=True,
    help="Start of the clip, in seconds.",
    examples=(1.5,),
)
CLIP_STOP: Option[float | None] = Option(
    "stop",
    float,
    default=None,
    high=MOST_SECONDS,
    is_required=True,
    help="End of the clip, in seconds.",
    examples=(4.0,),
)
TIME: Option[float | None] = Option(
    "t",
    float,
    default=None,
    low=0,
    high=MOST_SECONDS,
    help="Time of the frame, in seconds.",
    examples=(2.0,),
    default_text="the start of a video, the cover of a recording",
)
WIDTH: Option[int] = Option("width", int, default=320, low=16, high=1280, help="Maximum width, in pixels.")
LANGUAGE: Option[str | None] = Option(
    "language",
    str,
    default=None,
    max_length=64,
    help="Language of the subtitle track.",
    default_text="the track with the most lines",
)
TIMELINE_QUERY: Option[str | None] = Option(
    "words",
    str,
    default=None,
    max_length=QUERY.max_length,
    parameter="query",
    is_required=True,
    help="Text to compare the video with.",
    examples=("red car",),
)
BUCKETS: Option[int] = Option(
    "buckets", int, default=200, low=1, high=2000, help="Number of equal parts of the duration."
)
TEXTS_SOURCE: Option[str | None] = Option(
    "source",
    str,
    default=None,
    choices=TEXT_SOURCES,
    help="Only texts of this source.",
    default_text="all of them",
    examples=("screen_text",),
)
TEXTS_START: Option[float] = Option(
    "start", float, default=0.0, low=0, high=MOST_SECONDS, help="Only texts that end after this time, in seconds."
)
TEXTS_STOP: Option[float] = Option(
    "stop",
    float,
    default=MOST_SECONDS,
    low=0,
    high=MOST_SECONDS,
    help="Only texts that start before this time, in seconds.",
)
SUGGESTION_QUERY: Option[str] = Option(
    "typed",
    str,
    default="",
    parameter="query",
    max_length=QUERY.max_length,
    help="The text typed so far.",
    examples=("a red ca",),
)
TEXTS = (TEXTS_SOURCE, TEXTS_START, TEXTS_STOP)
MEDIA = (ORIGINAL, CLIP_START, CLIP_STOP, TIME, WIDTH, LANGUAGE, TIMELINE_QUERY, BUCKETS)

PLACE_QUERY = replace(TIMELINE_QUERY, help="What to look for in the frame, in words.")
PLACE_TIME = replace(TIME, is_required=True, default_text="", help="Time of the frame, in seconds.")
PLACES = (PLACE_QUERY, PLACE_TIME, POINTS)

SERVICE_OPTIONS: tuple[Option[Any], ...] = (
    *SEARCH,
    *ASK,
    *EXPORT,
    *VIDEOS,
    UPLOAD_NAME,
    *JOBS,
    *MEDIA,
    *PLACES,
    *TRANSCRIPT,
    *TEXTS,
    SUGGESTION_QUERY,
)
"""Every option of every request, except ids in paths and uploaded content."""
