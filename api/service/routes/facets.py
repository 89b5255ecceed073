"""`/api/v1/facets` and `/api/v1/suggestions`: what narrows a search, and what a query may become as it is typed."""

from typing import Annotated

from litestar import Controller, get

from api.service.links import API
from api.service.options import SUGGESTION_QUERY
from api.service.parameters import parameter
from api.service.problems import problem_responses
from api.service.runtime import Runtime
from api.service.schemas.facets import Facets, Suggestions
from api.service.views.facets import facets_of, suggestions_for


class FacetRoutes(Controller):
    path = API
    tags = ["search"]  # noqa: RUF012 - as Litestar expects

    @get("/facets", operation_id="facets", summary="List search facets", responses=problem_responses())
    async def facets(self, runtime: Runtime) -> Facets:
        """Folders, tags, speakers, languages and years, each with its number of videos; empty without a library."""
        return await runtime.lookups.run(lambda: facets_of(runtime.library.videos() if runtime.has_library() else []))

    @get("/suggestions", operation_id="suggestions", summary="Complete a query", responses=problem_responses())
    async def suggestions(
        self, runtime: Runtime, typed: Annotated[str, parameter(SUGGESTION_QUERY)] = SUGGESTION_QUERY.default
    ) -> Suggestions:
        """Completions of the last word, from the tags, speakers, words and names in the library."""

        def work() -> Suggestions:
            if not runtime.has_library():
                return Suggestions(suggestions=[])
            vocabulary = runtime.engine.session().vocabulary
            return Suggestions(suggestions=suggestions_for(typed, runtime.library.videos(), vocabulary))

        return await runtime.lookups.run(work)
