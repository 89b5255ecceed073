"""Records of jobs, and the request that starts one by a path."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.service.schemas.values import JobId

JobState = Literal["queued", "running", "done", "failed", "cancelled"]


class JobError(Struct, kw_only=True):
    """Why a job failed."""

    type: Annotated[str, Meta(examples=["unreadable"])]
    detail: str


class Job(Struct, kw_only=True):
    """Work that continues after the request: indexing of files."""

    id: JobId
    kind: Literal["index"] = "index"
    state: JobState = "queued"
    paths: Annotated[list[str], Meta(description="Names of the files, for display.", examples=[["lecture.mp4"]])]
    created_at: Annotated[str, Meta(examples=["2026-11-21T09:30:00Z"])]
    started_at: str | None = None
    finished_at: str | None = None
    progress: Annotated[float, Meta(ge=0, le=1, examples=[0.42])] = 0.0
    stage: str = ""
    message: str = ""
    video_ids: list[str] = []
    error: JobError | None = None


class JobPage(Struct, kw_only=True):
    """Jobs, newest first."""

    total: int
    jobs: list[Job]


class IndexRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Files on this machine to index."""

    path: Annotated[
        str, Meta(description="A file or folder under a configured root.", min_length=1, examples=["films/a.mp4"])
    ]
