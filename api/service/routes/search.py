"""`/api/search`: moments for a query, an image or a moment."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import Body, Parameter

from api.errors import BadRequestError
from api.service.problems import described
from api.service.runtime import Runtime
from api.service.schemas import search as search_schemas
from api.service.views.search import search
from search.signals import SIGNALS, Signal

LOADING_SECONDS = 300.0
"""The deadline of searches that wait for models that are still being loaded."""
_SIGNAL_LIST = f"^({'|'.join(SIGNALS)})(,({'|'.join(SIGNALS)}))*$"
_EXAMPLE = {
    "examples": [
        "a red car in the snow",
        "beach -people",
        "a red car then a bus within 30s",
        'said:"thank you" looks:sunset',
        "invoice folder:2023 at:..10m",
    ]
}
_LIKE_EXAMPLE = {"example": "lecture.mp4@12:34"}
_QUERY = (
    "What to look for, in words. `-people` or `without people` leaves out; `A then B within 30s` (or `A >> B`) is one "
    'moment of both; `"exact words"`; `looks:`, `said:`, `text:`, `caption:` name where; `video:`, `folder:`, `tag:`, '
    "`date:`, `duration:`, `at:` filter. A fault is a problem `query` with its place. Beside `like` plain words: what "
    "is to be different, or nothing."
)
MAX_BODY_BYTES = search_schemas.MAX_IMAGE_CHARACTERS + (64 << 10)
"""An image in Base64, and the rest."""
Query = Annotated[str | None, Parameter(query="q", max_length=1000, description=_QUERY, schema_extra=_EXAMPLE)]
Like = Annotated[str | None, Parameter(max_length=4200, description=search_schemas.LIKE, schema_extra=_LIKE_EXAMPLE)]
PerVideo = Annotated[int | None, Parameter(ge=0, le=1000, description=search_schemas.PER_VIDEO)]
Fold = Annotated[bool, Parameter(description=search_schemas.FOLD)]
Expand = Annotated[int | None, Parameter(ge=1, le=1_000_000, description=search_schemas.EXPAND)]
Plain = Annotated[bool, Parameter(description="Take the words as they stand, without any grammar.")]
Threshold = Annotated[float | None, Parameter(ge=0, le=1, description=search_schemas.THRESHOLD)]
Explain = Annotated[bool, Parameter(description=search_schemas.EXPLAIN)]
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
        words: Query = None,
        like: Like = None,
        video: VideoName = None,
        limit: Limit = 10,
        offset: Offset = 0,
        signals: SignalList = None,
        per_video: PerVideo = None,
        fold: Fold = True,
        expand: Expand = None,
        plain: Plain = False,
        threshold: Threshold = None,
        explain: Explain = False,
    ) -> search_schemas.SearchAnswer:
        """The moments that match words or are like a moment, best first. Give `q`, `like` or both.

        `closest` is given when nothing stands out.
        """
        if words is None and like is None:
            raise BadRequestError("give words as q, or a moment as like", fields=[("q", "is missing")])
        chosen: list[Signal] = [signal for signal in SIGNALS if signals and signal in signals.split(",")]
        asked = search_schemas.SearchRequest(
            query=words or "",
            like=like,
            video=video,
            limit=limit,
            offset=offset,
            signals=list(chosen),
            per_video=per_video,
            fold=fold,
            expand=expand,
            plain=plain,
            threshold=threshold,
            explain=explain,
        )
        return await _found(runtime, asked)

    @post(
        operation_id="search_post",
        summary="Find moments, also by an image",
        status_code=200,
        responses=described(404, 413),
        request_max_body_size=MAX_BODY_BYTES,
    )
    async def search_post(
        self, runtime: Runtime, data: Annotated[search_schemas.SearchRequest, Body(description="A search.")]
    ) -> search_schemas.SearchAnswer:
        """As GET, with the search as a body, and with an image as the query where one is given."""
        return await _found(runtime, data)


async def _found(runtime: Runtime, asked: search_schemas.SearchRequest) -> search_schemas.SearchAnswer:
    deadline = None if runtime.is_warm else LOADING_SECONDS
    return await runtime.searches.run(lambda: search(runtime.engine, asked), deadline_seconds=deadline)
