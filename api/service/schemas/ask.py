"""Records of questions and their answers. As `schemas`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.service.schemas.videos import Link, Name, Seconds, VideoId


class AskRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A question."""

    question: Annotated[str, Meta(max_length=1000, examples=["What colour is the car in front of the bakery?"])]
    video: Annotated[str, Meta(max_length=4096)] | None = None
    mode: Annotated[Literal["frames", "video"], Meta(description="Pairs of frames, or clips as videos.")] = "frames"
    effort: Annotated[Literal["low", "normal", "high"], Meta(description="How many clips are looked at.")] = "normal"
    retrieval: Annotated[bool, Meta(description="False: frames spread evenly over all that there is.")] = True


class CitedMoment(Struct, kw_only=True):
    """A span that the answer rests on; without an answer, one that came closest."""

    video_id: VideoId
    video: Name
    start_seconds: Seconds
    stop_seconds: Seconds
    why: Annotated[str, Meta(examples=["the car is red"])]
    thumbnail: Link
    media: Link
    clip: Link


class EvidenceUsed(Struct, kw_only=True):
    """What the model was shown."""

    clips: int
    frames: int
    tokens: int
    context_limit: int
    passes: int


class AskAnswer(Struct, kw_only=True):
    """The answer to a question, with the moments that it rests on."""

    question: str
    found: bool
    answer: Annotated[str, Meta(examples=["The car is red."])]
    moments: list[CitedMoment]
    evidence: EvidenceUsed
    model: str
    seconds: float
    warnings: Annotated[list[str], Meta(description="What could not be looked at.")]


class ShownClip(Struct, kw_only=True):
    """A clip that the model is shown."""

    video_id: VideoId
    video: Name
    start_seconds: Seconds
    stop_seconds: Seconds
    thumbnail: Link
