"""Records of videos: lists, details, metadata, tags."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.service.options import State
from api.service.schemas.values import Kind, Link, Name, Seconds, VideoId


class Failure(Struct, kw_only=True):
    """Why a video, or a stage of it, could not be indexed."""

    stage: Annotated[str, Meta(description="The stage that failed.", examples=["picture"])]
    kind: Annotated[str, Meta(examples=["unreadable"])]
    reason: str
    log: Annotated[
        str, Meta(description="File in the library's folder with the traceback; empty for foreseen failures.")
    ]


class Video(Struct, kw_only=True):
    """A video of the library."""

    video_id: VideoId
    video: Name
    kind: Kind
    folder: Annotated[str, Meta(description="Folder below a configured root; empty for videos elsewhere.")]
    duration_seconds: Seconds
    size_bytes: int
    width: Annotated[int, Meta(description="In pixels, as displayed; 0 without pictures, or if unknown.")]
    height: Annotated[int, Meta(description="In pixels, as displayed; 0 without pictures, or if unknown.")]
    frames_per_second: Annotated[
        float, Meta(description="Average; 0 without pictures, or if unknown.", examples=[29.97])
    ]
    codec: Annotated[
        str, Meta(description="Codec of the pictures, or of the sound if there are none.", examples=["h264"])
    ]
    added_at: Annotated[str, Meta(description="When it was indexed; RFC 3339.")] | None
    state: State
    stages: Annotated[list[str], Meta(description="Stages that are indexed.", examples=[["picture", "subtitles"]])]
    created_at: Annotated[str, Meta(description="When it was recorded; RFC 3339.", examples=["2023-05-09T11:41:46Z"])]
    created_source: Annotated[
        Literal["container", "file"],
        Meta(description="Source of the time: the container, or the file's modification time."),
    ]
    tags: Annotated[list[str], Meta(description="Tags.", examples=[["holiday"]])]
    languages: Annotated[
        list[str],
        Meta(description="Languages of its subtitles and speech, as BCP 47 tags.", examples=[["de", "pt-BR"]]),
    ]
    failure: Annotated[Failure | None, Meta(description="Why the video is not indexed.")]
    stage_failures: Annotated[list[Failure], Meta(description="Stages that failed; the others are indexed.")]
    segments: int
    playable: Annotated[str, Meta(description="How a browser can play it: `direct`, `remux`, `transcode` or `no`.")]
    thumbnail: Link
    media: Link
    sprites: Link


class Segment(Struct, kw_only=True):
    """A part of a video between two scene cuts."""

    start_seconds: Seconds
    stop_seconds: Seconds
    caption: str


class Chapter(Struct, kw_only=True):
    """A chapter, as marked in the container."""

    start_seconds: Seconds
    stop_seconds: Seconds
    title: Annotated[str, Meta(description="Plain text; may be empty.")]


class Place(Struct, kw_only=True):
    """Coordinates in WGS 84; north and east are positive."""

    latitude_degrees: Annotated[float, Meta(examples=[51.5334])]
    longitude_degrees: Annotated[float, Meta(examples=[-0.1255])]


class Metadata(Struct, kw_only=True):
    """Descriptive metadata of the container: untrusted plain text; empty where there is none."""

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
    """A tag with its number of videos."""

    tag: str
    videos: int


class VideoDetails(Video, kw_only=True):
    """A video with its metadata and segments."""

    metadata: Metadata
    segments_list: list[Segment]
    texts: Annotated[
        dict[str, int],
        Meta(description="Number of texts by source.", examples=[{"subtitle": 41, "screen_text": 3, "caption": 12}]),
    ]
    warnings: list[str]


class VideoPage(Struct, kw_only=True):
    """A page of the library."""

    total: Annotated[int, Meta(description="Number of videos that match.")]
    offset: int
    limit: int
    videos: list[Video]
