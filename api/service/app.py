"""The application: routes, their dependencies, and the OpenAPI description."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from litestar import Litestar, MediaType
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag

from api.service.api_keys import KeyStore
from api.service.authorization import COOKIE, Guard
from api.service.checks.known_parameters import refuse_unknown_parameters
from api.service.event_stream import StreamCount
from api.service.gc_tuning import freeze_heap
from api.service.jobs.runner import JobRunner
from api.service.metrics import Metrics
from api.service.middleware import DESCRIPTION_PATH, ServiceMiddleware
from api.service.problems import problem_response
from api.service.programs.chat import ChatRoutes
from api.service.programs.local_ask import LocalAskRoutes
from api.service.programs.local_search import LocalRoutes
from api.service.programs.mcp_front import mcp_application
from api.service.routes.ask import AskRoutes
from api.service.routes.chapters import ChapterRoutes
from api.service.routes.collections import CollectionRoutes
from api.service.routes.export import ExportRoutes
from api.service.routes.facets import FacetRoutes
from api.service.routes.health import HealthRoutes
from api.service.routes.images import ImageRoutes
from api.service.routes.jobs import JobRoutes
from api.service.routes.libraries import LibraryRoutes
from api.service.routes.media import MEDIA_CONTROLLERS
from api.service.routes.page import PageRoutes
from api.service.routes.places import PlaceRoutes
from api.service.routes.search import SearchRoutes
from api.service.routes.session import SessionRoutes
from api.service.routes.speakers import SpeakerRoutes
from api.service.routes.texts import TextRoutes
from api.service.routes.transcript import TranscriptRoutes
from api.service.routes.videos import TagRoutes, VideoRoutes
from api.service.runtime import Runtime
from api.version import package_version

CONTROLLERS: Sequence[Any] = (
    SearchRoutes,
    AskRoutes,
    VideoRoutes,
    TagRoutes,
    ChapterRoutes,
    PlaceRoutes,
    TranscriptRoutes,
    TextRoutes,
    SpeakerRoutes,
    ExportRoutes,
    CollectionRoutes,
    FacetRoutes,
    LibraryRoutes,
    ImageRoutes,
    JobRoutes,
    HealthRoutes,
    SessionRoutes,
    PageRoutes,
    LocalRoutes,
    LocalAskRoutes,
    ChatRoutes,
    *MEDIA_CONTROLLERS,
)
_LOADING_SECONDS = 3600.0
"""Models may have to be downloaded first."""
DESCRIPTION = (
    "Find moments in a video library, and ask questions about it. Times are seconds from the start, as the player"
    " counts; spans are half-open; ids are opaque. Every error is `application/problem+json` with a stable `type`."
)


@dataclass(slots=True)
class Service:
    """A service that is ready to run: the ASGI application and its parts."""

    app: ServiceMiddleware
    litestar: Litestar
    runtime: Runtime
    jobs: JobRunner
    metrics: Metrics
    loop: asyncio.AbstractEventLoop | None = None
    """Set while it runs."""


def create_service(runtime: Runtime) -> Service:
    """The service for one library. Jobs start and stop with the application's lifespan."""
    metrics = Metrics(runtime.queues)
    guard = Guard(runtime.service, KeyStore(runtime.machine_folder), local_token=runtime.local_token)
    jobs = JobRunner(runtime, metrics)
    mcp = mcp_application(runtime)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None]:
        service.loop = asyncio.get_running_loop()
        watch = asyncio.create_task(metrics.watch_lag())
        await jobs.start()
        warm = asyncio.create_task(_warm(runtime))
        try:
            async with mcp.router.lifespan_context(mcp):
                yield
        finally:
            runtime.stopping.set()
            jobs.wake_all()
            await jobs.stop()
            for task in (watch, warm):
                task.cancel()
            await asyncio.to_thread(runtime.close)

    litestar = Litestar(
        route_handlers=list(CONTROLLERS),
        dependencies={
            "runtime": _provide(runtime),
            "jobs": _provide(jobs),
            "metrics": _provide(metrics),
            "guard": _provide(guard),
            "streams": _provide(StreamCount(runtime.service.max_event_streams)),
        },
        guards=[refuse_unknown_parameters],
        exception_handlers={Exception: problem_response},
        lifespan=[lifespan],
        openapi_config=_openapi(),
        request_max_body_size=runtime.service.max_body_bytes,
        logging_config=None,
    )
    front = ServiceMiddleware(litestar, mcp=mcp, service=runtime.service, guard=guard, metrics=metrics)  # pyright: ignore[reportArgumentType]
    service = Service(front, litestar, runtime, jobs, metrics)
    return service


async def _warm(runtime: Runtime) -> None:
    for work in (runtime.warm, runtime.warm_asking):
        await runtime.lookups.run(work, deadline_seconds=_LOADING_SECONDS)
    freeze_heap()


def _provide(value: Any) -> Provide:
    give: Callable[[], Any] = lambda: value  # noqa: E731
    return Provide(give, sync_to_thread=False)


def _openapi() -> OpenAPIConfig:
    schemes: dict[str, Any] = {
        "bearer": SecurityScheme(type="http", scheme="bearer", description="An API key from `reelseek keys add`."),
        "cookie": SecurityScheme(type="apiKey", security_scheme_in="cookie", name=COOKIE),
    }
    return OpenAPIConfig(
        title="Reelseek",
        version=package_version(),
        description=DESCRIPTION,
        path=DESCRIPTION_PATH,
        render_plugins=[JsonRenderPlugin(path="/", media_type=MediaType.JSON)],
        components=Components(security_schemes=schemes),
        security=[{}, {"bearer": []}, {"cookie": []}],
        use_handler_docstrings=True,
        tags=[
            Tag(name="search", description="Search and answers."),
            Tag(name="videos", description="The videos in the library."),
            Tag(name="media", description="Playback, clips, thumbnails and sprites."),
            Tag(name="collections", description="Moments that people collect, trim, arrange and annotate."),
            Tag(name="jobs", description="Work that continues after a request."),
            Tag(name="service", description="State of the service, and sessions."),
        ],
    )
