"""Records of the texts of a video: what is said, written and described in it."""

from typing import Annotated

from msgspec import Meta, Struct

from api.service.schemas.values import Name, Seconds, VideoId


class TimedLine(Struct, kw_only=True):
    """A text with the half-open span [start_seconds, stop_seconds) in which it is heard or seen."""

    start_seconds: Seconds
    stop_seconds: Seconds
    text: Annotated[str, Meta(description="Plain text; lines on screen are separated by newlines.")]
    speaker: Annotated[str, Meta(description="Speaker; empty if unknown.", examples=["Anna"])]
    language: Annotated[str, Meta(description="Language tag; empty if unknown.", examples=["en"])]
    is_scenery: Annotated[
        bool, Meta(description="On-screen text that is visible in nearly every scene, such as a logo.")
    ]


class SourceTexts(Struct, kw_only=True):
    """The texts of one source."""

    source: Annotated[str, Meta(description="Name of the source.", examples=["screen_text"])]
    label: Annotated[str, Meta(description="Display name of the source.", examples=["on-screen text"])]
    kind: Annotated[str, Meta(description="`said`, `written` or `described`.", examples=["written"])]
    lines: Annotated[list[TimedLine], Meta(description="In order of time.")]


class VideoTexts(Struct, kw_only=True):
    """All texts of a video, to read along with it."""

    video: Name
    video_id: VideoId
    sources: Annotated[list[SourceTexts], Meta(description="All indexed sources, including those without texts.")]
