"""`/api/v1/jobs`: list, follow and cancel jobs."""

from typing import Annotated, Any

from litestar import Controller, Response, delete, get
from litestar.openapi.datastructures import ResponseSpec

from api.service.event_stream import EventChannel, EventStream, StreamCount
from api.service.jobs.runner import JobRunner
from api.service.jobs.store import JobEntry
from api.service.links import API
from api.service.options import JOB_LIMIT, JOB_OFFSET
from api.service.parameters import parameter
from api.service.problems import problem_responses
from api.service.requests.path_parameters import JobIdPath
from api.service.runtime import Runtime
from api.service.schemas import jobs as schemas

_EVENTS = ResponseSpec(
    str,
    generate_examples=False,
    description="Server-sent events `job`, each with a Job as JSON, until the job ends.",
    media_type="text/event-stream",
)


class JobRoutes(Controller):
    path = f"{API}/jobs"
    tags = ["jobs"]  # noqa: RUF012 - as Litestar expects

    @get(operation_id="jobs", summary="List jobs", responses=problem_responses())
    async def jobs(
        self,
        jobs: JobRunner,
        limit: Annotated[int, parameter(JOB_LIMIT)] = JOB_LIMIT.default,
        offset: Annotated[int, parameter(JOB_OFFSET)] = JOB_OFFSET.default,
    ) -> schemas.JobPage:
        """Newest first."""
        return jobs.page(offset=offset, limit=limit)

    @get("/{job_id:str}", operation_id="job", summary="Get a job", responses=problem_responses(404))
    async def job(self, jobs: JobRunner, job_id: JobIdPath) -> schemas.Job:
        """Its current state."""
        return jobs.get(job_id).job

    @get(
        "/{job_id:str}/events",
        operation_id="job_events",
        summary="Follow a job",
        responses={200: _EVENTS} | problem_responses(404),
    )
    async def events(self, jobs: JobRunner, runtime: Runtime, streams: StreamCount, job_id: JobIdPath) -> Response[Any]:
        """Server-sent events `job`, one per change, until the job ends."""
        entry = jobs.get(job_id)
        return EventStream(
            lambda channel: _stream(jobs, runtime, entry, channel),
            count=streams,
            ping_seconds=runtime.service.ping_seconds,
        )

    @delete(
        "/{job_id:str}",
        operation_id="cancel_job",
        summary="Cancel a job",
        status_code=202,
        responses=problem_responses(404, 409),
    )
    async def cancel(self, jobs: JobRunner, job_id: JobIdPath) -> schemas.Job:
        """Cancels it; finished work is kept."""
        return jobs.cancel(job_id)


async def _stream(jobs: JobRunner, runtime: Runtime, entry: JobEntry, channel: EventChannel) -> None:
    seen = entry.version
    channel.put("job", entry.job)
    while not entry.is_finished and not runtime.stopping.is_set():
        seen = await jobs.changes(entry, seen)
        channel.put("job", entry.job)
