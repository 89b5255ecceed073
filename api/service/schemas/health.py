"""Records about the service itself: sessions, health, problems. As `schemas`."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType


class SessionRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A key, to be kept in a cookie of this browser."""

    key: Annotated[str, Meta(max_length=200)]


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


class FieldProblem(Struct, kw_only=True):
    """What is wrong with one field of a request."""

    field: Annotated[str, Meta(examples=["limit"])]
    message: Annotated[str, Meta(examples=["Expected `int` <= 200"])]


class QueryFault(Struct, kw_only=True):
    """Where a query's grammar is at fault, and how it is right."""

    start: Annotated[int, Meta(description="In characters of `query`, from 0; half open.", examples=[7])]
    stop: Annotated[int, Meta(examples=[12])]
    query: Annotated[str, Meta(description="The query, tidied.", examples=['a sign "exit'])]
    reason: Annotated[str, Meta(examples=["this quote is not closed"])]
    example: Annotated[str, Meta(examples=['a sign that says "exit"'])]


class Problem(Struct, kw_only=True, omit_defaults=True):
    """Why a request failed, as RFC 9457 has it."""

    type: Annotated[str, Meta(description="Stable.", examples=["urn:reelseek:problem:query"])]
    title: Annotated[str, Meta(examples=["The query cannot be used"])]
    status: Annotated[int, Meta(examples=[400])]
    detail: Annotated[str, Meta(examples=["the query is empty; say in a few words what to look for"])]
    instance: Annotated[str, Meta(description="The request's id.", examples=["5f2c9a7e1b3d4c60"])]
    errors: list[FieldProblem] | UnsetType = UNSET
    query_fault: QueryFault | UnsetType = UNSET
