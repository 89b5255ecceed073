"""Records of the texts of a video: what is said, written and described in it."""

from typing import Annotated

from msgspec import Meta, Struct

from api.service.schemas.values import Name, Seconds, VideoId


class TimedLine(Struct, kw_only=True):
    """A text with the half-open span [start_seconds, stop_seconds) in which it is heard or seen."""

    start_seconds: Seconds
    stop_seconds: Seconds
    text: Annotated[str, Meta(description="Plain text; lines of the screen are separated by a newline.")]
    speaker: Annotated[str, Meta(description="Who says it; empty where voices were not told apart.", examples=["Anna"])]
    language: Annotated[str, Meta(description="Language tag; empty where it is not known.", examples=["en"])]
    is_scenery: Annotated[bool, Meta(description="On-screen text that stands in nearly every scene, such as a logo.")]


class SourceTexts(Struct, kw_only=True):
    """The texts of one source."""

    source: Annotated[str, Meta(description="Name of the source.", examples=["screen_text"])]
    label: Annotated[str, Meta(description="The same in words.", examples=["screen text"])]
    kind: Annotated[str, Meta(description="`said`, `written` or `described`.", examples=["written"])]
    lines: Annotated[list[TimedLine], Meta(description="In order of time.")]


class VideoTexts(Struct, kw_only=True):
    """All texts of a video, to read along with it."""

    video: Name
    video_id: VideoId
    sources: Annotated[list[SourceTexts], Meta(description="Those that were indexed, also where nothing was found.")]
