"""Records of how the service is: queues, signals, disk."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct


class QueueState(Struct, kw_only=True):
    """How busy a kind of work is."""

    running: int
    waiting: int
    limit: int


class SignalState(Struct, kw_only=True):
    """Whether the signals of a stage are there, and what they lack."""

    stage: Annotated[str, Meta(examples=["speech"])]
    state: Annotated[
        Literal["ready", "partial", "missing", "off"],
        Meta(description="`partial`: some videos lack it; `missing`: it lacks something; `off`: not asked for."),
    ]
    videos: Annotated[int, Meta(description="In how many videos it is ready.")]
    why: Annotated[str, Meta(examples=["the profile demo has no speech model"])]
    how: Annotated[str, Meta(description="What to do about it.", examples=["index with --speech-model MODEL"])]


class Health(Struct, kw_only=True):
    """How the service is."""

    status: Literal["ok", "degraded"]
    problems: Annotated[list[str], Meta(description="Why it is degraded.")]
    version: str
    needs_key: bool
    library: Annotated[
        dict[str, Any],
        Meta(description="`exists`, and counts.", examples=[{"exists": True, "videos": 4, "segments": 60}]),
    ]
    models: Annotated[
        dict[str, Any],
        Meta(examples=[{"profile": "demo", "picture": "clip", "text": "text", "vision_language": "vlm", "ask": True}]),
    ]
    signals: Annotated[list[SignalState], Meta(description="Empty without a library.")]
    queue: dict[str, QueueState]
    disk: Annotated[dict[str, int], Meta(examples=[{"free_bytes": 12345678}])]
    limits: Annotated[dict[str, int], Meta(examples=[{"max_upload_bytes": 21474836480}])]
