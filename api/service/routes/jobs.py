"""`/api/jobs`: what is worked on and was, one job as it changes, and stopping one."""

from typing import Annotated, Any

from litestar import Controller, Response, delete, get
from litestar.openapi.datastructures import ResponseSpec

from api.service.event_stream import Channel, EventStream, StreamCount
from api.service.jobs.runner import JobRunner
from api.service.jobs.store import JobEntry
from api.service.options import JOB_LIMIT, JOB_OFFSET
from api.service.parameters import parameter
from api.service.problems import described
from api.service.routes.path_parameters import JobIdPath
from api.service.runtime import Runtime
from api.service.schemas import jobs as schemas

_EVENTS = ResponseSpec(
    str,
    generate_examples=False,
    description="Server-sent events `job`, each with a Job as JSON; ends when the job has.",
    media_type="text/event-stream",
)


class JobRoutes(Controller):
    path = "/api/jobs"
    tags = ["jobs"]  # noqa: RUF012 - Litestar's way

    @get(operation_id="jobs", summary="List jobs", responses=described())
    async def jobs(
        self,
        jobs: JobRunner,
        limit: Annotated[int, parameter(JOB_LIMIT)] = JOB_LIMIT.default,
        offset: Annotated[int, parameter(JOB_OFFSET)] = JOB_OFFSET.default,
    ) -> schemas.JobPage:
        """The newest first."""
        return jobs.page(offset=offset, limit=limit)

    @get("/{job_id:str}", operation_id="job", summary="One job", responses=described(404))
    async def job(self, jobs: JobRunner, job_id: JobIdPath) -> schemas.Job:
        """As it is now."""
        return jobs.get(job_id).job

    @get(
        "/{job_id:str}/events",
        operation_id="job_events",
        summary="A job as it changes",
        responses={200: _EVENTS} | described(404),
    )
    async def events(self, jobs: JobRunner, runtime: Runtime, streams: StreamCount, job_id: JobIdPath) -> Response[Any]:
        """Server-sent events `job`; ends when the job has."""
        entry = jobs.get(job_id)
        return EventStream(
            lambda channel: _tell(jobs, runtime, entry, channel),
            count=streams,
            ping_seconds=runtime.service.ping_seconds,
        )

    @delete(
        "/{job_id:str}", operation_id="cancel_job", summary="Stop a job", status_code=202, responses=described(404, 409)
    )
    async def cancel(self, jobs: JobRunner, job_id: JobIdPath) -> schemas.Job:
        """Asks it to stop; what it has finished is kept."""
        return jobs.cancel(job_id)


async def _tell(jobs: JobRunner, runtime: Runtime, entry: JobEntry, channel: Channel) -> None:
    seen = entry.version
    channel.put("job", entry.job)
    while not entry.is_finished and not runtime.stopping.is_set():
        seen = await jobs.changes(entry, seen)
        channel.put("job", entry.job)
