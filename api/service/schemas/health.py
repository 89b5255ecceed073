"""Records of how the service is: queues, signals, disk."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct


class QueueState(Struct, kw_only=True):
    """How busy a queue is."""

    running: int
    waiting: int
    limit: int


class SignalState(Struct, kw_only=True):
    """Whether the signals of a stage are available, and otherwise what is missing."""

    stage: Annotated[str, Meta(examples=["speech"])]
    state: Annotated[
        Literal["ready", "partial", "missing", "off"],
        Meta(description="`partial`: not in all videos; `missing`: something it needs is missing; `off`: disabled."),
    ]
    videos: Annotated[int, Meta(description="Number of videos in which it is ready.")]
    why: Annotated[str, Meta(examples=["the profile demo has no speech model"])]
    how: Annotated[str, Meta(description="How to add it.", examples=["index with --speech-model MODEL"])]


class Health(Struct, kw_only=True):
    """The state of the service."""

    status: Literal["ok", "degraded"]
    problems: Annotated[list[str], Meta(description="Why it is degraded.")]
    version: str
    needs_key: bool
    library: Annotated[
        dict[str, Any],
        Meta(description="`exists`, and row counts.", examples=[{"exists": True, "videos": 4, "segments": 60}]),
    ]
    models: Annotated[
        dict[str, Any],
        Meta(examples=[{"profile": "demo", "picture": "clip", "text": "text", "vision_language": "vlm", "ask": True}]),
    ]
    signals: Annotated[list[SignalState], Meta(description="Empty without a library.")]
    queue: dict[str, QueueState]
    disk: Annotated[dict[str, int], Meta(examples=[{"free_bytes": 12345678}])]
    limits: Annotated[dict[str, int], Meta(examples=[{"max_upload_bytes": 21474836480}])]
