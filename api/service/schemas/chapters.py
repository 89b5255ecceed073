"""Records of a video's chapters."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.service.schemas.values import Seconds, VideoId


class ChapterView(Struct, kw_only=True):
    """A part of a video; half open: [start_seconds, stop_seconds)."""

    start_seconds: Seconds
    stop_seconds: Seconds
    title: Annotated[str, Meta(description="One line of plain text.", examples=["How bread rises"])]
    source: Annotated[
        Literal["container", "found"], Meta(description="Marked in the file, or found from its segments.")
    ]


class ChapterList(Struct, kw_only=True):
    """The chapters of a video in order of time, none over another."""

    video_id: VideoId
    chapters: list[ChapterView]
