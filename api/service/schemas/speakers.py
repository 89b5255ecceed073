"""Records of speakers, and of their naming."""

from typing import Annotated

from msgspec import Meta, Struct

from api.service.schemas.values import VideoId

SpeakerName = Annotated[str, Meta(min_length=1, max_length=100, examples=["Speaker 1"])]


class SpeakerView(Struct, kw_only=True):
    """Somebody who speaks in the library."""

    name: str
    seconds: Annotated[float, Meta(description="Speaking time in all videos.")]
    videos: Annotated[int, Meta(description="Number of videos in which the person speaks.")]


class SpeakerList(Struct, kw_only=True):
    """All speakers, those who speak longest first."""

    speakers: list[SpeakerView]


class SpeakerRename(Struct, forbid_unknown_fields=True, kw_only=True):
    """Another name for a speaker."""

    name: SpeakerName
    new_name: Annotated[
        str,
        Meta(
            description="The name of another speaker merges the two.", min_length=1, max_length=100, examples=["Anna"]
        ),
    ]


class SpeakerSplit(Struct, forbid_unknown_fields=True, kw_only=True):
    """A video in which a voice is not the speaker's."""

    name: SpeakerName
    video_id: VideoId
