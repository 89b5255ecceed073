"""`/api/search`: moments for a query."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import Body, Parameter

from api.service import schemas
from api.service.problems import described
from api.service.runtime import Runtime
from api.service.search_views import search
from search.results import SIGNALS, Signal

LOADING_SECONDS = 300.0
"""The deadline of searches that wait for models that are still being loaded."""
_SIGNAL_LIST = f"^({'|'.join(SIGNALS)})(,({'|'.join(SIGNALS)}))*$"
_EXAMPLE = {"example": "a red car in the snow"}
Query = Annotated[
    str, Parameter(query="q", max_length=1000, description="What to look for, in words.", schema_extra=_EXAMPLE)
]
VideoName = Annotated[
    str | None, Parameter(max_length=4096, description="Only in this video: its id, name, or the id's first digits.")
]
Limit = Annotated[int, Parameter(ge=1, le=200, description="Moments on the page.")]
Offset = Annotated[int, Parameter(ge=0, le=1_000_000, description="Moments to skip.")]
SignalList = Annotated[
    str | None,
    Parameter(pattern=_SIGNAL_LIST, max_length=200, description="Match by these alone, set apart by commas."),
]


class SearchRoutes(Controller):
    path = "/api/search"
    tags = ["search"]  # noqa: RUF012 - Litestar's way

    @get(operation_id="search", summary="Find moments", responses=described(404))
    async def search(
        self,
        runtime: Runtime,
        words: Query,
        video: VideoName = None,
        limit: Limit = 10,
        offset: Offset = 0,
        signals: SignalList = None,
    ) -> schemas.SearchAnswer:
        """The moments that match, best first. `closest` is given when nothing stands out."""
        chosen: list[Signal] = [signal for signal in SIGNALS if signals and signal in signals.split(",")]
        return await _found(runtime, words, video, limit, offset, chosen)

    @post(operation_id="search_post", summary="Find moments", status_code=200, responses=described(404))
    async def search_post(
        self, runtime: Runtime, data: Annotated[schemas.SearchRequest, Body(description="A search.")]
    ) -> schemas.SearchAnswer:
        """As GET, with the search as a body."""
        chosen: list[Signal] = [signal for signal in SIGNALS if signal in data.signals]
        return await _found(runtime, data.query, data.video, data.limit, data.offset, chosen)


async def _found(
    runtime: Runtime, query: str, video: str | None, limit: int, offset: int, signals: list[Signal]
) -> schemas.SearchAnswer:
    def work() -> schemas.SearchAnswer:
        return search(runtime.engine, query, video=video, limit=limit, offset=offset, signals=signals)

    deadline = None if runtime.is_warm else LOADING_SECONDS
    return await runtime.searches.run(work, deadline_seconds=deadline)
