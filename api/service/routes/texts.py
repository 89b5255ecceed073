"""`/api/v1/videos/{id}/texts`: everything that is said, written and described in a video."""

from typing import Annotated

from litestar import Controller, get

from api.errors import BadRequestError
from api.service.links import API
from api.service.options import TEXTS_SOURCE, TEXTS_START, TEXTS_STOP
from api.service.parameters import parameter
from api.service.problems import problem_responses
from api.service.requests.path_parameters import VideoIdPath
from api.service.runtime import Runtime
from api.service.schemas.texts import VideoTexts
from api.service.views.texts import texts_view
from indexer.catalog import TEXT_SOURCES
from indexer.records import TimeSpan


class TextRoutes(Controller):
    path = f"{API}/videos/{{video_id:str}}"
    tags = ["videos"]  # noqa: RUF012 - as Litestar expects

    @get("/texts", operation_id="texts", summary="Get all texts", responses=problem_responses(400, 404))
    async def texts(
        self,
        runtime: Runtime,
        video_id: VideoIdPath,
        source: Annotated[str | None, parameter(TEXTS_SOURCE)] = TEXTS_SOURCE.default,
        start: Annotated[float, parameter(TEXTS_START)] = TEXTS_START.default,
        stop: Annotated[float, parameter(TEXTS_STOP)] = TEXTS_STOP.default,
    ) -> VideoTexts:
        """Subtitles, speech, on-screen text and captions with their times, to read along with the video."""
        if source is not None and source not in TEXT_SOURCES:
            message = f"must be one of {', '.join(TEXT_SOURCES)}"
            raise BadRequestError(f"source {message}, not {source!r}", fields=[("source", message)])
        if stop < start:
            raise BadRequestError("stop must not be before start", fields=[("stop", "must not be before start")])

        def work() -> VideoTexts:
            within = TimeSpan(start, stop)
            return texts_view(runtime.library, runtime.video(video_id), source=source, within=within)

        return await runtime.lookups.run(work)
