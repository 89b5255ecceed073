"""`/local/search`: searches for commands on this machine, which know the library's token; with paths, and undocumented.

The answer is the engine's own result, so that a command prints the same as without the service.
"""

from typing import Annotated

from litestar import Controller, Response, post
from litestar.params import Body

from api.local.results import encode_result
from api.local.running_service import LOCAL
from api.service.routes.search import LOADING_SECONDS, MAX_BODY_BYTES
from api.service.runtime import Runtime
from api.service.schemas.search import SearchRequest
from api.service.views.search import run_search


class LocalRoutes(Controller):
    path = LOCAL
    include_in_schema = False

    @post("/search", status_code=200, request_max_body_size=MAX_BODY_BYTES)
    async def search(
        self, runtime: Runtime, data: Annotated[SearchRequest, Body(description="A search.")]
    ) -> Response[bytes]:
        deadline = None if runtime.is_warm else LOADING_SECONDS
        result = await runtime.searches.run(lambda: run_search(runtime.engine, data), deadline_seconds=deadline)
        return Response(encode_result(result), media_type="application/json")
