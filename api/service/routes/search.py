"""`/api/v1/search`: moments for a query, an image or a moment."""

import threading
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import Body

from api.errors import BadRequestError
from api.service.disconnects import run_while_connected
from api.service.links import API
from api.service.parameters import parameter
from api.service.problems import problem_responses
from api.service.runtime import Runtime
from api.service.schemas import search as search_schemas
from api.service.views.search import search_view
from search.options import (
    EXPAND,
    EXPLAIN,
    FOLD,
    LIKE,
    LIMIT,
    OFFSET,
    PER_VIDEO,
    PLAIN,
    QUERY,
    SCOPE,
    SECOND_LOOK,
    SIGNALS_ONLY,
    SORT,
    THRESHOLD,
    VIDEO,
    SortName,
)
from search.results import SearchResult
from search.second_look.second_look import take_second_look
from search.signals import SIGNALS

LOADING_SECONDS = 300.0
"""Deadline of searches while the models are still loading."""
_SIGNAL_LIST = {"pattern": f"^({'|'.join(SIGNALS)})(,({'|'.join(SIGNALS)}))*$"}
"""Only for the description: `_signals` says in words what is wrong."""
MAX_BODY_BYTES = search_schemas.MAX_IMAGE_CHARACTERS + (64 << 10)
"""An image in Base64, plus the rest."""
SignalList = Annotated[str | None, parameter(SIGNALS_ONLY, schema_extra=_SIGNAL_LIST, max_length=200)]
"""Separated by commas."""


class SearchRoutes(Controller):
    path = f"{API}/search"
    tags = ["search"]  # noqa: RUF012 - as Litestar expects

    @get(operation_id="search", summary="Find moments", responses=problem_responses(404))
    async def search(
        self,
        request: Request[Any, Any, Any],
        runtime: Runtime,
        words: Annotated[str | None, parameter(QUERY)] = None,
        like: Annotated[str | None, parameter(LIKE)] = LIKE.default,
        video: Annotated[str | None, parameter(VIDEO)] = VIDEO.default,
        limits: Annotated[
            str | None, parameter(SCOPE, name=SCOPE.name)
        ] = SCOPE.default,  # Litestar has its own `scope`
        limit: Annotated[int, parameter(LIMIT)] = LIMIT.default,
        offset: Annotated[int, parameter(OFFSET)] = OFFSET.default,
        signals: SignalList = None,
        per_video: Annotated[int | None, parameter(PER_VIDEO)] = PER_VIDEO.default,
        fold: Annotated[bool, parameter(FOLD)] = FOLD.default,
        sort: Annotated[SortName, parameter(SORT)] = SORT.default,
        expand: Annotated[int | None, parameter(EXPAND)] = EXPAND.default,
        plain: Annotated[bool, parameter(PLAIN)] = PLAIN.default,
        threshold: Annotated[float | None, parameter(THRESHOLD)] = THRESHOLD.default,
        explain: Annotated[bool, parameter(EXPLAIN)] = EXPLAIN.default,
        second_look: Annotated[int, parameter(SECOND_LOOK)] = SECOND_LOOK.default,
    ) -> search_schemas.SearchAnswer:
        """Moments that match a query or are like another moment, best first. Give `query`, `like` or both.

        If nothing is found, `closest` holds the closest moments.
        """
        if words is None and like is None:
            raise BadRequestError("give a query, or a moment in like", fields=[("query", "is missing")])
        data = search_schemas.SearchRequest(
            query=words or "",
            like=like,
            video=video,
            scope=limits,
            limit=limit,
            offset=offset,
            signals=_signals(signals),
            per_video=per_video,
            fold=fold,
            sort=sort,
            expand=expand,
            plain=plain,
            threshold=threshold,
            explain=explain,
            second_look=second_look,
        )
        return await _found(request, runtime, data)

    @post(
        operation_id="search_post",
        summary="Find moments, also by image",
        status_code=200,
        responses=problem_responses(404, 413),
        request_max_body_size=MAX_BODY_BYTES,
    )
    async def search_post(
        self,
        request: Request[Any, Any, Any],
        runtime: Runtime,
        data: Annotated[search_schemas.SearchRequest, Body(description="A search.")],
    ) -> search_schemas.SearchAnswer:
        """Like GET, with the search in the body; can also search by image."""
        return await _found(request, runtime, data)


def _signals(given: str | None) -> list[str]:
    """Raises BadRequestError."""
    named = set(given.split(",")) if given is not None else set[str]()
    if unknown := sorted(named - set(SIGNALS)):
        reason = f"unknown value {', '.join(map(repr, unknown))}; the signals are {', '.join(SIGNALS)}"
        raise BadRequestError(f"signals: {reason}", fields=[("signals", reason)])
    return [signal for signal in SIGNALS if signal in named]


async def _found(
    request: Request[Any, Any, Any], runtime: Runtime, data: search_schemas.SearchRequest
) -> search_schemas.SearchAnswer:
    if data.second_look:
        return await _found_and_judged(request, runtime, data)
    deadline = None if runtime.is_warm else LOADING_SECONDS
    return await runtime.searches.run(lambda: search_view(runtime.engine, data), deadline_seconds=deadline)


async def _found_and_judged(
    request: Request[Any, Any, Any], runtime: Runtime, data: search_schemas.SearchRequest
) -> search_schemas.SearchAnswer:
    """With a second look, which waits its turn among the questions and stops when the client disconnects."""
    cancel = threading.Event()

    def look_again(result: SearchResult) -> SearchResult:
        return take_second_look(
            runtime.asker.context,
            result,
            most=data.second_look,
            is_cancelled=lambda: cancel.is_set() or runtime.stopping.is_set(),
        )

    work = runtime.asks.run(lambda: search_view(runtime.engine, data, look_again=look_again))
    return await run_while_connected(request, work, cancel=cancel.set)
