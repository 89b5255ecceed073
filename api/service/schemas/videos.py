"""Records of videos: lists, details, metadata, tags."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.service.options import State
from api.service.schemas.values import Link, Name, Seconds, VideoId


class Failure(Struct, kw_only=True):
    """Why a video could not be indexed."""

    kind: Annotated[str, Meta(examples=["unreadable"])]
    reason: str


class Video(Struct, kw_only=True):
    """A video of the library."""

    video_id: VideoId
    video: Name
    folder: Annotated[str, Meta(description="Below a configured root; empty where it lies elsewhere.")]
    duration_seconds: Seconds
    size_bytes: int
    width: Annotated[int, Meta(description="Pixels as shown; 0 when unknown.")]
    height: Annotated[int, Meta(description="Pixels as shown; 0 when unknown.")]
    codec: Annotated[str, Meta(examples=["h264"])]
    added_at: Annotated[str, Meta(description="RFC 3339; when it was indexed.")] | None
    state: State
    stages: Annotated[list[str], Meta(description="What is indexed of it.", examples=[["picture", "subtitles"]])]
    created_at: Annotated[str, Meta(description="RFC 3339; when it was taken.", examples=["2023-05-09T11:41:46Z"])]
    created_source: Annotated[
        Literal["container", "file"],
        Meta(description="Who says so: the video itself, or the file's modification time."),
    ]
    tags: Annotated[list[str], Meta(description="The person's own.", examples=[["holiday"]])]
    failure: Failure | None
    segments: int
    playable: Annotated[str, Meta(description="direct, remux, transcode or no: how a browser can play it.")]
    thumbnail: Link
    media: Link
    sprites: Link


class Segment(Struct, kw_only=True):
    """A part of a video between two cuts."""

    start_seconds: Seconds
    stop_seconds: Seconds
    caption: str


class Chapter(Struct, kw_only=True):
    """A named part of a video, as its container marks it."""

    start_seconds: Seconds
    stop_seconds: Seconds
    title: Annotated[str, Meta(description="Plain text; may be empty.")]


class Place(Struct, kw_only=True):
    """WGS 84; north and east are positive."""

    latitude_degrees: Annotated[float, Meta(examples=[51.5334])]
    longitude_degrees: Annotated[float, Meta(examples=[-0.1255])]


class Metadata(Struct, kw_only=True):
    """What the container says in words: plain text that strangers wrote; empty where it says nothing."""

    title: str
    camera: Annotated[str, Meta(examples=["Apple iPhone 14 Pro"])]
    place: Place | None
    place_name: str
    artist: str
    comment: str
    description: str
    chapters: list[Chapter]


class TagList(Struct, forbid_unknown_fields=True, kw_only=True):
    """All tags of a video."""

    tags: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=100, examples=[["holiday"]])
    ]


class TagCount(Struct, kw_only=True):
    """A tag, and how many videos have it."""

    tag: str
    videos: int


class VideoDetails(Video, kw_only=True):
    """A video with its segments."""

    metadata: Metadata

    segments_list: list[Segment]
    texts: Annotated[
        dict[str, int],
        Meta(description="How many texts, by source.", examples=[{"subtitle": 41, "screen_text": 3, "caption": 12}]),
    ]
    warnings: list[str]


class VideoPage(Struct, kw_only=True):
    """A page of the library."""

    total: Annotated[int, Meta(description="Videos that fit the filters.")]
    offset: int
    limit: int
    videos: list[Video]
