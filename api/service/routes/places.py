"""`/api/v1/videos/{id}/boxes`: where something is in a picture."""

import threading
from pathlib import PurePath
from typing import Annotated, Any

from litestar import Controller, Request, get

from api.service.disconnects import run_while_connected
from api.service.links import API
from api.service.options import PLACE_QUERY, PLACE_TIME
from api.service.parameters import parameter
from api.service.problems import problem_responses
from api.service.requests.path_parameters import VideoIdPath
from api.service.requests.spans import finite_parameter
from api.service.runtime import Runtime
from api.service.schemas.places import PlaceBox, PlacePoint, Places
from search.locating.locate import locate
from search.locating.located import Located
from search.options import POINTS


class PlaceRoutes(Controller):
    path = f"{API}/videos/{{video_id:str}}"
    tags = ["videos"]  # noqa: RUF012 - as Litestar expects

    @get(
        "/boxes",
        operation_id="boxes",
        summary="Find where something is",
        responses=problem_responses(404, 410, 415, 422, 502),
    )
    async def boxes(
        self,
        request: Request[Any, Any, Any],
        runtime: Runtime,
        video_id: VideoIdPath,
        words: Annotated[str, parameter(PLACE_QUERY)],
        t: Annotated[float, parameter(PLACE_TIME)],
        points: Annotated[bool, parameter(POINTS)] = POINTS.default,
    ) -> Places:
        """A vision-language model looks at the frame at the given time and returns a box around each match, or a
        point on it. The work stops when the client disconnects."""
        seconds = finite_parameter(t, "t")
        cancel = threading.Event()

        def work() -> Located:
            return locate(
                runtime.asker.context,
                words,
                video=runtime.video(video_id).video_id,
                at_seconds=seconds,
                kind="points" if points else "boxes",
                is_cancelled=lambda: cancel.is_set() or runtime.stopping.is_set(),
            )

        return _view(await run_while_connected(request, runtime.asks.run(work), cancel=cancel.set))


def _view(located: Located) -> Places:
    height, width = located.picture.shape[:2]
    return Places(
        query=located.query,
        found=located.found,
        video_id=located.video_id,
        at_seconds=round(located.at_seconds, 3),
        width=width,
        height=height,
        boxes=[PlaceBox(**box.to_json()) for box in located.boxes],
        points=[PlacePoint(**point.to_json()) for point in located.points],
        model=PurePath(located.model).name,
        seconds=round(located.seconds, 3),
        warnings=located.warnings,
    )
