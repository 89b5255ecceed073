"""Records of questions and their answers."""

from typing import Annotated

from msgspec import Meta, Struct

from api.service.parameters import body_field
from api.service.schemas.values import Link, Name, Seconds, VideoId
from search.conversation.exchange import ResolvedBy
from search.options import (
    CLIPS,
    CONVERSATION,
    EFFORT,
    LOOK_AGAIN,
    MODE,
    QUESTION,
    RETRIEVAL,
    SCOPE,
    VIDEO,
    EffortName,
    Mode,
)


class AskRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A question; with `conversation` one that may refer to earlier ones, as "and what colour is it?"."""

    question: Annotated[str, body_field(QUESTION)]
    conversation: Annotated[str, body_field(CONVERSATION)] | None = None
    video: Annotated[str, body_field(VIDEO)] | None = None
    scope: Annotated[str, body_field(SCOPE)] | None = None
    clips: Annotated[list[str], body_field(CLIPS)] = []
    mode: Annotated[Mode, body_field(MODE)] = MODE.default
    effort: Annotated[EffortName, body_field(EFFORT)] = EFFORT.default
    retrieval: Annotated[bool, body_field(RETRIEVAL)] = RETRIEVAL.default
    look_again: Annotated[bool, body_field(LOOK_AGAIN)] = LOOK_AGAIN.default


class CitedMoment(Struct, kw_only=True):
    """A span that supports the answer; without an answer, one of the closest."""

    video_id: VideoId
    video: Name
    start_seconds: Seconds
    stop_seconds: Seconds
    why: Annotated[str, Meta(examples=["the car is red"])]
    thumbnail: Link
    media: Link
    clip: Link


class EvidenceUsed(Struct, kw_only=True):
    """What the model saw."""

    clips: int
    frames: int
    tokens: int
    context_limit: int
    passes: int
    steps: Annotated[int, Meta(description="With `look_again`: number of steps that the model took.")]


class AskAnswer(Struct, kw_only=True):
    """The answer to a question, with the moments that support it."""

    asked: Annotated[str, Meta(description="The question as asked.")]
    question: Annotated[str, Meta(description="The question that was answered, rewritten to stand alone.")]
    within: Annotated[
        str,
        Meta(
            description="The part of the library that the question was narrowed to; empty for all of it.",
            examples=["after 1:40 in trip.mp4"],
        ),
    ]
    resolved_by: Annotated[ResolvedBy, Meta(description="How the question was rewritten to stand alone.")]
    conversation: Annotated[str, Meta(description="Send it with a follow-up question; empty for clips.")]
    found: bool
    answer: Annotated[str, Meta(examples=["The car is red."])]
    moments: list[CitedMoment]
    evidence: EvidenceUsed
    model: str
    seconds: float
    warnings: Annotated[list[str], Meta(description="What could not be examined.")]


class ShownClip(Struct, kw_only=True):
    """A clip that the model sees."""

    video_id: VideoId
    video: Name
    start_seconds: Seconds
    stop_seconds: Seconds
    thumbnail: Link
