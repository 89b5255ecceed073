"""Records of a video's chapters."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.service.schemas.values import Seconds, VideoId


class ChapterView(Struct, kw_only=True):
    """A part of a video: the half-open span [start_seconds, stop_seconds)."""

    start_seconds: Seconds
    stop_seconds: Seconds
    title: Annotated[str, Meta(description="One line of plain text.", examples=["How bread rises"])]
    source: Annotated[
        Literal["container", "found"], Meta(description="Marked in the container, or found from the segments.")
    ]


class ChapterList(Struct, kw_only=True):
    """The chapters of a video in order of time, without overlaps."""

    video_id: VideoId
    chapters: list[ChapterView]
