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


class Protection(Struct, kw_only=True):
    """What a decoder, which parses untrusted bytes, cannot reach on this system."""

    files: Annotated[bool, Meta(description="Decoders cannot open any file but their video.")]
    network: Annotated[bool, Meta(description="Decoders have no network access.")]
    processes: Annotated[bool, Meta(description="Decoders cannot start or reach other processes.")]
    means: Annotated[str, Meta(description="What enforces it.", examples=["Landlock 7, seccomp"])]


class Loading(Struct, kw_only=True):
    """How far the models are loaded."""

    step: Annotated[str, Meta(description="What is being loaded.", examples=["text model"])]
    done: Annotated[int, Meta(description="Number of steps done.", examples=[1])]
    steps: Annotated[int, Meta(examples=[3])]


class Health(Struct, kw_only=True):
    """The state of the service."""

    status: Annotated[
        Literal["ok", "loading", "degraded"], Meta(description="`loading`: the first search waits for models.")
    ]
    problems: Annotated[list[str], Meta(description="Why it is degraded.")]
    loading: Annotated[Loading | None, Meta(description="Null once everything is loaded.")]
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
    protection: Protection
    disk: Annotated[dict[str, int], Meta(examples=[{"free_bytes": 12345678}])]
    limits: Annotated[dict[str, int], Meta(examples=[{"max_upload_bytes": 21474836480}])]
